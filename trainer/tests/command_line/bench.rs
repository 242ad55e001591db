//! `bench` and `bench-training`: their JSON, and texts that it cannot use.

use crate::program::{Folder, model, text};
use crate::tiny_base;
use classifier::Classifier;

const TEXTS: &str = r#"{"tokens20": [{"text": "Globex shares rise after the upgrade", "ids": [101, 102]},
    {"text": "Initech shares fall"}], "tokens64": [{"text": "Globex will hold its annual meeting on Thursday in Zurich"}]}"#;

#[test]
fn json_holds_kernel_threads_and_every_case() {
    let folder = Folder::new();
    folder.write("texts.json", TEXTS);
    let model = model();
    for threads in ["1", "2"] {
        let json = folder.succeeds(&[
            "bench",
            "--model",
            text(&model),
            "--texts",
            "texts.json",
            "--threads",
            threads,
            "--json",
            "-",
        ]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["threads"].to_string(), threads);
        assert!(report["kernel"].as_str().is_some_and(|kernel| !kernel.is_empty()), "{report}");
        for case in ["1 x 20", "1 x 64", "32 x 20"] {
            assert!(report["cases"][case].as_f64().is_some_and(|ms| ms > 0.0), "{report}");
        }
        assert_eq!(report["cases"].as_object().unwrap().len(), 3);
    }
}

#[test]
fn texts_that_cannot_be_used_are_refused() {
    let folder = Folder::new();
    let model = model();
    for (content, expected) in [
        ("[]", "tokens20"),
        (r#"{"tokens20": [], "tokens64": []}"#, "empty list"),
        (
            r#"{"tokens20": [{"text": "https://example.com"}], "tokens64": [{"text": "up"}]}"#,
            "text 1 of `tokens20`: empty text",
        ),
    ] {
        folder.write("texts.json", content);
        folder.fails(&["bench", "--model", text(&model), "--texts", "texts.json"], &["texts.json", expected]);
    }
}

/// `xtask bench` tells times of 20 and of 64 tokens: a default model with another tokenizer needs other texts.
#[test]
fn the_default_model_reads_the_shipped_texts_at_their_stated_lengths() {
    let classifier = Classifier::from_gguf(std::fs::read(model()).unwrap()).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../xtask/bench/texts.json");
    let texts: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    for (list, expected) in [("tokens20", 20), ("tokens64", 64)] {
        for item in texts[list].as_array().unwrap() {
            let text = item["text"].as_str().unwrap();
            assert_eq!(classifier.classify(text).unwrap().num_tokens, expected, "{text}");
        }
    }
}

#[test]
fn the_training_step_is_measured_with_and_without_roundings() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    for format in [None, Some("Q8_0"), Some("Q4_0")] {
        let mut arguments =
            vec!["bench-training", "--base", "base", "--data", "tweets.csv", "--batches", "2"];
        arguments.extend(format.iter().flat_map(|format| ["--quantization", format]));
        arguments.extend(["--json", "-"]);
        let report: serde_json::Value = serde_json::from_str(&folder.succeeds(&arguments)).unwrap();
        assert_eq!(report["batches"], 2);
        for key in ["tweets_per_second", "optimizer_share"] {
            assert!(report[key].as_f64().is_some_and(|value| value > 0.0), "{report}");
        }
    }
    folder
        .fails(&["bench-training", "--base", "nowhere", "--data", "tweets.csv"], &["nowhere", "model.base"]);
}
