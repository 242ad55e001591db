//! Cashtags in a text, each in one spelling: `$tsla`, `＄TSLA` and `$TSLA` are `$TSLA`; `$5` and `$1.2B` are amounts.
//!
//! What a symbol may look like is what the engine takes for one (its normalization of tickers): letters with a suffix
//! (`$BRK.B`, `$BTC-USD`, `$ES=F`), an index (`$^GSPC`), an exchange that numbers its symbols (`$0700.HK`).

/// Letters of a symbol, at most.
const LONGEST_SYMBOL: usize = 8;
const LONGEST_SUFFIX: usize = 4;
/// Exchanges whose symbols are numbers.
const NUMBERING: [&str; 9] = ["HK", "KL", "KQ", "KS", "SR", "SS", "SZ", "T", "TW"];
/// What stands behind an amount, written apart or not.
const AMOUNTS: [&str; 3] = ["MILLION", "BILLION", "TRILLION"];

/// Every cashtag of a text once, in the order of appearance, with its `$`.
pub fn of(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if !text.contains(['$', '＄', '﹩']) {
        return found;
    }
    let letters: Vec<char> = text.chars().map(narrow).collect();
    for (at, _) in letters.iter().enumerate().filter(|(_, letter)| **letter == '$') {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let is_inside = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '&'));
        // `$A$B` are two.
        let is_glued = is_inside && found.last().is_some_and(|last| ends_with(&letters, at, last));
        if is_inside && !is_glued {
            continue;
        }
        if let Some(symbol) = letters.get(at + 1..).and_then(symbol)
            && !found.contains(&symbol)
        {
            found.push(symbol);
        }
    }
    found
}

/// Full-width letters, digits and signs as their ASCII ones.
fn narrow(letter: char) -> char {
    match letter {
        '＄' | '﹩' => '$',
        '！'..='～' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

fn ends_with(letters: &[char], end: usize, tag: &str) -> bool {
    let tag: Vec<char> = tag.chars().collect();
    end.checked_sub(tag.len())
        .and_then(|start| letters.get(start..end))
        .is_some_and(|before| before.iter().map(char::to_ascii_uppercase).eq(tag.iter().copied()))
}

fn symbol(letters: &[char]) -> Option<String> {
    let is_index = letters.first() == Some(&'^');
    let letters = letters.get(usize::from(is_index)..)?;
    let length = run(letters, char::is_ascii_alphanumeric);
    let stem = letters.get(..length)?;
    let suffix = suffix(letters.get(length..)?, stem);
    let is_numbered = (3..=6).contains(&length) && stem.iter().all(char::is_ascii_digit);
    let name: String = stem.iter().map(char::to_ascii_uppercase).collect();
    let is_named = (1..=LONGEST_SYMBOL).contains(&length)
        && stem.first().is_some_and(char::is_ascii_alphabetic)
        && (suffix.is_some() || stem.iter().all(char::is_ascii_alphabetic))
        && !AMOUNTS.contains(&&*name);
    // `$NIFTY50` would be a symbol; `$Tesla2024` is none. Other scripts and underscores go on with a word.
    let goes_on =
        suffix.is_none() && letters.get(length).is_some_and(|next| next.is_alphanumeric() || *next == '_');
    let is_listed = is_numbered && suffix.as_ref().is_some_and(|suffix| NUMBERING.contains(&&suffix[1..]));
    if goes_on || !(is_listed || is_named) {
        return None;
    }
    Some(format!("${}{name}{}", if is_index { "^" } else { "" }, suffix.unwrap_or_default()))
}

/// `.B` of `BRK.B`, also where it is written `-B` or `/B`: with its sign, if it ends as a word does.
fn suffix(letters: &[char], stem: &[char]) -> Option<String> {
    let sign = *letters.first().filter(|sign| matches!(sign, '.' | '-' | '_' | '=' | '/' | ':'))?;
    let letters = letters.get(1..)?;
    let length = run(letters, char::is_ascii_alphabetic);
    let word = letters.get(..length)?;
    let ends = !letters.get(length).is_some_and(|next| next.is_alphanumeric());
    // `$TSLA.It is` begins a sentence.
    let is_upper = |letters: &[char]| letters.iter().all(|c| !c.is_ascii_lowercase());
    let is_lower = |letters: &[char]| letters.iter().all(|c| !c.is_ascii_uppercase());
    let fits = (is_upper(word) && is_upper(stem)) || (is_lower(word) && is_lower(stem) && sign != '.');
    if !(1..=LONGEST_SUFFIX).contains(&length) || !ends || !(fits || (length == 1 && sign == '.')) {
        return None;
    }
    let word: String = word.iter().map(char::to_ascii_uppercase).collect();
    let sign = if length == 1 && matches!(sign, '-' | '/') { '.' } else { sign };
    Some(format!("{sign}{word}"))
}

fn run(letters: &[char], is_part: impl Fn(&char) -> bool) -> usize {
    letters.iter().take_while(|letter| is_part(letter)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_spellings_of_a_symbol_are_one() {
        for text in [
            "$TSLA",
            "$tsla",
            "＄TSLA",
            "＄ＴＳＬＡ",
            "($Tsla)",
            "$TSLA's",
            "$TSLA.",
            "$TSLA.It is",
            "$TSLA, $tsla",
        ] {
            assert_eq!(of(text), ["$TSLA"], "{text}");
        }
        for text in ["$BRK.B", "$BRK-B", "$brk.b", "$BRK/B up", "$BRK.B."] {
            assert_eq!(of(text), ["$BRK.B"], "{text}");
        }
        assert_eq!(of("$BTC-USD $btc-usd"), ["$BTC-USD"]);
        assert_eq!(
            of("$ES_F $ES=F $^GSPC $0700.HK $BTC.X"),
            ["$ES_F", "$ES=F", "$^GSPC", "$0700.HK", "$BTC.X"]
        );
        assert_eq!(of("$A$B"), ["$A", "$B"]);
    }

    #[test]
    fn amounts_and_parts_of_words_are_none() {
        for text in [
            "$5",
            "$1.2B",
            "$5B",
            "$10k",
            "$ 5",
            "$",
            "$$",
            "US$TSLA",
            "A$AP",
            "$100M",
            "$3.50/share",
            "$1,000",
            "$million",
            "$2024.Q",
            "$TSLA2024",
            "$verylongsymbol",
            "$élan",
            "no sign TSLA",
        ] {
            assert_eq!(of(text), [""; 0], "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_each_found_one_is_its_own_spelling(text in "[$＄^A-Za-z0-9.=/_: é-]{0,24}") {
            for symbol in of(&text) {
                prop_assert_eq!(of(&symbol), vec![symbol.clone()]);
            }
        }
    }
}
