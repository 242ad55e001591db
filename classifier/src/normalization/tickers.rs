//! Ticker symbols in all their spellings.
//!
//! What a symbol may look like is taken from what people write: `$TSLA`, `$BRK.B`, `$BTC-USD`, `$BTC.X`, `$ES_F` and
//! `$ES=F` (futures), `$^GSPC` (indices), `$7203.T` and `$0700.HK` (exchanges that number), `$NG1:COM`, `$EUR/USD`,
//! `#TSLA`. An amount begins with a digit and has no exchange.

use super::cashtags::CASHTAG_WORD;
use super::rewriting::Rewriting;
use std::borrow::Cow;

/// Of so many symbols in a row the text may be about several; a list of nine says no more.
const MOST_IN_A_ROW: usize = 2;
/// Letters and digits of a symbol, at most.
const LONGEST_SYMBOL: usize = 12;
/// Letters of a hashtag that may be a symbol.
const LONGEST_HASHTAG: usize = 5;

/// Capital hashtags about finance that name no security.
const NO_TICKERS: [&str; 46] = [
    "AGM", "AI", "ATH", "BOE", "BOJ", "BSE", "CEO", "CFD", "CFO", "CNBC", "CPI", "DD", "DEFI", "ECB", "EPS",
    "ESG", "ETF", "ETFS", "EU", "EV", "EVS", "FED", "FOMC", "FOMO", "FOREX", "FUD", "FX", "GDP", "IMF",
    "IPO", "LSE", "NEWS", "NFP", "NFT", "NFTS", "NSE", "NYSE", "OPEC", "OTC", "PPI", "SEC", "SPAC", "UK",
    "US", "USA", "YOLO",
];
/// In what a pair is quoted.
const QUOTES: [&str; 9] = ["BTC", "ETH", "EUR", "GBP", "JPY", "PERP", "USD", "USDC", "USDT"];
/// Suffixes of exchanges that have three letters, or number their symbols.
const EXCHANGES: [&str; 14] =
    ["BO", "HK", "KL", "KQ", "KS", "NS", "SI", "SR", "SS", "SZ", "T", "TO", "TW", "TWO"];
/// What data vendors put behind a colon.
const VENDORS: [&str; 5] = ["COM", "CUR", "IND", "LN", "US"];

/// Every symbol to one word.
pub(super) fn replace(text: &str) -> Cow<'_, str> {
    let mut rewriting = Rewriting::of(text);
    let mut in_a_row = 0;
    for (at, mark) in text.match_indices(['$', '#']) {
        let copied = rewriting.copied();
        // `$A$B`: nothing parts the two, but each has its mark.
        let is_glued = in_a_row > 0 && at == copied;
        let follows_word =
            text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '&'));
        if at < copied || (follows_word && !is_glued) {
            continue;
        }
        let end = if mark == "$" { cashtag_end(text, at + 1) } else { hashtag_end(text, at + 1) };
        let Some(end) = end else { continue };
        let is_next = rewriting.since(at).chars().all(|c| c.is_whitespace() || c == ',');
        in_a_row = if is_next { in_a_row + 1 } else { 1 };
        match (in_a_row <= MOST_IN_A_ROW, is_glued) {
            (false, _) => rewriting.replace(copied..end, &[]),
            (true, true) => rewriting.replace(at..end, &[" ", CASHTAG_WORD]),
            (true, false) => rewriting.replace(at..end, &[CASHTAG_WORD]),
        }
    }
    rewriting.finish()
}

/// Byte offset behind the symbol whose `$` ends at `start`.
fn cashtag_end(text: &str, start: usize) -> Option<usize> {
    let start = if text[start..].starts_with('^') { start + 1 } else { start };
    let end = word_end(text, start, u8::is_ascii_alphanumeric)?;
    match end - start {
        4..=6 if text.as_bytes()[start].is_ascii_digit() => {
            let exchange = suffix_end(text, end, |mark, suffix| mark == b'.' && EXCHANGES.contains(&suffix))?;
            Some(suffix_end(text, exchange, is_suffix).unwrap_or(exchange))
        }
        1..=LONGEST_SYMBOL if text.as_bytes()[start].is_ascii_alphabetic() => {
            let first = suffix_end(text, end, is_suffix).unwrap_or(end);
            Some(suffix_end(text, first, is_suffix).unwrap_or(first))
        }
        _ => None,
    }
}

/// The same of a hashtag: in capitals, for `#tesla` is a word.
fn hashtag_end(text: &str, start: usize) -> Option<usize> {
    let end = word_end(text, start, u8::is_ascii_uppercase)?;
    let name = &text[start..end];
    let is_symbol = (1..=LONGEST_HASHTAG).contains(&name.len())
        && !text[end..].starts_with('_')
        && !NO_TICKERS.contains(&name);
    is_symbol.then(|| suffix_end(text, end, is_suffix).unwrap_or(end))
}

/// Byte offset behind the characters at `start` that belong, if no further letter or digit follows.
fn word_end(text: &str, start: usize, belongs: impl Fn(&u8) -> bool) -> Option<usize> {
    let end = start + text.as_bytes()[start..].iter().take_while(|byte| belongs(byte)).count();
    (end > start && !text[end..].starts_with(char::is_alphanumeric)).then_some(end)
}

/// Byte offset behind the mark at `at` and the letters behind it, if the two are a suffix.
fn suffix_end(text: &str, at: usize, is_suffix: impl Fn(u8, &str) -> bool) -> Option<usize> {
    let mark = *text.as_bytes().get(at).filter(|byte| byte.is_ascii())?;
    let end = word_end(text, at + 1, u8::is_ascii_alphabetic)?;
    is_suffix(mark, &text[at + 1..end]).then_some(end)
}

/// Prose goes on behind a symbol as well: `$ACME.The rest`, `$ACME-led`.
fn is_suffix(mark: u8, suffix: &str) -> bool {
    let is_capital = suffix.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_quote = QUOTES.iter().any(|quote| quote.eq_ignore_ascii_case(suffix));
    match mark {
        b'.' => {
            suffix.len() == 1 || (suffix.len() == 2 && is_capital) || EXCHANGES.contains(&suffix) || is_quote
        }
        b'-' | b'_' => suffix.len() == 1 || (suffix.len() == 2 && is_capital) || is_quote,
        b'/' => (suffix.len() == 1 && is_capital) || is_quote,
        b'=' => matches!(suffix, "F" | "X"),
        b':' => VENDORS.contains(&suffix),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One of each spelling.
    const SPELLINGS: [&str; 18] = [
        "$TSLA", "$tsla", "$F", "$ABCDEFG", "$BRK.B", "$brk.b", "$RDS-A", "$BRK/B", "$BTC-USD", "$BTC.X",
        "$ES_F", "$ES=F", "$^GSPC", "$7203.T", "$0700.HK", "$NG1:COM", "$SPX500", "#TSLA",
    ];

    #[test]
    fn every_spelling_is_one_word() {
        for spelling in SPELLINGS {
            for (before, after) in
                [("", ""), ("buy ", " now"), ("(", ")"), ("\u{1f680}", ", up"), ("buy ", ".")]
            {
                let expected = format!("{before}stock{after}");
                assert_eq!(replace(&format!("{before}{spelling}{after}")), expected);
            }
        }
        assert_eq!(replace("$EUR/USD $btc-usd's"), "stock stock's");
    }

    #[test]
    fn amounts_and_other_things_stay() {
        for text in [
            "$5 US$5m $1.2B $5m $5k $5.T $1000 $500.The $1.5T $ $. a$b _$AB $$ $$$ $$AB",
            "$ABCDEFGHIJKLM $AB\u{e9} \u{e9}$AB $\u{e9} $^ $^5",
            "#stocks #Tesla #NASDAQ #CPI #AI #1 #A1 #TSLA_ # a#TSLA ##TSLA &#TSLA",
        ] {
            assert!(matches!(replace(text), Cow::Borrowed(_)), "{}", replace(text));
        }
        let prose = [
            ("$ACME.The rest, $ACME-2 and $ACME_x1", "stock.The rest, stock-2 and stock_x1"),
            ("$ACME-led $acme.up, $EUR/bbl $ES=5 $A:B", "stock-led stock.up, stock/bbl stock=5 stock:B"),
        ];
        for (text, expected) in prose {
            assert_eq!(replace(text), expected, "{text:?}");
        }
    }

    #[test]
    fn of_several_in_a_row_two_are_left() {
        let cases = [
            ("$A$B", "stock stock"),
            ("$A$B$C/$D$5", "stock stock/stock$5"),
            ("$A $B, $C\n$D up $E", "stock stock up stock"),
            ("$A, $B and $C", "stock, stock and stock"),
        ];
        for (text, expected) in cases {
            assert_eq!(replace(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn another_symbol_normalizes_to_the_same_text(
            before in "([$a1\u{e9} .,_-]{0,8}[ (,])?",
            spellings in proptest::array::uniform2(proptest::sample::select(&SPELLINGS[..])),
            // Nothing behind which the text could go on as the suffix of a symbol that has none.
            after in "([ ,)!\u{1f680}][$a1\u{e9} .,-]{0,8})?",
        ) {
            let with = |spelling: &str| replace(&format!("{before}{spelling}{after}")).into_owned();
            prop_assert_eq!(with(spellings[0]), with(spellings[1]));
            prop_assert!(with(spellings[0]).contains("stock"));
        }
    }
}
