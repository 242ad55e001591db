//! Text normalization: what is done to a text before the tokenizer sees it.
//!
//! The rule is data: an ordered list of named steps that the model file carries, so that trainer, server and
//! browser apply the very same one, and a model trained under another rule keeps its own.

use std::borrow::Cow;
use std::str::FromStr;
use thiserror::Error;

/// One step of a normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `decode_html_entities`: `&amp;` → `&`, `&#39;` → `'`: named and numeric references of HTML5, once.
    DecodeHtmlEntities,
    /// `remove_urls`: drops every `http://…`, `https://…` and `www.…` up to the next whitespace.
    RemoveUrls,
    /// `collapse_whitespace`: every run of Unicode whitespace becomes one space; none at either end.
    CollapseWhitespace,
}

/// Every step with the name that model files and configurations use.
const STEPS: [(&str, Step); 3] = [
    ("decode_html_entities", Step::DecodeHtmlEntities),
    ("remove_urls", Step::RemoveUrls),
    ("collapse_whitespace", Step::CollapseWhitespace),
];

/// A step name that this version does not know.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown text normalization step `{found}`: expected one of {}", known_names())]
pub struct UnknownStep {
    /// The name that was given.
    pub found: String,
}

fn known_names() -> String {
    STEPS.map(|(name, _)| name).join(", ")
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(name: &str) -> Result<Self, UnknownStep> {
        let found = STEPS.iter().find(|(known, _)| *known == name);
        found.map(|(_, step)| *step).ok_or_else(|| UnknownStep { found: name.to_owned() })
    }
}

impl Step {
    /// The step's name in model files and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::DecodeHtmlEntities => "decode_html_entities",
            Self::RemoveUrls => "remove_urls",
            Self::CollapseWhitespace => "collapse_whitespace",
        }
    }

    fn apply<'a>(self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::DecodeHtmlEntities => html_escape::decode_html_entities(text),
            Self::RemoveUrls => remove_urls(text),
            Self::CollapseWhitespace => collapse_whitespace(text),
        }
    }
}

/// An ordered list of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalization {
    steps: Vec<Step>,
}

impl Normalization {
    /// The normalization that applies the named steps in this order.
    ///
    /// # Errors
    /// A name that is not one of [`Step`]'s.
    pub fn new<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownStep> {
        let steps = names.iter().map(|name| name.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    /// Names of the steps, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.name()).collect()
    }

    /// The normalized text; borrowed where no step changed anything.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.steps.iter().fold(Cow::Borrowed(text), |text, step| match text {
            Cow::Borrowed(text) => step.apply(text),
            Cow::Owned(text) => Cow::Owned(step.apply(&text).into_owned()),
        })
    }
}

const URL_PREFIXES: [&str; 3] = ["http://", "https://", "www."];

fn remove_urls(text: &str) -> Cow<'_, str> {
    let Some(first) = find_url(text) else { return Cow::Borrowed(text) };
    let mut kept = String::with_capacity(text.len());
    let (mut rest, mut start) = (text, first);
    loop {
        kept.push_str(&rest[..start]);
        let url = &rest[start..];
        let end = url.find(char::is_whitespace).unwrap_or(url.len());
        rest = &url[end..];
        match find_url(rest) {
            Some(next) => start = next,
            None => break,
        }
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Byte offset of the first URL. `www.` counts only at the start of a word, so that `awww.` stays.
fn find_url(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|&at| matches!(bytes[at], b'h' | b'H' | b'w' | b'W')).find(|&at| {
        URL_PREFIXES.iter().any(|prefix| {
            let starts = bytes[at..].len() >= prefix.len()
                && bytes[at..at + prefix.len()].eq_ignore_ascii_case(prefix.as_bytes());
            let inside_word = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
            starts && !(inside_word && *prefix == "www.")
        })
    })
}

fn collapse_whitespace(text: &str) -> Cow<'_, str> {
    let mut previous_is_space = true;
    let is_collapsed = text.chars().all(|c| {
        let keeps = !c.is_whitespace() || (c == ' ' && !previous_is_space);
        previous_is_space = c.is_whitespace();
        keeps
    });
    if is_collapsed && !text.ends_with(' ') {
        return Cow::Borrowed(text);
    }
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    Cow::Owned(collapsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_steps() -> Normalization {
        Normalization::new(&["decode_html_entities", "remove_urls", "collapse_whitespace"]).unwrap()
    }

    #[test]
    fn decodes_removes_and_collapses() {
        let cases = [
            ("AT&amp;T up &gt; 5% https://t.co/abc", "AT&T up > 5%"),
            ("  two\t\nlines \u{a0} here ", "two lines here"),
            ("HTTPS://T.CO/X falls WWW.example.com flat", "falls flat"),
            ("see(http://a.b/c) now", "see( now"),
            ("awww.no stays", "awww.no stays"),
            ("http://a.b http://c.d", ""),
            ("&amp;amp; decoded once", "&amp; decoded once"),
            ("It&#39;s 🚀 &#x1F680;", "It's 🚀 🚀"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(all_steps().apply(text), expected, "{text:?}");
        }
    }

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(all_steps().apply("Shares rise after earnings"), Cow::Borrowed(_)));
    }

    #[test]
    fn names_round_trip_and_unknown_ones_are_refused() {
        assert_eq!(Normalization::new(&all_steps().names()).unwrap(), all_steps());
        let error = Normalization::new(&["remove_emoji"]).unwrap_err();
        assert_eq!(error.found, "remove_emoji");
        assert!(error.to_string().contains("remove_urls"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_whitespace_is_collapsed(text in ".*") {
            let normalized = all_steps().apply(&text).into_owned();
            prop_assert!(!normalized.contains("  ") && normalized.trim() == normalized);
        }
    }
}
