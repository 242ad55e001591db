//! Links, which say nothing that a model of words can read.

use std::borrow::Cow;

const URL_PREFIXES: [&str; 3] = ["http://", "https://", "www."];

pub(super) fn remove(text: &str) -> Cow<'_, str> {
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
