//! Emoji more, and emoji apart.

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// A chart, a newspaper, a pin, a calendar: none of them is in a mood.
const NEUTRAL: [char; 4] = ['\u{1f4ca}', '\u{1f4f0}', '\u{1f4cc}', '\u{1f4c5}'];

/// One more emoji at the end.
pub fn with_one_more(text: &str, rng: &mut ChaCha8Rng) -> String {
    format!("{text} {}", NEUTRAL.choose(rng).copied().unwrap_or(NEUTRAL[0]))
}

/// A space between a word and the emoji that sticks to its end; emoji after emoji stay together.
pub fn apart_from_words(text: &str) -> String {
    let mut edited = String::with_capacity(text.len() + 4);
    let mut previous = ' ';
    for c in text.chars() {
        // U+200D joins emoji into one, U+FE0F says how the one before it looks.
        let sticks =
            !previous.is_whitespace() && !is_emoji(previous) && !matches!(previous, '\u{200d}' | '\u{fe0f}');
        if is_emoji(c) && sticks {
            edited.push(' ');
        }
        edited.push(c);
        previous = c;
    }
    edited
}

/// The blocks that hold emoji (Unicode Technical Standard 51), with the few of them that are only symbols.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_comes_before_what_sticks_to_a_word() {
        let rocket = '\u{1f680}';
        assert_eq!(apart_from_words(&format!("up{rocket}{rocket} now")), format!("up {rocket}{rocket} now"));
        for as_it_is in
            ["up \u{1f680}", "\u{1f680}up", "\u{1f468}\u{200d}\u{1f4bb} up", "\u{2764}\u{fe0f}\u{1f680}"]
        {
            assert_eq!(apart_from_words(as_it_is), as_it_is);
        }
    }
}
