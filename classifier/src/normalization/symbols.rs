//! Signs that are neither letters nor digits: arrows, currencies, what no table of emoji has yet.

use super::rewriting::{Rewriting, is_blank};
use std::borrow::Cow;
use unicode_normalization::char::is_combining_mark;

/// So many of the same one in a row are read.
const MOST_IN_A_ROW: usize = 2;

/// `£`, `¥` and Unicode's block of currency symbols, to `$`.
pub(super) fn unify_currency_signs(text: &str) -> Cow<'_, str> {
    let mut rewriting = Rewriting::of(text);
    for (at, sign) in text.match_indices(|c| matches!(c, '\u{a3}' | '\u{a5}' | '\u{20a0}'..='\u{20cf}')) {
        rewriting.replace(at..at + sign.len(), &["$"]);
    }
    rewriting.finish()
}

/// Spaces around every symbol, and of the same in a row two.
pub(super) fn separate(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut rewriting = Rewriting::of(text);
    let (mut last, mut in_a_row) = ("", 0);
    for (at, symbol) in text.match_indices(is_symbol) {
        let is_next = symbol == last && is_blank(rewriting.since(at));
        in_a_row = if is_next { in_a_row + 1 } else { 1 };
        let apart = [" ", symbol, " "];
        rewriting
            .replace(at..at + symbol.len(), if in_a_row <= MOST_IN_A_ROW { &apart } else { &apart[..1] });
        last = symbol;
    }
    rewriting.finish()
}

fn is_symbol(c: char) -> bool {
    !(c.is_ascii() || c.is_alphanumeric() || c.is_whitespace() || c.is_control() || is_combining_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_one() {
        assert_eq!(
            unify_currency_signs("\u{20b9}500, \u{20ac}5m or 5\u{a3}, 5\u{a2}"),
            "$500, $5m or 5$, 5\u{a2}"
        );
        assert!(matches!(unify_currency_signs("$5"), Cow::Borrowed(_)));
    }

    #[test]
    fn symbols_stand_apart() {
        let cases = [
            ("moon\u{2192}now", "moon \u{2192} now"),
            ("\u{2588}\u{2588}\u{2588} \u{2588}\u{2591}", " \u{2588}  \u{2588}     \u{2591} "),
            // A letter with a mark, in whatever script, is no symbol.
            ("cafe\u{301} \u{e01}\u{e34}", "cafe\u{301} \u{e01}\u{e34}"),
        ];
        for (text, expected) in cases {
            assert_eq!(separate(text), expected, "{text:?}");
        }
        assert!(matches!(separate("caf\u{e9} + 5"), Cow::Borrowed(_)));
    }
}
