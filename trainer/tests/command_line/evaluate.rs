//! `evaluate` on the shipped model: the contract of its JSON, its table, and model files that are none.

use crate::program::{Folder, left_out_of, model, stdout_of, text};

/// Written for this test; unmistakable enough that a working model gets nearly all of them.
const TWEETS: &str = "text,label
\"$ACME jumps 12% after record quarterly earnings, raises full-year guidance\",Bullish
Analysts upgrade Globex to buy and lift the price target to $95,Bullish
Initech shares rally as revenue beats expectations,Bullish
\"$ACME plunges 18% after profit warning, guidance cut\",Bearish
Globex downgraded to sell as demand collapses,Bearish
Initech stock tumbles on earnings miss and weak outlook,Bearish
Globex will hold its annual meeting on Thursday in Zurich,Neutral
Initech names a new chief marketing officer,Neutral
Here is what to watch in markets this week https://example.com/watch,Neutral
";

fn evaluation(folder: &Folder, model: &str) -> serde_json::Value {
    folder.write("tweets.csv", TWEETS);
    let json = folder.succeeds(&["evaluate", "--model", model, "--data", "tweets.csv", "--json", "-"]);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn json_keeps_its_contract_and_the_model_works() {
    let evaluation = evaluation(&Folder::new(), text(&model()));
    let keys: Vec<_> = evaluation.as_object().unwrap().keys().collect();
    let contract =
        ["rows", "accuracy", "macro_f1", "per_class", "confusion", "ece", "nll", "tweets_per_second"];
    assert_eq!(keys[..8], contract);
    assert_eq!(keys[8..], ["mean_layers"], "the shipped model has an exit");
    assert_eq!(evaluation["rows"], 9);
    assert!(evaluation["accuracy"].as_f64().unwrap() >= 8.0 / 9.0, "{evaluation}");
    assert!(evaluation["macro_f1"].as_f64().unwrap() >= 0.85, "{evaluation}");
    for label in ["Bearish", "Bullish", "Neutral"] {
        assert_eq!(evaluation["per_class"][label]["support"], 3);
    }
    let confusion: Vec<Vec<usize>> = serde_json::from_value(evaluation["confusion"].clone()).unwrap();
    assert!(confusion.iter().all(|row| row.iter().sum::<usize>() == 3), "{confusion:?}");
}

#[test]
fn the_table_and_a_json_file_say_the_same() {
    let folder = Folder::new();
    let model = model();
    let piped = evaluation(&folder, text(&model));
    let table =
        folder.succeeds(&["evaluate", "--model", text(&model), "--data", "tweets.csv", "--json", "out.json"]);
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path("out.json")).unwrap()).unwrap();
    assert_eq!(written["confusion"], piped["confusion"]);
    for shown in ["accuracy", "macro-F1", "precision", "recall", "Bearish", "Bullish", "Neutral", "predicted"]
    {
        assert!(table.contains(shown), "{shown} in\n{table}");
    }
    assert!(table.contains(&format!("{:.4}", piped["macro_f1"].as_f64().unwrap())), "{table}");
}

#[test]
fn files_that_are_no_model_are_refused_by_name() {
    let folder = Folder::new();
    folder.write("tweets.csv", TWEETS);
    let whole = std::fs::read(model()).unwrap();
    // The architecture's value is as long as its replacement, so that every offset stays right.
    let at = whole.windows(20).position(|window| window == b"general.architecture").unwrap();
    let value = at + whole[at..].windows(4).position(|window| window == b"bert").unwrap();
    let mut other_architecture = whole.clone();
    other_architecture[value..value + 4].copy_from_slice(b"gpt2");
    for (name, bytes, expected) in [
        ("empty.gguf", Vec::new(), "GGUF"),
        ("text.gguf", TWEETS.as_bytes().to_vec(), "GGUF"),
        ("half.gguf", whole[..whole.len() / 2].to_vec(), "half.gguf"),
        ("header.gguf", whole[..64].to_vec(), "GGUF"),
        ("other.gguf", other_architecture, "gpt2"),
    ] {
        folder.write(name, bytes);
        let fragments = ["cannot use the model", name, expected];
        folder
            .fails(&["evaluate", "--model", name, "--data", "tweets.csv", "--json", "out.json"], &fragments);
        folder.fails(&["predict", "--model", name, "Shares rise"], &fragments);
    }
    assert!(!folder.path("out.json").exists());
    folder.fails(
        &["evaluate", "--model", "gone.gguf", "--data", "tweets.csv"],
        &["cannot read the model", "gone.gguf"],
    );
}

#[test]
fn labels_that_the_model_does_not_have_are_refused() {
    let folder = Folder::new();
    let model = model();
    for (label, found) in [("Positive", "\"Positive\""), ("3", "\"3\""), ("bullish", "\"bullish\"")] {
        folder.write("other.csv", format!("text,label\nShares rise,Bullish\nShares rise,{label}\n"));
        let evaluate = ["evaluate", "--strict", "--model", text(&model), "--data", "other.csv"];
        let known = ["0 or Bearish", "1 or Bullish", "2 or Neutral", "the labels of", "model.gguf"];
        folder.fails(&evaluate, &[&known[..], &["other.csv:3", found]].concat());
    }
}

#[test]
fn a_row_that_is_refused_strictly_leaves_the_old_numbers() {
    let folder = Folder::new();
    folder.write("tweets.csv", format!("{TWEETS}No such label,Sideways\n"));
    folder.write("out.json", "old");
    let model = model();
    folder.fails(
        &["evaluate", "--strict", "--model", text(&model), "--data", "tweets.csv", "--json", "out.json"],
        &["tweets.csv:11", "Sideways"],
    );
    assert_eq!(std::fs::read_to_string(folder.path("out.json")).unwrap(), "old");
}

#[test]
fn a_missing_file_is_blamed_for_itself() {
    let model = model();
    let error = Folder::new().fails(
        &["evaluate", "--model", text(&model), "--data", "missing.csv"],
        &["cannot read missing.csv", "No such file"],
    );
    assert!(!error.contains("label"), "{error}");
}

#[test]
fn labels_in_another_order_and_labels_without_rows_are_told() {
    let folder = Folder::new();
    let model = model();
    let evaluate = ["evaluate", "--model", text(&model), "--data", "swapped.csv"];
    let swapped: String = TWEETS
        .lines()
        .skip(1)
        .map(|line| match line.rsplit_once(',').unwrap() {
            (text, "Bullish") => format!("{text},0\n"),
            (text, "Bearish") => format!("{text},1\n"),
            (text, _) => format!("{text},Neutral\n"),
        })
        .collect();
    folder.write("swapped.csv", format!("text,label\n{}", swapped.repeat(3)));
    let output = folder.trainer(&evaluate);
    let warning = String::from_utf8(output.stderr.clone()).unwrap();
    let mapping = ["--label-map", "0=Bullish", "--label-map", "1=Bearish", "--label-map", "Neutral=Neutral"];
    for fragment in [
        "swapped.csv: the labels seem to be in another order",
        "--label-map '0=Bullish'",
        "--label-map '1=Bearish'",
    ] {
        assert!(warning.contains(fragment), "{fragment:?} in: {warning}");
    }
    assert!(!warning.contains("no rows of"), "{warning}");
    // What the warning says is typed as it stands there, and helps.
    let json = folder.succeeds(&[&evaluate[..], &mapping, &["--json", "-"]].concat());
    let evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(evaluation["accuracy"].as_f64().unwrap() >= 8.0 / 9.0, "{evaluation}");

    folder.write("swapped.csv", TWEETS.replace(",Neutral\n", ",Bearish\n"));
    let output = folder.trainer(&evaluate);
    let warning = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(warning.contains("swapped.csv: no rows of Neutral") && !warning.contains("order"), "{warning}");
    stdout_of(output);
}

#[test]
fn rows_that_cannot_be_used_are_left_out_and_listed() {
    let folder = Folder::new();
    let model = model();
    let expected = evaluation(&folder, text(&model));
    let long = "up ".repeat(400_000);
    folder.write("more.csv", format!("{TWEETS}No such label,Sideways\nragged\n{long},1\n,0\n"));
    let evaluate = ["evaluate", "--model", text(&model), "--data", "more.csv", "--json"];
    let output = folder.trainer(&[&evaluate[..], &["-"]].concat());
    let listed = [
        "4 of 13 rows",
        "more.csv:11: unknown label",
        "more.csv:12: ",
        "more.csv:13: expected a text of at most",
        "more.csv:14: ",
    ];
    let (json, error) = left_out_of(output, &listed);
    let evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(evaluation["rows_left_out"], 4);
    for key in ["rows", "accuracy", "macro_f1", "confusion", "nll"] {
        assert_eq!(evaluation[key], expected[key], "{key}");
    }
    assert!(!error.contains("text 0") && !error.contains("text 9"), "{error}");
    folder.fails(&[&evaluate[..], &["out.json", "--strict"]].concat(), &["more.csv:11"]);
    assert!(!folder.path("out.json").exists());
    let edits = ["edits", "--model", text(&model), "--data", "rows.csv"];
    folder.write("rows.csv", "text,label\nShares rise,1\nNo such label,Sideways\n");
    let (table, _) = left_out_of(folder.trainer(&edits), &["1 of 2 rows", "rows.csv:3: unknown label"]);
    assert!(table.contains("labels flipped"), "{table}");
    folder.fails(&[&edits[..], &["--strict"]].concat(), &["rows.csv:3"]);
}
