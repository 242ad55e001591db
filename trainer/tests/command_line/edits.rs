//! `edits`: what it counts, what the model cannot see, in a table and as JSON, and what it refuses.

use crate::program::{Folder, model, text};

/// Two cashtags, one `&` and one apostrophe, one number, one emoji at a word.
const TWEETS: &str = "text,label
\"$ACME jumps 12% after record quarterly earnings, raises full-year guidance\",Bullish
Globex & Co downgraded to sell as demand collapses,Bearish
\"$GM can't stop rising, analysts upgrade to buy\",Bullish
Initech will hold its annual meeting on Thursday in Zurich\u{1f4c5},Neutral
";

#[test]
fn every_edit_counts_the_texts_that_it_changes() {
    let folder = Folder::new();
    folder.write("tweets.csv", TWEETS);
    let model = model();
    let edits = ["edits", "--model", text(&model), "--data", "tweets.csv", "--json"];
    let json = folder.succeeds(&[&edits[..], &["-"]].concat());
    let effects: serde_json::Value = serde_json::from_str(&json).unwrap();
    let counts: Vec<_> = effects
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| (effect["edit"].as_str().unwrap(), effect["texts"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("upper case", 4),
        ("lower case", 4),
        ("added URL", 4),
        ("HTML entities", 2),
        ("doubled HTML entities", 2),
        ("another ticker", 2),
        ("another number", 1),
        ("typo", 4),
        ("user mention", 4),
        ("trailing hashtag", 4),
        ("added emoji", 4),
        ("space before emoji", 1),
    ];
    assert_eq!(counts, expected);
    for effect in effects.as_array().unwrap() {
        let (texts, flips) = (effect["texts"].as_f64().unwrap(), effect["flips"].as_f64().unwrap());
        assert_eq!(effect["flip_rate"].as_f64().unwrap(), flips / texts);
        let change = effect["accuracy_after"].as_f64().unwrap() - effect["accuracy_before"].as_f64().unwrap();
        assert!(change.abs() <= flips / texts, "{effect}");
    }
    // The shipped model reads no case, removes URLs, decodes entities, sets emoji apart and knows no tickers: what it cannot see.
    for (index, effect) in effects.as_array().unwrap().iter().enumerate() {
        let is_unseen = [0, 1, 2, 3, 4, 5, 11].contains(&index);
        assert_eq!(effect["same_input"] == effect["texts"], is_unseen, "{effect}");
        assert!(!is_unseen || effect["flips"] == 0, "{effect}");
    }
    let table = folder.succeeds(&[&edits[..], &["out.json"]].concat());
    let (line, rows) = table.split_once('\n').unwrap();
    assert!(line.ends_with(
        "upper case (4 texts), lower case (4), added URL (4), HTML entities (2), doubled HTML entities (2), another \
         ticker (2), space before emoji (1)"
    ));
    assert!(rows.contains("typo") && rows.contains("labels flipped") && !rows.contains("ticker"), "{table}");
    assert_eq!(std::fs::read_to_string(folder.path("out.json")).unwrap(), json);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new();
    let model = model();
    folder.fails(&["edits", "--model", text(&model), "--data", "gone.csv"], &["gone.csv"]);
    folder.write("tweets.csv", "text,label\nup,Sideways\n");
    folder.fails(&["edits", "--model", text(&model), "--data", "tweets.csv"], &["tweets.csv:2", "Sideways"]);
    folder.fails(&["edits", "--model", "gone.gguf", "--data", "tweets.csv"], &["gone.gguf"]);
}
