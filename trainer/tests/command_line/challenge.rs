//! `challenge`: kinds, totals and failures that agree, in a table and as JSON; in card and report; and what it refuses.

use crate::program::{Folder, model, text};
use crate::tiny_base::trained_with;
use serde_json::Value;

const SET: &str = include_str!("../../src/scoring/challenge.jsonl");

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn kinds_total_and_failures_agree_with_what_predict_says() {
    let folder = Folder::new();
    let model = model();
    let challenge = ["challenge", "--model", text(&model)];
    let json = folder.succeeds(&[&challenge[..], &["--json", "-"]].concat());
    let scores: Value = serde_json::from_str(&json).unwrap();
    let cases: Vec<Value> = SET.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The same texts by another way: which of them get another label, and how surely.
    folder.write("set.jsonl", SET);
    let predict = ["predict", "--model", text(&model), "--input", "set.jsonl", "--output", "out.jsonl"];
    folder.succeeds(&predict);
    let predictions = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    let predictions: Vec<Value> =
        predictions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<_> =
        cases.iter().zip(&predictions).filter(|(case, found)| case["label"] != found["label"]).collect();
    let failures = scores["failures"].as_array().unwrap();
    assert_eq!(failures.len(), wrong.len());
    for (failure, (case, found)) in failures.iter().zip(&wrong) {
        for key in ["kind", "text", "reason"] {
            assert_eq!(failure[key], case[key], "{failure}");
        }
        assert_eq!([&failure["expected"], &failure["found"]], [&case["label"], &found["label"]]);
        assert_eq!(failure["uncertain"], found["uncertain"], "{failure} {found}");
    }
    assert_eq!(number(&scores["total"]["texts"]), cases.len());
    assert_eq!(number(&scores["total"]["right"]), cases.len() - wrong.len());
    let kinds = scores["kinds"].as_object().unwrap();
    for key in ["texts", "right", "wrong_and_sure"] {
        let sum: usize = kinds.values().map(|share| number(&share[key])).sum();
        assert_eq!(sum, number(&scores["total"][key]), "{key}");
    }
    let sure = failures.iter().filter(|failure| failure["uncertain"] == false).count();
    assert_eq!(sure, number(&scores["total"]["wrong_and_sure"]));

    let table = folder.succeeds(&challenge);
    assert!(kinds.keys().all(|kind| table.contains(kind)) && table.contains("all kinds"), "{table}");
    assert!(!table.contains("because:"), "{table}");
    let listed = folder.succeeds(&[&challenge[..], &["--failures"]].concat());
    assert_eq!(listed.matches("because:").count(), failures.len());
    assert!(failures.iter().all(|failure| listed.contains(failure["text"].as_str().unwrap())), "{listed}");
}

#[test]
fn card_and_report_show_it() {
    let (folder, run) = trained_with(&["train.epochs=1"]);
    folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
    let json = folder.succeeds(&["challenge", "--model", "models/tiny/model.gguf", "--json", "-"]);
    let scores: Value = serde_json::from_str(&json).unwrap();
    let (total, failures) = (&scores["total"], scores["failures"].as_array().unwrap());
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    let section = card.split_once("\n## Challenge set\n").unwrap().1.split_once("\n## ").unwrap().0;
    for words in [
        format!("It gets {} of them right (", total["right"]),
        format!("is sure of {}.", total["wrong_and_sure"]),
        " 0 of them have the words, punctuation and tickers apart, of a text that the run".to_owned(),
        format!("The 10 surest of its {} failures", failures.len()),
    ] {
        assert!(section.contains(&words), "{words} in {section}");
    }
    let kinds = scores["kinds"].as_object().unwrap();
    assert!(kinds.keys().all(|kind| section.contains(&format!("\n| {kind} | "))), "{section}");
    assert_eq!(section.lines().filter(|line| line.starts_with("- `")).count(), 10, "{section}");
    folder.succeeds(&["report", &run]);
    let page = std::fs::read_to_string(folder.path(&run).join("report.html")).unwrap();
    let section = page.split_once("<section id=\"challenge\"").unwrap().1.split_once("</section>").unwrap().0;
    assert_eq!(section.matches("<blockquote>").count(), failures.len());
    assert!(kinds.keys().all(|kind| section.contains(&format!(">{kind}</th>"))), "{section}");
}

#[test]
fn a_run_that_learned_a_text_of_the_set_says_so() {
    let folder = Folder::new();
    crate::tiny_base::write(&folder);
    // Another ticker and no comma: the words are the same.
    let learned = "\"$ACME to the moon straight into my loss folder 🤡\",0\n".repeat(30);
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    folder.write("tweets.csv", tweets + &learned);
    folder.succeeds(&crate::tiny_base::train(&["train.epochs=1"]));
    let run = std::fs::read_dir(folder.path("runs")).unwrap().next().unwrap().unwrap().path();
    folder.succeeds(&["export", "--run", text(&run), "--id", "tiny"]);
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    assert!(
        card.contains(" 1 of them have the words, punctuation and tickers apart, of a text that the run"),
        "{card}"
    );
}

#[test]
fn a_model_with_other_labels_is_refused_and_its_card_is_silent() {
    let (folder, run) = trained_with(&["train.epochs=1", "data.labels=[\"Down\", \"Up\", \"Flat\"]"]);
    folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
    let challenge = ["challenge", "--model", "models/tiny/model.gguf"];
    folder.fails(&challenge, &["models/tiny/model.gguf", "Bearish, Bullish, Neutral", "Down, Up, Flat"]);
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    assert!(!card.contains("Challenge set"), "{card}");
    folder.succeeds(&["report", &run]);
    let page = std::fs::read_to_string(folder.path(&run).join("report.html")).unwrap();
    assert!(!page.contains("Challenge set"));
    folder.fails(&["challenge", "--model", "gone.gguf"], &["gone.gguf"]);
}
