//! The edits themselves: text in, another text that says the same out.

mod cashtags;
mod emoji;
mod words;

use anyhow::Context;
use classifier::normalization::Normalization;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Decides what is drawn: the same texts always get the same edits.
const SEED: u64 = 1;
/// What a link looks like; `example.com` is reserved for examples (RFC 2606).
const URL: &str = "https://example.com/a1B2c3D4e5";

/// An edit that does not change what a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// All letters upper-case.
    UpperCase,
    /// All letters lower-case.
    LowerCase,
    /// A link at the end.
    AddedUrl,
    /// `&`, `<`, `>` and `"` as named entities, `'` as a numeric one, as web pages and interfaces deliver them.
    HtmlEntities,
    /// The same, escaped once more, as careless interfaces deliver them: `&amp;amp;`.
    DoubledEntities,
    /// Each cashtag exchanged for another one.
    OtherTicker,
    /// The last digit of one number exchanged.
    OtherNumber,
    /// Two neighbouring letters of one word swapped.
    Typo,
    /// A user's name in front.
    UserMention,
    /// A hashtag at the end.
    TrailingHashtag,
    /// An emoji at the end that is in no mood.
    AddedEmoji,
    /// A space before emoji that stick to a word.
    SpaceBeforeEmoji,
}

impl Edit {
    /// Every edit, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::UpperCase,
        Self::LowerCase,
        Self::AddedUrl,
        Self::HtmlEntities,
        Self::DoubledEntities,
        Self::OtherTicker,
        Self::OtherNumber,
        Self::Typo,
        Self::UserMention,
        Self::TrailingHashtag,
        Self::AddedEmoji,
        Self::SpaceBeforeEmoji,
    ];

    /// What is done, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::UpperCase => "upper case",
            Self::LowerCase => "lower case",
            Self::AddedUrl => "added URL",
            Self::HtmlEntities => "HTML entities",
            Self::DoubledEntities => "doubled HTML entities",
            Self::OtherTicker => "another ticker",
            Self::OtherNumber => "another number",
            Self::Typo => "typo",
            Self::UserMention => "user mention",
            Self::TrailingHashtag => "trailing hashtag",
            Self::AddedEmoji => "added emoji",
            Self::SpaceBeforeEmoji => "space before emoji",
        }
    }

    /// Every text, edited; one that has nothing to edit stays as it is.
    ///
    /// # Errors
    /// None that a caller can cause: the steps that are used exist.
    pub fn apply_all(self, texts: &[&str]) -> anyhow::Result<Vec<String>> {
        let decoding = Normalization::new(&["decode_html_entities"]).context("HTML entities")?;
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut apply = |text: &str| match self {
            Self::UpperCase => text.to_uppercase(),
            Self::LowerCase => text.to_lowercase(),
            Self::AddedUrl => format!("{text} {URL}"),
            // What is escaped already must not be escaped twice: that would be another text.
            Self::HtmlEntities => escaped(&decoding.apply(text)),
            Self::DoubledEntities => {
                let plain = decoding.apply(text);
                let once = escaped(&plain);
                if once == plain { text.to_owned() } else { escaped(&once) }
            }
            Self::OtherTicker => cashtags::with_others(text, &mut rng),
            Self::OtherNumber => words::with_another_number(text, &mut rng),
            Self::Typo => words::with_typo(text, &mut rng),
            Self::UserMention => format!("@newsdesk {text}"),
            Self::TrailingHashtag => format!("{text} #markets"),
            Self::AddedEmoji => emoji::with_one_more(text, &mut rng),
            Self::SpaceBeforeEmoji => emoji::apart_from_words(text),
        };
        Ok(texts.iter().map(|text| apply(text)).collect())
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(edit: Edit, text: &str) -> String {
        edit.apply_all(&[text]).unwrap().remove(0)
    }

    #[test]
    fn entities_read_back_as_the_text() {
        let text = "\"AT&T\" can't rise <5% & > 3%";
        let edited = apply(Edit::HtmlEntities, text);
        assert_eq!(edited, "&quot;AT&amp;T&quot; can&#39;t rise &lt;5% &amp; &gt; 3%");
        // Already escaped: the same text, so the same result.
        assert_eq!(apply(Edit::HtmlEntities, &edited), edited);
        assert_eq!(Normalization::new(&["decode_html_entities"]).unwrap().apply(&edited), text);
        assert_eq!(apply(Edit::DoubledEntities, "AT&T"), "AT&amp;amp;T");
        assert_eq!(apply(Edit::DoubledEntities, "AT&amp;T"), "AT&amp;amp;T");
    }

    #[test]
    fn nothing_to_edit_is_no_edit() {
        use Edit::{
            DoubledEntities, HtmlEntities, OtherNumber, OtherTicker, SpaceBeforeEmoji, Typo, UpperCase,
        };
        for edit in
            [UpperCase, HtmlEntities, DoubledEntities, OtherTicker, OtherNumber, Typo, SpaceBeforeEmoji]
        {
            assert_eq!(apply(edit, "%% \u{1f680}"), "%% \u{1f680}", "{}", edit.name());
        }
        assert_eq!(apply(Edit::LowerCase, "Up"), "up");
        assert!(apply(Edit::AddedUrl, "Up").starts_with("Up https://"));
    }

    #[test]
    fn the_same_texts_always_get_the_same_edits_and_one_is_no_other() {
        let texts = ["Shares of $ACME & others rise 12%\u{1f680} today"; 3];
        let mut seen = std::collections::HashSet::new();
        for edit in Edit::ALL {
            let edited = edit.apply_all(&texts).unwrap();
            assert_eq!(edited, edit.apply_all(&texts).unwrap());
            assert_ne!(edited[0], texts[0], "{}", edit.name());
            assert!(seen.insert(edited), "{}", edit.name());
        }
    }
}
