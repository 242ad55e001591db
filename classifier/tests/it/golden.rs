//! The golden chain's last native link, on every model of `models/`: the file's own golden values, to the bit: they are
//! the same on every machine. The links before it, to Hugging Face's libraries, are in `encoder/tests/it/golden.rs`.

use classifier::Classifier;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Golden {
    model: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    input_ids: Vec<u32>,
    logits: Vec<f32>,
    #[serde(default)]
    probabilities: Vec<f32>,
    /// Of a file of before there were exits: all.
    num_layers: Option<usize>,
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn read(path: &Path) -> Golden {
    let json = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn every_model_gives_its_golden_values() {
    let mut count = 0;
    for entry in std::fs::read_dir(models()).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        count += 1;
        let golden = read(&folder.join("golden.json"));
        let classifier = Classifier::from_gguf(std::fs::read(folder.join("model.gguf")).unwrap()).unwrap();
        assert_eq!(classifier.model_id(), golden.model);
        let texts: Vec<&str> = golden.cases.iter().map(|case| case.text.as_str()).collect();
        // As one batch: the values were made one by one.
        for (case, prediction) in golden.cases.iter().zip(classifier.classify_batch(&texts).unwrap()) {
            assert_eq!(prediction.num_tokens, case.input_ids.len(), "{:?}", case.text);
            assert_eq!(prediction.logits, case.logits, "{:?}", case.text);
            assert_eq!(prediction.probabilities, case.probabilities, "{:?}", case.text);
            let num_layers = case.num_layers.unwrap_or(classifier.num_layers());
            assert_eq!(prediction.num_layers, num_layers, "{:?}", case.text);
        }
    }
    assert!(count > 0, "models/ holds no model");
}
