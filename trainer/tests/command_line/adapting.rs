//! `adapt`: texts without labels in, a base folder out that `train` starts from.

use crate::program::Folder;
use crate::tiny_base::{self, checkpoint, train};

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let lines: Vec<String> = (0..200).map(|n| format!("the company of the day {n} shares soar")).collect();
    folder.write("texts.txt", lines.join("\n"));
    folder
}

fn adapt<'a>(overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["adapt", "--config", "tiny.toml", "--output", "adapted"];
    for text in [&["data.unlabelled=[\"texts.txt\"]"][..], overrides].concat() {
        arguments.extend(["--set", text]);
    }
    arguments
}

#[test]
fn hidden_words_are_learned_and_training_starts_from_the_result() {
    let folder = folder();
    let said = folder.succeeds(&adapt(&["data.train="]));
    assert!(said.contains("perplexity"), "{said}");
    let log = std::fs::read_to_string(folder.path("adapted/metrics.jsonl")).unwrap();
    let epochs: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|record: &serde_json::Value| record["kind"] == "epoch")
        .collect();
    // Five of the six words are always the same; the number is not to be known.
    let accuracy = |epoch: &serde_json::Value| epoch["validation_accuracy"].as_f64().unwrap();
    assert!(accuracy(&epochs[0]) < accuracy(&epochs[7]) && accuracy(&epochs[7]) > 0.4, "{log}");
    let (base, adapted) = (
        checkpoint(&folder.path("base/model.safetensors")),
        checkpoint(&folder.path("adapted/model.safetensors")),
    );
    // The same tensors but for positions beyond the context length; every one of a layer has moved.
    assert_eq!(base.len(), adapted.len());
    for (name, values) in adapted.iter().filter(|(name, _)| name.contains("layer.")) {
        assert_ne!(values, &base[name], "{name} did not move");
    }
    folder.succeeds(&train(&["model.base=adapted", "train.epochs=1"]));
}

#[test]
fn held_out_rows_stay_unseen() {
    let folder = folder();
    folder.succeeds(&adapt(&["train.epochs=1"]));
    let items = |overrides: &[&str]| {
        std::fs::remove_dir_all(folder.path("adapted")).unwrap();
        folder.succeeds(&adapt(overrides));
        let log = std::fs::read_to_string(folder.path("adapted/metrics.jsonl")).unwrap();
        log.lines().filter(|line| line.contains("\"step\"")).count()
    };
    // One text a step: 240 rows less 72 held out, and 200 texts.
    let alone = items(&["train.epochs=1", "train.batch_size=1"]);
    assert_eq!(alone, 168 + 200);
    // The labelled file a second time, as unlabelled text: neither a row twice nor one that is held out.
    let again =
        items(&["train.epochs=1", "train.batch_size=1", "data.unlabelled=[\"texts.txt\", \"tweets.csv\"]"]);
    assert!(again <= alone + 168, "{again}");
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    let distinct = tweets.lines().skip(1).collect::<std::collections::HashSet<_>>().len();
    assert_eq!(again, 168 + 200 + distinct - 72);
}

#[test]
fn what_cannot_be_adapted_is_named() {
    let folder = folder();
    folder.fails(&adapt(&["data.train=", "data.unlabelled=[]"]), &["data.unlabelled", "at least two"]);
    folder.fails(&adapt(&["data.train=", "data.unlabelled=[\"none.txt\"]"]), &["none.txt"]);
    folder.fails(&adapt(&["masking.fraction=1.5"]), &["masking.fraction", "1.5"]);
    let tokenizer = std::fs::read_to_string(folder.path("base/tokenizer.json")).unwrap();
    folder.write("base/tokenizer.json", tokenizer.replace("[MASK]", "[HIDE]"));
    folder.fails(&adapt(&[]), &["[MASK]", "found none"]);
    assert!(
        !folder.names().contains(&"adapted".to_owned()),
        "nothing may be written before everything is read"
    );
}
