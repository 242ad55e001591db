//! Emoji and their names in words.
//!
//! Names are Unicode's CLDR short names, the same that phones read out. The table is made by `build.rs`: sorted, without
//! skin tones and variation selectors, which are passed over in the text as well. Models depend on it as they do on their
//! weights: the crate that it comes from is pinned, and a test holds its digest.

use super::rewriting::{Rewriting, is_blank};
use std::borrow::Cow;
use std::ops::Range;

/// Emoji and their names, sorted.
static NAMES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/emoji_names.rs"));

/// The first character that begins an emoji, but for the keys of keycaps.
const FIRST: char = '\u{203c}';
/// So many of the same one in a row are read: more of them say the same.
const MOST_IN_A_ROW: usize = 2;

/// An emoji in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emoji {
    /// Its bytes, with skin tone and variation selectors.
    pub(crate) range: Range<usize>,
    /// What it is called; nothing for a skin tone alone.
    pub(crate) name: &'static str,
}

/// The first emoji at or behind byte `start`.
pub(crate) fn find(text: &str, start: usize) -> Option<Emoji> {
    // A keycap is a digit with two characters behind it that are no ASCII.
    let begins = |(_, c): &(usize, char)| *c >= FIRST || matches!(c, '0'..='9' | '#' | '*');
    text[start..].char_indices().filter(begins).find_map(|(offset, c)| {
        let at = start + offset;
        let is_key_alone = c.is_ascii() && text.as_bytes().get(at + 1).is_none_or(u8::is_ascii);
        let (length, name) = if is_key_alone { None } else { longest(&text[at..]) }?;
        Some(Emoji { range: at..at + length, name })
    })
}

/// Length in bytes and name of the longest emoji with which `text` begins.
fn longest(text: &str) -> Option<(usize, &'static str)> {
    let mut emoji = String::new();
    let mut found = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_tone(c) || is_variation_selector(c) {
            match &mut found {
                Some((length, _)) if *length == at => *length = end,
                None if at == 0 && is_tone(c) => found = Some((end, "")),
                _ => {}
            }
            continue;
        }
        // Who puts spaces before emoji may part what a joiner joins.
        if c.is_whitespace() && emoji.ends_with('\u{200d}') {
            continue;
        }
        emoji.push(c);
        let place = NAMES.partition_point(|(known, _)| *known < emoji.as_str());
        match NAMES.get(place) {
            Some((known, name)) if *known == emoji => found = Some((end, *name)),
            Some((known, _)) if known.starts_with(&emoji) => {}
            _ => break,
        }
    }
    found
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// Emoji as words, set apart by spaces.
pub(super) fn name(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut rewriting = Rewriting::of(text);
    let (mut last, mut in_a_row) = ("", 0);
    while let Some(Emoji { range, name }) = find(text, rewriting.copied()) {
        in_a_row = if name == last && is_blank(rewriting.since(range.start)) { in_a_row + 1 } else { 1 };
        let apart = [" ", name, " "];
        rewriting.replace(range, if in_a_row <= MOST_IN_A_ROW { &apart } else { &apart[..1] });
        // A skin tone that got separated from its emoji does not stand between two of them.
        if !name.is_empty() {
            last = name;
        }
    }
    rewriting.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        name(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn emoji_become_their_names_set_apart() {
        let cases = [
            ("moon\u{1f680}", "moon rocket"),
            ("Earnings crushed\u{1f4c8}now", "Earnings crushed chart increasing now"),
            ("(\u{1f602})", "( face with tears of joy )"),
            // Heavy black heart, with and without the request to draw it in colour.
            ("\u{2764}\u{fe0f} \u{2764} x", "red heart red heart x"),
            ("5\u{fe0f}\u{20e3}0\u{20e3} #\u{fe0f}\u{20e3} 5 # *", "5 0 # 5 # *"),
            ("\u{1f1fa}\u{1f1f8}\u{1f1e9}\u{1f1ea}", "flag United States flag Germany"),
            // England's flag is a black one with tags.
            ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!", "flag England !"),
            ("Tesla\u{2122} up\u{203c}\u{fe0f}now\u{2049}", "Tesla\u{2122} up !! now !?"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(named(text), expected, "{text:?}");
        }
    }

    #[test]
    fn tones_are_passed_over_and_sequences_are_one() {
        let shrugging = "\u{1f937}\u{1f3fc}\u{200d}\u{2642}\u{fe0f}";
        assert_eq!(named(&format!("well{shrugging}")), "well man shrugging");
        assert_eq!(find(shrugging, 0).unwrap().range, 0..shrugging.len());
        assert_eq!(named("\u{1f44d}\u{1f3ff}\u{1f44d}"), "thumbs up thumbs up");
        assert_eq!(named("\u{1f44d} \u{1f3ff}!"), "thumbs up !");
        assert_eq!(named("\u{1f469}\u{200d}\u{1f4bb}"), "woman technologist");
        let parted = "\u{1f937}\u{1f3fc}\u{200d} \u{2642}\u{fe0f}";
        assert_eq!(named(parted), "man shrugging");
        // No such sequence: each by itself, and what joined them is not seen.
        assert_eq!(named("\u{1f680}\u{200d}\u{1f4c8}").replace("\u{200d} ", ""), "rocket chart increasing");
        // Half a flag is none.
        assert_eq!(named("\u{1f1fa}!"), "\u{1f1fa}!");
    }

    #[test]
    fn of_the_same_one_in_a_row_two_are_left() {
        let rocket = "\u{1f680}";
        for in_a_row in [rocket.repeat(2), rocket.repeat(9), format!("{rocket}\n").repeat(9)] {
            assert_eq!(named(&in_a_row), "rocket rocket");
        }
        assert_eq!(named(&format!("{rocket}up{rocket}{rocket}")), "rocket up rocket rocket");
        let tones = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}"].map(|tone| format!("\u{1f44d}{tone}")).concat();
        assert_eq!(named(&tones), "thumbs up thumbs up");
    }

    #[test]
    fn an_emoji_that_the_table_lacks_stays() {
        // Not assigned in Unicode 18, though kept free for emoji.
        let newer = "\u{1fc00}";
        assert_eq!(name(newer), newer);
        assert_eq!(named(&format!("{newer}\u{1f680}")), format!("{newer} rocket"));
    }

    #[test]
    fn ten_thousand_emoji_take_a_moment() {
        let text = NAMES.iter().map(|(emoji, _)| *emoji).cycle().take(10_000).collect::<String>();
        assert!(named(&text).len() > 100_000);
        assert_eq!(named(&"\u{1f680}".repeat(10_000)), "rocket rocket");
    }

    #[test]
    fn the_table_is_the_one_that_models_were_trained_with() {
        assert!(NAMES.is_sorted());
        let bytes =
            NAMES.iter().flat_map(|(emoji, name)| [emoji.as_bytes(), b" ", name.as_bytes(), b"\n"].concat());
        // FNV-1a, 64 bits. Other names are another step, under another name.
        let digest = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!((NAMES.len(), format!("{digest:016x}")), (1920, "2ba4686d42be1f29".to_owned()));
    }
}
