//! Whether the model's vocabulary has the words of a text.
//!
//! A word that it lacks is spelled from crumbs (`as`, `##df`), or is `[UNK]`. Where nearly all are, as in a slip of the
//! keyboard or in another language, the logits say what the model makes of crumbs, however sure they are.

/// A text with at most one known word in so many is not known.
const WORDS_PER_KNOWN_ONE: usize = 4;

/// Whether at most a quarter of the words that these pieces of WordPiece spell are in the vocabulary.
///
/// A word is known that is one piece, and a number always. Single letters and marks are no words; a text of
/// nothing else has no known word.
pub(super) fn are_few(pieces: impl Iterator<Item = String>, unknown: &str, prefix: &str) -> bool {
    let (mut words, mut known) = (0, 0);
    let mut count = |word: &Word| {
        words += usize::from(word.is_known.is_some());
        known += usize::from(word.is_known == Some(true));
    };
    let mut word = Word { is_known: None, is_number: false };
    for piece in pieces {
        match piece.strip_prefix(prefix) {
            Some(part) if !prefix.is_empty() => {
                word.is_number &= is_number(part);
                word.is_known = Some(word.is_number);
            }
            _ => {
                count(&word);
                let is_number = is_number(&piece);
                let is_word = is_number || piece.chars().nth(1).is_some();
                word = Word { is_known: is_word.then_some(piece != unknown), is_number };
            }
        }
    }
    count(&word);
    known * WORDS_PER_KNOWN_ONE <= words
}

/// A word as far as it was read.
struct Word {
    /// None: a mark or a single letter.
    is_known: Option<bool>,
    is_number: bool,
}

fn is_number(piece: &str) -> bool {
    piece.chars().all(char::is_numeric)
}

#[cfg(test)]
mod tests {
    fn are_few(pieces: &str) -> bool {
        super::are_few(pieces.split_whitespace().map(str::to_owned), "[UNK]", "##")
    }

    #[test]
    fn crumbs_and_unknown_pieces_are_no_known_words() {
        for unknown in
            ["", "as ##df q ##wer", "[UNK]", "[UNK] !", "! ! ( a )", "aa ##pl", "q1 ##x up [UNK] [UNK] z ##z"]
        {
            assert!(are_few(unknown), "{unknown}");
        }
        for known in ["up", "5 %", "12 ##34 ##5", "aa ##pl + 5 %", "[UNK] up", "lo ##l up x ##y ( a"] {
            assert!(!are_few(known), "{known}");
        }
    }
}
