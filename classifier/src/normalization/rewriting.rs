//! A text of which parts are exchanged, copied once, and not at all where none is.

use std::borrow::Cow;
use std::ops::Range;

/// Collects what becomes of a text, from its beginning to its end.
pub(super) struct Rewriting<'a> {
    text: &'a str,
    /// Up to here it is in `rewritten`.
    copied: usize,
    rewritten: String,
    is_changed: bool,
}

impl<'a> Rewriting<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, copied: 0, rewritten: String::new(), is_changed: false }
    }

    /// Puts `words` in place of `range`, which lies behind all ranges before.
    pub(super) fn replace(&mut self, range: Range<usize>, words: &[&str]) {
        if !self.is_changed {
            self.rewritten.reserve(self.text.len() + 16);
            self.is_changed = true;
        }
        self.rewritten.push_str(&self.text[self.copied..range.start]);
        self.rewritten.extend(words.iter().copied());
        self.copied = range.end;
    }

    /// What lies between the last exchanged part and byte `end`.
    pub(super) fn since(&self, end: usize) -> &'a str {
        &self.text[self.copied..end]
    }

    /// Byte offset behind the last exchanged part; 0 before the first.
    pub(super) fn copied(&self) -> usize {
        self.copied
    }

    pub(super) fn finish(mut self) -> Cow<'a, str> {
        if !self.is_changed {
            return Cow::Borrowed(self.text);
        }
        self.rewritten.push_str(&self.text[self.copied..]);
        Cow::Owned(self.rewritten)
    }
}

/// Whether there is nothing to see in `text`: two things with this between them stand in a row.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}
