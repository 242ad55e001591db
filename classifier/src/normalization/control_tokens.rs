//! The names of a tokenizer's own tokens, where somebody writes them.

use super::rewriting::{Rewriting, is_blank};
use std::borrow::Cow;

const NAMES: [&str; 5] = ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"];

/// Drops them, unless there is nothing else to read.
pub(super) fn remove(text: &str) -> Cow<'_, str> {
    let mut rewriting = Rewriting::of(text);
    let mut is_blank_without = true;
    for (at, _) in text.match_indices('[') {
        if let Some(name) = NAMES.iter().find(|name| text[at..].starts_with(**name)) {
            is_blank_without &= is_blank(rewriting.since(at));
            rewriting.replace(at..at + name.len(), &[" "]);
        }
    }
    if is_blank_without && is_blank(rewriting.since(text.len())) {
        return Cow::Borrowed(text);
    }
    rewriting.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_tokens_go_but_for_those_alone() {
        let cases = [
            ("up[SEP]down [PAD] [PAD][MASK]", "up down     "),
            ("[CLS] up", "  up"),
            ("[PAD] [SEP]\n", "[PAD] [SEP]\n"),
            ("[pad] [Q3] [ SEP ] []", "[pad] [Q3] [ SEP ] []"),
            ("[[PAD]] [", "[ ] ["),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(remove(text), expected, "{text:?}");
        }
    }
}
