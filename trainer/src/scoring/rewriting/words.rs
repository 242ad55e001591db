//! A slip of the fingers in one word or in one number.

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Shorter words become other words when two letters change places.
const SHORTEST_WORD: usize = 4;

/// Swaps two different neighbouring letters inside one word; its first and its last letter stay.
pub fn with_typo(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let is_told_apart = |at: &usize| !chars[*at].to_lowercase().eq(chars[*at + 1].to_lowercase());
    let in_word = |word: Range<usize>| (word.start + 1..word.end - 2).filter(is_told_apart);
    let is_long = |word: &Range<usize>| word.len() >= SHORTEST_WORD;
    let places: Vec<usize> = runs(&chars, char::is_alphabetic).filter(is_long).flat_map(in_word).collect();
    if let Some(&place) = places.choose(rng) {
        chars.swap(place, place + 1);
    }
    chars.into_iter().collect()
}

/// Exchanges the last digit of one number: 5 % is 7 %, 12.50 is 12.54.
pub fn with_another_number(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let is_digit = |c: char| c.is_ascii_digit();
    let goes_on = |end: usize| {
        matches!(chars.get(end), Some('.' | ',')) && chars.get(end + 1).copied().is_some_and(is_digit)
    };
    let touches_letter = |run: &Range<usize>| {
        let is_letter = |at: usize| chars.get(at).is_some_and(|c| c.is_alphabetic());
        run.start.checked_sub(1).is_some_and(is_letter) || is_letter(run.end)
    };
    let lasts: Vec<usize> = runs(&chars, is_digit)
        .filter(|run| !goes_on(run.end) && !touches_letter(run))
        .map(|run| run.end - 1)
        .collect();
    if let Some(&place) = lasts.choose(rng) {
        let others: Vec<char> = ('0'..='9').filter(|digit| *digit != chars[place]).collect();
        chars[place] = others.choose(rng).copied().unwrap_or(chars[place]);
    }
    chars.into_iter().collect()
}

/// The longest runs of such characters, but for links, names with a mark in front (`$GM`, `@user`, `#tag`) and entities.
fn runs(chars: &[char], belongs: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in chars.split_inclusive(|c| c.is_whitespace()) {
        let is_link =
            word.windows(3).any(|part| part == [':', '/', '/']) || word.starts_with(&['w', 'w', 'w', '.']);
        let mut at = start;
        start += word.len();
        while at < start && !is_link {
            let end = (at..start).find(|&end| !belongs(chars[end])).unwrap_or(start);
            let is_marked = at > 0 && matches!(chars[at - 1], '@' | '#' | '&');
            let is_cashtag = at > 0 && chars[at - 1] == '$' && chars[at].is_alphabetic();
            if end > at && !is_marked && !is_cashtag {
                found.push(at..end);
            }
            at = end.max(at) + 1;
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Everything that 200 draws make of a text.
    fn all(edit: fn(&str, &mut ChaCha8Rng) -> String, text: &str) -> Vec<String> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut found: Vec<String> = (0..200).map(|_| edit(text, &mut rng)).collect();
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn two_letters_inside_a_word_change_places() {
        assert_eq!(all(with_typo, "Up: stock"), ["Up: sotck", "Up: stcok"]);
        for without in [
            "Up 5%",
            "$GMGM",
            "@someone &quot; #hashtag",
            "https://example.com/stock",
            "www.stock.com",
            "aaaa",
        ] {
            assert_eq!(all(with_typo, without), [without]);
        }
    }

    #[test]
    fn the_last_digit_of_a_number_becomes_another() {
        let found = all(with_another_number, "Q3 at $12.50");
        assert_eq!(found.len(), 9, "{found:?}");
        assert!(
            found.iter().all(|text| text.starts_with("Q3 at $12.5") && !text.ends_with("50")),
            "{found:?}"
        );
        assert_eq!(all(with_another_number, "5 or 1,234").len(), 18);
        for without in ["Q3 5G", "&#39;", "https://t.co/5"] {
            assert_eq!(all(with_another_number, without), [without]);
        }
    }
}
