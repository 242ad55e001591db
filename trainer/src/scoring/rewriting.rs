//! The edits themselves: text in, another text that says the same out.

use anyhow::Context;
use classifier::normalization::Normalization;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// Draws the other ticker symbols: the same texts always get the same ones.
const SEED: u64 = 1;
/// Large companies of several trades; which one a tweet is about does not decide its mood.
const TICKERS: [&str; 16] = [
    "AAPL", "ADBE", "CAT", "COST", "CVX", "HD", "IBM", "JNJ", "JPM", "KO", "MSFT", "NKE", "PFE", "TXN",
    "UPS", "WMT",
];
/// Letters of a ticker symbol, at most.
const LONGEST_TICKER: usize = 6;
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
    /// Each cashtag exchanged for another one.
    OtherTicker,
}

impl Edit {
    /// Every edit, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::UpperCase, Self::LowerCase, Self::AddedUrl, Self::HtmlEntities, Self::OtherTicker];

    /// What is done, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::UpperCase => "upper case",
            Self::LowerCase => "lower case",
            Self::AddedUrl => "added URL",
            Self::HtmlEntities => "HTML entities",
            Self::OtherTicker => "another ticker",
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
            Self::OtherTicker => with_other_tickers(text, &mut rng),
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

/// Exchanges each `$TICKER`; the same one for the same other one throughout a text.
fn with_other_tickers(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut others = HashMap::<String, &str>::new();
    let mut edited = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let ends = !after[letters..].starts_with(|c: char| c.is_alphanumeric());
        edited.push(c);
        rest = after;
        if c == '$' && !previous.is_alphanumeric() && (1..=LONGEST_TICKER).contains(&letters) && ends {
            let ticker = after[..letters].to_uppercase();
            let candidates: Vec<&str> = TICKERS.into_iter().filter(|other| *other != ticker).collect();
            let drawn = candidates.choose(rng).copied().unwrap_or(TICKERS[0]);
            edited.push_str(others.entry(ticker).or_insert(drawn));
            rest = &after[letters..];
        }
        previous = c;
    }
    edited
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
    }

    #[test]
    fn cashtags_are_exchanged_and_amounts_are_not() {
        let text = "$GM up, buy $GM and $F.A, not US$AB, $5, $B2B or $TOOLONGS";
        let edited = apply(Edit::OtherTicker, text);
        let words: Vec<&str> = edited.split(' ').collect();
        let ticker = |word: &str| word.trim_start_matches('$').trim_end_matches(',').to_owned();
        assert!(TICKERS.contains(&ticker(words[0]).as_str()), "{edited}");
        assert_eq!(words[0], words[3], "the same ticker twice: {edited}");
        assert!(words[5].ends_with(".A,") && !words[5].starts_with("$F."), "{edited}");
        assert!(edited.ends_with("not US$AB, $5, $B2B or $TOOLONGS"), "{edited}");
        assert_eq!(apply(Edit::OtherTicker, text), edited);
        for ticker in TICKERS {
            let text = format!("${ticker}");
            assert_ne!(apply(Edit::OtherTicker, &text), text);
        }
    }

    #[test]
    fn nothing_to_edit_is_no_edit() {
        for edit in [Edit::UpperCase, Edit::HtmlEntities, Edit::OtherTicker] {
            assert_eq!(apply(edit, "5 % \u{1f680}"), "5 % \u{1f680}");
        }
        assert_eq!(apply(Edit::LowerCase, "Up"), "up");
        assert!(apply(Edit::AddedUrl, "Up").starts_with("Up https://"));
    }
}
