//! Other companies' cashtags.

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// Large companies of several trades; which one a tweet is about does not decide its mood.
const TICKERS: [&str; 16] = [
    "AAPL", "ADBE", "CAT", "COST", "CVX", "HD", "IBM", "JNJ", "JPM", "KO", "MSFT", "NKE", "PFE", "TXN",
    "UPS", "WMT",
];
/// Letters of a ticker symbol, at most.
const LONGEST_TICKER: usize = 6;

/// Exchanges each `$TICKER`; the same one for the same other one throughout a text.
pub fn with_others(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut others = HashMap::<String, &str>::new();
    let mut edited = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let ends = !after[letters..].starts_with(|c: char| c.is_alphanumeric());
        edited.push(c);
        rest = after;
        if c == '$' && !previous.is_alphanumeric() && (1..=LONGEST_TICKER).contains(&letters) && ends {
            let ticker = after[..letters].to_uppercase();
            let candidates: Vec<&str> = TICKERS.into_iter().filter(|other| *other != ticker).collect();
            let drawn = candidates.choose(rng).copied().unwrap_or(TICKERS[0]);
            edited.push_str(others.entry(ticker).or_insert(drawn));
            rest = &after[letters..];
        }
        previous = c;
    }
    edited
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn apply(text: &str) -> String {
        with_others(text, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn cashtags_are_exchanged_and_amounts_are_not() {
        let text = "$GM up, buy $GM and $F.A, not US$AB, $5, $B2B or $TOOLONGS";
        let edited = apply(text);
        let words: Vec<&str> = edited.split(' ').collect();
        let ticker = |word: &str| word.trim_start_matches('$').trim_end_matches(',').to_owned();
        assert!(TICKERS.contains(&ticker(words[0]).as_str()), "{edited}");
        assert_eq!(words[0], words[3], "the same ticker twice: {edited}");
        assert!(words[5].ends_with(".A,") && !words[5].starts_with("$F."), "{edited}");
        assert!(edited.ends_with("not US$AB, $5, $B2B or $TOOLONGS"), "{edited}");
        assert_eq!(apply(text), edited);
        for ticker in TICKERS {
            let text = format!("${ticker}");
            assert_ne!(apply(&text), text);
        }
    }
}
