//! Cashtags in their plain spelling, as models of the first year read them; see `tickers.rs` for the others.

use std::borrow::Cow;

/// What every cashtag becomes: one word piece in the vocabularies of BERT, where a ticker takes three to five.
pub(super) const CASHTAG_WORD: &str = "stock";

pub(super) fn replace(text: &str) -> Cow<'_, str> {
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
