//! Steps together: the list of the first models, which old files carry, and the one of new models.

use super::*;
use proptest::prelude::*;

/// What the first models carry.
const FIRST: [&str; 4] = ["decode_html_entities", "remove_urls", "replace_cashtags", "collapse_whitespace"];

fn first() -> Normalization {
    Normalization::new(&FIRST).unwrap()
}

fn current() -> Normalization {
    Normalization::new(&CURRENT).unwrap()
}

#[test]
fn decodes_removes_and_collapses() {
    let cases = [
        ("AT&amp;T up &gt; 5% https://t.co/abc", "AT&T up > 5%"),
        ("  two\t\nlines \u{a0} here ", "two lines here"),
        ("HTTPS://T.CO/X falls WWW.example.com flat", "falls flat"),
        ("see(http://a.b/c) now", "see( now"),
        ("awww.no stays", "awww.no stays"),
        ("http://a.b http://c.d", ""),
        ("&amp;amp; decoded once", "&amp; decoded once"),
        ("It&#39;s 🚀 &#x1F680;", "It's 🚀 🚀"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(first().apply(text), expected, "{text:?}");
    }
}

#[test]
fn cashtags_become_one_word_and_amounts_stay() {
    let cases = [
        ("$TSLA up, $brk.b flat", "stock up, stock flat"),
        ("($F)/$GM: $RDS-A,$BTC_X", "(stock)/stock: stock,stock"),
        ("\u{1f680}$GME\u{1f680} $ACME's", "\u{1f680}stock\u{1f680} stock's"),
        ("buy $ACME.", "buy stock."),
        ("$ACME.The rest, $ACME-2 and $ACME_x1", "stock.The rest, stock-2 and stock_x1"),
        ("$5 US$5m $1.2B $ $. a$b _$AB", "$5 US$5m $1.2B $ $. a$b _$AB"),
        ("$$ACME $ABCDEFG $AB1 $ABé é$AB $é", "$$ACME $ABCDEFG $AB1 $ABé é$AB $é"),
        ("$ACME$GLOBEX", "stock$GLOBEX"),
        ("&#36;ACME https://t.co/$ACME", "stock"),
    ];
    for (text, expected) in cases {
        assert_eq!(first().apply(text), expected, "{text:?}");
    }
    assert!(matches!(first().apply("a $5 rise"), Cow::Borrowed(_)));
}

#[test]
fn a_tweet_as_people_write_it() {
    let cases = [
        (
            "RT @Trader_1: $TSLA to the moon🚀🚀🚀🚀!!!! don’t miss it… https://t.co/x",
            "stock to the moon rocket rocket !! don't miss it \u{2026}",
        ),
        ("Earnings crushed📈", "Earnings crushed chart increasing"),
        ("see https://t.co/x📉", "see chart decreasing"),
        ("₹500 → ₹600", "$500 \u{2192} $600"),
        ("@a @b ＄ＴＳＬＡ &amp;gt; $5 [MASK] [MASK]", "user stock > $5"),
        ("𝗦𝗵𝗮𝗿𝗲𝘀 of ﬁve\u{200b}\u{a0}firms\nrise", "Shares of five firms rise"),
        ("[SEP]", "[SEP]"),
    ];
    for (text, expected) in cases {
        assert_eq!(current().apply(text), expected, "{text:?}");
    }
}

#[test]
fn clean_text_is_borrowed() {
    for normalization in [first(), current()] {
        assert!(matches!(normalization.apply("Shares rise 5% after earnings."), Cow::Borrowed(_)));
    }
}

#[test]
fn names_round_trip_and_unknown_ones_are_refused() {
    let every: Vec<&str> = Step::all().map(Step::name).collect();
    assert_eq!(Normalization::new(&every).unwrap().names(), every);
    let error = Normalization::new(&["remove_emoji"]).unwrap_err();
    assert_eq!(error.found, "remove_emoji");
    assert!(error.to_string().contains("remove_urls"), "{error}");
}

fn cashtags() -> Normalization {
    Normalization::new(&["replace_cashtags"]).unwrap()
}

proptest! {
    #[test]
    fn replacing_cashtags_twice_changes_nothing(text in "[$A-Ca1é ._-]{0,24}") {
        let once = cashtags().apply(&text).into_owned();
        prop_assert_eq!(cashtags().apply(&once), once.as_str());
    }

    #[test]
    fn another_ticker_normalizes_to_the_same_text(
        before in "([$a1é .,_-]{0,8}[ (,])?",
        tickers in proptest::array::uniform2("[A-Za-z]{1,6}([._-][A-Za-z]{1,2})?"),
        // Not `.`, `-` or `_`, behind which the text could go on as the suffix of a ticker that has none.
        after in "([ ,:)$\u{1f680}][$a1é .,-]{0,8})?",
    ) {
        let with = |ticker: &str| cashtags().apply(&format!("{before}${ticker}{after}")).into_owned();
        prop_assert_eq!(with(&tickers[0]), with(&tickers[1]));
        prop_assert!(with(&tickers[0]).contains("stock"));
    }

    #[test]
    fn no_text_panics_and_whitespace_is_collapsed(text in ".*") {
        for normalization in [first(), current()] {
            let normalized = normalization.apply(&text).into_owned();
            prop_assert!(!normalized.contains("  ") && normalized.trim() == normalized);
        }
    }

    /// Of marks that mean something to some step, in any order.
    #[test]
    fn no_step_panics_over_what_it_looks_for(
        text in "([@$#&;.\\[\\]a1 é🚀\u{1f3fb}\u{200d}\u{fe0f}\u{20e3}…!₹½]|RT |\\[PAD\\]|&amp;|http://){0,20}",
    ) {
        for step in Step::all() {
            step.apply(&text);
        }
        current().apply(&text);
    }
}
