//! One character for what is written in several.

use std::borrow::Cow;
use tokenizers::NormalizedString;

/// NFKC, with typographic marks as ASCII's, and without what cannot be seen.
///
/// Composed and decomposed spellings (NFC, NFD) become the same. The NFKC is the tokenizer's, which the engine has
/// anyway: another one would make it larger by 116 kB of tables.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_dropped(*c)) {
        // 5½ is not 51/2.
        if is_vulgar_fraction(c) && folded.ends_with(|c: char| c.is_ascii_digit()) {
            folded.push(' ');
        }
        folded.push(plain(c));
    }
    if !folded.is_ascii() {
        let mut compatible = NormalizedString::from(folded);
        compatible.nfkc();
        folded = compatible.get().chars().map(plain).collect();
    }
    if folded == text { Cow::Borrowed(text) } else { Cow::Owned(folded) }
}

/// The mark of ASCII that a typographic one stands for.
fn plain(c: char) -> char {
    match c {
        // Also the accent that some keyboards offer as an apostrophe, under both its numbers, and the prime.
        '\u{2018}'..='\u{201b}' | '\u{b4}' | '\u{1ffd}' | '\u{2032}' | '\u{2bc}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
        // Hyphens, dashes and the minus sign.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        // What NFKC makes of ½ has it.
        '\u{2044}' => '/',
        c => c,
    }
}

/// Trade marks, and what Unicode calls default ignorable: it leaves no trace on paper.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{ae}' | '\u{2122}' | '\u{2120}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_vulgar_fraction(c: char) -> bool {
    matches!(c, '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215e}' | '\u{2189}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn other_forms_of_letters_are_letters() {
        let cases = [
            ("\u{1d5e6}\u{1d5f5}\u{1d5ee}\u{1d5ff}\u{1d5f2}\u{1d600}", "Shares"),
            ("\u{ff04}\u{ff34}\u{ff33}\u{ff2c}\u{ff21} pro\u{fb01}t", "$TSLA profit"),
            ("don\u{2019}t \u{201c}buy\u{201d} \u{2013} or\u{b4}s", "don't \"buy\" - or's"),
            ("up\u{200b}side \u{ad}so\u{ad}ft\u{202e} Tesla\u{2122}\u{fe0f}", "upside soft Tesla"),
            ("5\u{bd}% \u{bc}", "5 1/2% 1/4"),
            ("caf\u{e9}", "caf\u{e9}"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("two\u{a0}words\u{2026}", "two words..."),
        ];
        for (text, expected) in cases {
            assert_eq!(fold(text), expected, "{text:?}");
        }
        for unchanged in ["plain - text", "caf\u{e9}", "\u{682a}\u{4fa1}"] {
            assert!(matches!(fold(unchanged), Cow::Borrowed(_)), "{unchanged}");
        }
    }

    proptest! {
        #[test]
        fn composed_and_decomposed_are_the_same(
            text in "[\u{1}-\u{17f}\u{300}-\u{36f}\u{1e00}-\u{1fff}\u{ac00}-\u{d7a3}\u{ff00}-\u{ffee}]{0,12}",
        ) {
            let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
            prop_assert_eq!(fold(&composed), fold(&decomposed));
        }
    }
}
