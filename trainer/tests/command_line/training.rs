//! `train` on a tiny base model: every tensor learns, the seed decides, what is broken is named.

use crate::program::Folder;
use crate::tiny_base::{self, checkpoint, train};
use std::path::PathBuf;

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder
}

/// The only run in the folder's `runs/`.
fn run(folder: &Folder) -> PathBuf {
    let runs: Vec<_> =
        std::fs::read_dir(folder.path("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(run(folder).join(name)).unwrap()
}

fn train_into<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    [&train(overrides)[..], &["--output", output]].concat()
}

/// With a learning rate of nearly nothing a run is what it started from.
#[test]
fn a_run_goes_on_from_the_weights_of_another() {
    let folder = folder();
    folder.succeeds(&train_into("first", &["train.epochs=2"]));
    let still = ["train.epochs=1", "train.learning_rate=1e-12"];
    folder.succeeds(&train_into("second", &[&still[..], &["train.start_from=first"]].concat()));
    folder.succeeds(&train_into("from-base", &still));
    let weights = |run: &str| checkpoint(&folder.path(&format!("{run}/best.safetensors")));
    let (first, second, from_base) = (weights("first"), weights("second"), weights("from-base"));
    let distance =
        |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    for (name, values) in &first {
        assert!(distance(values, &second[name]) < 1e-6, "{name}");
    }
    assert!(first.iter().any(|(name, values)| distance(values, &from_base[name]) > 1e-4));
    let fails = |overrides: &[&str], fragments: &[&str]| {
        folder.fails(&train_into("third", &[&["train.start_from=first"], overrides].concat()), fragments);
        assert!(!folder.path("third").exists());
    };
    fails(&["model.layers=[0]"], &["`train.start_from` first", "this shape"]);
    fails(&["split.seed=9"], &["`train.start_from` first", "holds out"]);
    folder.fails(&train_into("third", &["train.start_from=nobody"]), &["cannot read nobody"]);
}

#[test]
fn one_step_changes_every_trainable_tensor() {
    let folder = folder();
    // One batch of all rows, one epoch: one step, at the full rate.
    folder.succeeds(&train(&["train.epochs=1", "train.batch_size=1000", "train.warmup_fraction=0"]));
    let after = checkpoint(&run(&folder).join("best.safetensors"));
    let other = self::folder();
    // A rate so small that no f32 weight moves: the starting point of the same run.
    other.succeeds(&train(&[
        "train.epochs=1",
        "train.batch_size=1000",
        "train.warmup_fraction=0",
        "train.learning_rate=1e-30",
    ]));
    let before = checkpoint(&run(&other).join("best.safetensors"));
    assert_eq!(before.len(), 5 + 2 * 16 + 2);
    for (name, values) in &before {
        assert_ne!(values, &after[name], "{name} did not move");
    }
}

#[test]
fn the_tweets_are_learned_and_the_run_folder_is_complete() {
    let folder = folder();
    let table = folder.succeeds(&train(&[]));
    let evaluation: serde_json::Value = serde_json::from_slice(&bytes(&folder, "evaluation.json")).unwrap();
    assert!(evaluation["accuracy"].as_f64().unwrap() > 0.9, "{evaluation}");
    assert_eq!((&evaluation["part"], &evaluation["rows"]), (&"validation".into(), &24.into()));
    assert!(table.contains("macro-F1") && table.contains("predicted"), "{table}");
    assert!(table.contains("on the validation rows") && !table.contains("test"), "{table}");
    let mut names: Vec<_> = std::fs::read_dir(run(&folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "best.safetensors",
            "config.toml",
            "confusion.svg",
            "evaluation.json",
            "learning_curves.svg",
            "metrics.jsonl",
            "run.json",
            "seen.json",
            "split.json",
            "tokenizer.json"
        ]
    );
    let log = String::from_utf8(bytes(&folder, "metrics.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().filter(|line| line["kind"] == "epoch").count(), 8);
    let steps: Vec<_> = lines.iter().filter(|line| line["kind"] == "step").collect();
    assert!(steps[0]["loss"].as_f64().unwrap() > steps[steps.len() - 1]["loss"].as_f64().unwrap());
    let config = String::from_utf8(bytes(&folder, "config.toml")).unwrap();
    assert!(config.contains("epochs = 8") && config.contains("adam_beta2 = 0.999"), "{config}");
}

/// Nothing of a test row reaches what training leaves behind or says: other words there change nothing.
#[test]
fn test_rows_have_no_part_in_training() {
    let (first, second) = (folder(), folder());
    first.succeeds(&train(&["train.epochs=2"]));
    let split: serde_json::Value = serde_json::from_slice(&bytes(&first, "split.json")).unwrap();
    let test = split["test"].as_array().unwrap();
    let tweets = std::fs::read_to_string(first.path("tweets.csv")).unwrap();
    let (header, rows) = tweets.split_once('\n').unwrap();
    let with_other_words = |(index, row): (usize, &str)| match test.contains(&index.into()) {
        true => format!("crash rally opens {row}\n"),
        false => format!("{row}\n"),
    };
    let rows: String = rows.lines().enumerate().map(with_other_words).collect();
    second.write("tweets.csv", format!("{header}\n{rows}"));
    second.succeeds(&train(&["train.epochs=2"]));
    for name in ["split.json", "best.safetensors", "confusion.svg"] {
        assert!(bytes(&first, name) == bytes(&second, name), "{name}");
    }
    let scores = |folder: &Folder| {
        let mut scores: serde_json::Value =
            serde_json::from_slice(&bytes(folder, "evaluation.json")).unwrap();
        scores["tweets_per_second"].take();
        scores
    };
    assert_eq!(scores(&first), scores(&second));
}

#[test]
fn the_seed_decides_every_byte() {
    let train_with = |overrides: &[&str]| {
        let folder = folder();
        folder.succeeds(&train(&[&["train.epochs=2"], overrides].concat()));
        (bytes(&folder, "best.safetensors"), bytes(&folder, "split.json"))
    };
    let first = train_with(&[]);
    assert_eq!(first, train_with(&[]));
    let reseeded = train_with(&["seed=2"]);
    assert_ne!(first.0, reseeded.0);
    assert_eq!(first.1, reseeded.1, "the run's seed must not change the split");
}

#[test]
fn a_base_model_that_cannot_be_used_is_named() {
    let folder = folder();
    folder.fails(&train(&["model.base=nowhere"]), &["nowhere", "config.json", "README"]);
    folder.fails(&train(&["model.context_length=97"]), &["context_length", "96", "97"]);
    folder.fails(&train(&["model.layers=[0, 2]"]), &["model.layers", "below 2", "found 2"]);
    let config = std::fs::read_to_string(folder.path("base/config.json")).unwrap();
    folder.write("base/config.json", config.replace("\"bert\"", "\"gpt2\""));
    folder.fails(&train(&[]), &["bert", "gpt2"]);
    folder.write("base/config.json", config.replace("\"hidden_size\":32", "\"hidden_size\":48"));
    folder.fails(&train(&[]), &["[39, 48]", "[39, 32]"]);
    folder.write("base/config.json", &config);
    let weights = std::fs::read(folder.path("base/model.safetensors")).unwrap();
    folder.write("base/model.safetensors", &weights[..weights.len() / 2]);
    folder.fails(&train(&[]), &["model.safetensors"]);
    assert!(!folder.names().contains(&"runs".to_owned()), "nothing may be written before everything is read");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_says_the_step() {
    let folder = folder();
    let rate = ["train.learning_rate=1e30", "train.warmup_fraction=0", "train.checkpoint_seconds=0"];
    let error =
        folder.fails(&train(&rate), &["step ", "train.learning_rate", "state.safetensors holds the run"]);
    assert!(run(&folder).join("state.safetensors").exists(), "{error}");
}

#[test]
fn a_device_that_is_not_there_is_an_error() {
    folder().fails(&train(&["train.device=cuda"]), &["train.device", "--features cuda"]);
}

#[test]
fn fewer_layers_can_be_kept() {
    let folder = folder();
    folder.succeeds(&train(&["model.layers=[1]", "train.epochs=1", "train.learning_rate=1e-30"]));
    let kept = checkpoint(&run(&folder).join("best.safetensors"));
    let base = checkpoint(&folder.path("base/model.safetensors"));
    assert_eq!(kept.len(), 5 + 16 + 2);
    assert_eq!(kept["blk.0.ffn_up.weight"], base["encoder.layer.1.intermediate.dense.weight"]);
}

#[test]
fn patience_ends_a_run_that_does_not_get_better() {
    let folder = folder();
    // Nothing moves: no epoch is better than the first.
    folder.succeeds(&train(&["train.learning_rate=1e-30", "train.patience=2"]));
    let log = String::from_utf8(bytes(&folder, "metrics.jsonl")).unwrap();
    assert_eq!(log.lines().filter(|line| line.contains("\"epoch\"")).count(), 3, "{log}");
}

#[test]
fn an_accumulated_step_is_the_step_of_one_large_batch() {
    let steps = |overrides: &[&str]| {
        let folder = folder();
        let shared = [
            "train.epochs=1",
            "model.hidden_dropout=0",
            "model.attention_dropout=0",
            "model.classifier_dropout=0",
        ];
        folder.succeeds(&train(&[&shared[..], overrides].concat()));
        checkpoint(&run(&folder).join("best.safetensors"))
    };
    // One step either way: all rows at once, or in batches of 32.
    let whole = steps(&["train.batch_size=1000"]);
    let summed = steps(&["train.batch_size=32", "train.accumulation=100"]);
    for (name, values) in &whole {
        for (a, b) in values.iter().zip(&summed[name]) {
            // Adam divides by the gradient's size: where it is almost nothing, rounding decides the direction.
            assert!((a - b).abs() < 2e-4, "{name}: {a} and {b}");
        }
    }
}
