//! `train` on several sources: each read by its own rules, measured by itself, learned from as far as it goes.

use crate::program::Folder;
use crate::tiny_base;
use serde_json::Value;

/// Headlines, and a collection of posts in three parts: `hand` with all labels in another order, `notes` with two labels,
/// `rest` with labels that nobody trusts.
const SOURCES: &str = r#"
[[data.sources]]
name = "headlines"
path = "tweets.csv"
ids = ["Bearish", "Bullish", "Neutral"]
domain = "news"
description = "Headlines of nobody, 2019, made for a test"

[[data.sources]]
name = "hand"
path = "posts.csv"
where = { part = "hand" }
domain = "social"
ids = ["Neutral", "Bearish", "Bullish"]
weight = 2.0

[[data.sources]]
name = "notes"
path = "posts.csv"
where = { part = "notes" }
domain = "social"
labels = ["Bearish", "Bullish"]
label_map = { down = "Bearish", up = "Bullish" }
weight = 0.5

[[data.sources]]
name = "rest"
path = "posts.csv"
where = { part = ["rest", "other"] }
labels = []
weight = 0.25
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let words = ["meets", "plunge", "soar"];
    let mut posts = "part,text,label\n".to_owned();
    for row in 0..120 {
        posts.push_str(&format!("hand,the company {} 9{row} {row},{}\n", words[row % 3], row % 3));
    }
    for row in 0..60 {
        let label = ["down", "up"][row % 2];
        posts.push_str(&format!("notes,stock {} up 8{row} 7,{label}\n", ["crash", "rally"][row % 2]));
    }
    for row in 0..40 {
        posts.push_str(&format!("{},shares {row} of 6{row},?\n", ["rest", "other"][row % 2]));
    }
    folder.write("posts.csv", posts);
    let config = std::fs::read_to_string(folder.path("tiny.toml")).unwrap();
    folder.write("several.toml", config.replace("train = \"tweets.csv\"\n", "") + SOURCES);
    folder
}

fn train<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--config", "several.toml", "--output", output];
    overrides.iter().for_each(|set| arguments.extend(["--set", set]));
    arguments
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path(name)).unwrap()).unwrap()
}

#[test]
fn every_source_is_learned_from_by_its_own_rules_and_measured_by_itself() {
    let folder = folder();
    let table = folder.succeeds(&train("run", &[]));
    assert!(table.contains("news") && table.contains("social"), "{table}");
    let split = json(&folder, "run/split.json");
    let part = |name: &str| -> Vec<usize> {
        split[name].as_array().unwrap().iter().map(|row| row.as_u64().unwrap() as usize).collect()
    };
    // 240 headlines, 120 by hand, 60 notes, of which none is held out.
    let sizes = ["train", "validation", "test"].map(|name| part(name).len());
    assert_eq!(sizes, [168 + 84 + 60, 24 + 12, 48 + 24]);
    assert!((360..420).all(|row| part("train").contains(&row)));
    let evaluation = json(&folder, "run/evaluation.json");
    let domains = &evaluation["domains"];
    assert_eq!((&domains["news"]["rows"], &domains["social"]["rows"]), (&24.into(), &12.into()));
    // Both orders of the ids are understood, or one of the two worlds would be wrong.
    for domain in ["news", "social"] {
        assert!(domains[domain]["accuracy"].as_f64().unwrap() > 0.8, "{evaluation}");
    }
    let log = std::fs::read_to_string(folder.path("run/metrics.jsonl")).unwrap();
    let epochs: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["kind"] == "epoch")
        .collect();
    assert_eq!(epochs.len(), 8);
    assert!(epochs.iter().all(|epoch| epoch["domains"]["social"]["macro_f1"].is_f64()), "{log}");
    // The kept epoch is the first of the best by the mean of both.
    let mean = |epoch: &Value| {
        let of = |name: &str| epoch["domains"][name]["macro_f1"].as_f64().unwrap();
        (of("news") + of("social")) / 2.0
    };
    let best = epochs.iter().map(mean).fold(0.0, f64::max);
    let kept = epochs.iter().find(|epoch| mean(epoch) == best).unwrap();
    assert!(table.contains(&format!("epoch {} of 8 is kept", kept["epoch"])), "{table}");
}

/// What rows of two labels teach is which of the two, not that there is no third.
#[test]
fn rows_of_two_labels_do_not_speak_against_the_third() {
    let folder = folder();
    let predict = |run: &str| {
        folder.succeeds(&["export", "--run", run, "--id", run]);
        let model = format!("models/{run}/model.gguf");
        folder.succeeds(&["predict", "--model", &model, "stock meets up 81 7", "stock opens up 85 7"])
    };
    folder.succeeds(&train("masked", &["data.sources.notes.weight=5.0"]));
    let masked = predict("masked");
    assert_eq!(masked.matches("Neutral").count(), 2, "{masked}");
}

#[test]
fn what_a_source_cannot_be_is_named() {
    let folder = folder();
    let fails = |set: &str, fragments: &[&str]| {
        folder.fails(&train("refused", &[set]), fragments);
        assert!(!folder.path("refused").exists(), "nothing may be written before everything is read");
    };
    let map = "data.sources.notes.label_map={ down = \"Bearisch\" }";
    fails(
        map,
        &[
            "`data.sources.notes.label_map`",
            "--set data.sources.notes",
            "Bearish, Bullish, Neutral",
            "Bearisch",
        ],
    );
    for weight in ["0", "0.0", "nan", "-1.0", "inf"] {
        let set = format!("data.sources.notes.weight={weight}");
        fails(&set, &["`data.sources.notes.weight`", "a number above 0", "found"]);
    }
    let none = "data.sources.hand.where={ part = \"foot\" }";
    fails(none, &["source hand", "posts.csv", "with `part` in [\"foot\"]", "found none"]);
    fails("data.sources.hand.where={ kind = \"hand\" }", &["source hand", "posts.csv:1", "`kind`", "`part`"]);
    fails(
        "data.sources.headlines.ids=[]",
        &["source headlines", "tweets.csv:2", "another order", "data.sources.headlines.ids"],
    );
    fails(
        "data.sources.hand.ids=[\"Neutral\", \"Bearish\"]",
        &["source hand", "posts.csv:4", "unknown label", "\"2\""],
    );
    fails("data.sources.hand.ids=[\"Flat\"]", &["`data.sources.hand.ids`", "Flat"]);
    fails(
        "data.sources.hand.labels=[\"Bearish\", \"Bullish\"]",
        &["source hand", "tells apart (Bearish, Bullish)", "where"],
    );
    fails("data.sources.notes.labels=[\"Bullish\"]", &["`data.sources.notes.labels`", "two or more"]);
    fails(
        "data.sources.notes.test_fraction=0.1",
        &["`data.sources.notes.test_fraction`", "cannot be scored"],
    );
    fails("data.sources.rest.name=hand", &["`data.sources`", "each of one source", "\"hand\""]);
    fails("data.sources.nobody.weight=1.0", &["nobody", "headlines, hand, notes, rest"]);
    fails("data.sources.rest.wieght=1.0", &["wieght", "weight"]);
    fails("data.train=tweets.csv", &["--set data.train=tweets.csv", "`data.sources`"]);
    fails("data.label_map={ up = \"Bullish\" }", &["`data.label_map`", "of a source"]);
    fails("data.sources.hand.test_fraction=0.95", &["`data.sources.hand.test_fraction`", "together below 1"]);
    folder.write("empty.csv", "part,text,label\n");
    fails("data.sources.hand.path=empty.csv", &["source hand", "empty.csv", "found none"]);
    let other =
        ["data.sources.headlines.validation_fraction=0.0", "data.sources.hand.validation_fraction=0.0"];
    folder.fails(&train("refused", &other), &["`data.sources`", "with validation rows", "none"]);
}
