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
    /// `replace_cashtags`: `$TSLA`, `$BRK.B` → `stock`: one to six ASCII letters, perhaps `.`, `-` or `_` and one or
    /// two more. Amounts (`$5`, `US$5m`) stay. Which company a text is about must not decide its label.
    ReplaceCashtags,
    /// `collapse_whitespace`: every run of Unicode whitespace becomes one space; none at either end.
    CollapseWhitespace,
}

/// Every step with the name that model files and configurations use.
const STEPS: [(&str, Step); 4] = [
    ("decode_html_entities", Step::DecodeHtmlEntities),
    ("remove_urls", Step::RemoveUrls),
    ("replace_cashtags", Step::ReplaceCashtags),
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
            Self::ReplaceCashtags => "replace_cashtags",
            Self::CollapseWhitespace => "collapse_whitespace",
        }
    }

    fn apply<'a>(self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::DecodeHtmlEntities => html_escape::decode_html_entities(text),
            Self::RemoveUrls => remove_urls(text),
            Self::ReplaceCashtags => replace_cashtags(text),
            Self::CollapseWhitespace => collapse_whitespace(text),
        }
    }
}

/// An ordered list of steps.
///
/// ```
/// use classifier::normalization::Normalization;
///
/// let names = ["decode_html_entities", "remove_urls", "replace_cashtags", "collapse_whitespace"];
/// let normalization = Normalization::new(&names)?;
/// assert_eq!(normalization.apply("$TSLA &amp; $F up  https://t.co/xyz"), "stock & stock up");
///
/// let error = Normalization::new(&["lowercase"]).unwrap_err();
/// assert_eq!(error.found, "lowercase");
/// # Ok::<(), classifier::normalization::UnknownStep>(())
/// ```
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

/// What every cashtag becomes: one word piece in the vocabularies of BERT, where a ticker takes three to five.
const CASHTAG_WORD: &str = "stock";

fn replace_cashtags(text: &str) -> Cow<'_, str> {
    let mut replaced = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices('$') {
        let follows_word =
            text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_$".contains(c));
        let Some(end) = (!follows_word).then(|| cashtag_end(text, at)).flatten() else { continue };
        replaced.push_str(&text[copied..at]);
        replaced.push_str(CASHTAG_WORD);
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    replaced.push_str(&text[copied..]);
    Cow::Owned(replaced)
}

/// Byte offset behind the symbol whose `$` stands at `at`: with its suffix where that ends as a word does.
fn cashtag_end(text: &str, at: usize) -> Option<usize> {
    let symbol = letters_end(text, at + 1, 6)?;
    let suffix = match text.as_bytes().get(symbol) {
        Some(b'.' | b'-' | b'_') => letters_end(text, symbol + 1, 2),
        _ => None,
    };
    Some(suffix.unwrap_or(symbol))
}

/// Byte offset behind the one to `most` ASCII letters at `start`, if no further letter or digit follows.
fn letters_end(text: &str, start: usize, most: usize) -> Option<usize> {
    let count = text.as_bytes()[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let end = start + count;
    let ends_word = !text[end..].starts_with(char::is_alphanumeric);
    ((1..=most).contains(&count) && ends_word).then_some(end)
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
        Normalization::new(&STEPS.map(|(name, _)| name)).unwrap()
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
    fn cashtags_become_one_word_and_amounts_stay() {
        let cases = [
            ("$TSLA up, $brk.b flat", "stock up, stock flat"),
            ("($F)/$GM: $RDS-A,$BTC_X", "(stock)/stock: stock,stock"),
            ("\u{1f680}$GME\u{1f680} $ACME's", "\u{1f680}stock\u{1f680} stock's"),
            ("buy $ACME.", "buy stock."),
            ("$ACME.The rest, $ACME-2 and $ACME_x1", "stock.The rest, stock-2 and stock_x1"),
            ("$5 US$5m $1.2B $ $. a$b _$AB", "$5 US$5m $1.2B $ $. a$b _$AB"),
            ("$$ACME $ABCDEFG $AB1 $ABé é$AB $é", "$$ACME $ABCDEFG $AB1 $ABé é$AB $é"),
            ("$ACME$GLOBEX", "stock$GLOBEX"),
            ("&#36;ACME https://t.co/$ACME", "stock"),
        ];
        for (text, expected) in cases {
            assert_eq!(all_steps().apply(text), expected, "{text:?}");
        }
        assert!(matches!(all_steps().apply("a $5 rise"), Cow::Borrowed(_)));
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

    fn cashtags() -> Normalization {
        Normalization::new(&["replace_cashtags"]).unwrap()
    }

    proptest! {
        #[test]
        fn replacing_cashtags_twice_changes_nothing(text in "[$A-Ca1é ._-]{0,24}") {
            let once = cashtags().apply(&text).into_owned();
            prop_assert_eq!(cashtags().apply(&once), once.as_str());
        }

        #[test]
        fn another_ticker_normalizes_to_the_same_text(
            before in "([$a1é .,_-]{0,8}[ (,])?",
            tickers in proptest::array::uniform2("[A-Za-z]{1,6}([._-][A-Za-z]{1,2})?"),
            // Not `.`, `-` or `_`, behind which the text could go on as the suffix of a ticker that has none.
            after in "([ ,:)$\u{1f680}][$a1é .,-]{0,8})?",
        ) {
            let with = |ticker: &str| cashtags().apply(&format!("{before}${ticker}{after}")).into_owned();
            prop_assert_eq!(with(&tickers[0]), with(&tickers[1]));
            prop_assert!(with(&tickers[0]).contains("stock"));
        }

        #[test]
        fn no_text_panics_and_whitespace_is_collapsed(text in ".*") {
            let normalized = all_steps().apply(&text).into_owned();
            prop_assert!(!normalized.contains("  ") && normalized.trim() == normalized);
        }
    }
}
