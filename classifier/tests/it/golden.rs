//! The golden chain's native links, on every model of `models/`: token ids and f32 logits of Hugging Face's
//! libraries, then the file's own golden values, to the bit: they are the same on every machine.
//!
//! `hugging_face.json` was written by `hugging_face.py` beside it: tokenizers and PyTorch over the same file's
//! weights, unpacked to f32.

use candle_core::Device;
use classifier::Classifier;
use classifier::encoder::{Batch, Encoder, NoDropout};
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
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
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn read(path: &Path) -> Golden {
    let json = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&json).unwrap()
}

#[test]
fn token_ids_and_f32_logits_equal_hugging_face() {
    let golden = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hugging_face.json"));
    let bytes = std::fs::read(models().join(&golden.model).join("model.gguf")).unwrap();
    let file = ModelFile::parse(bytes).unwrap();
    let metadata = file.metadata().clone();
    let tokenizer = file.tokenizer();
    let normalization = Normalization::new(&metadata.normalization).unwrap();
    let max_tokens = metadata.encoder.max_position_embeddings;
    let encoder = Encoder::new(&metadata.encoder, &file).unwrap();
    assert!(golden.cases.len() >= 40);
    for case in golden.cases {
        let encoding = tokenizer.encode(&normalization.apply(&case.text), max_tokens).unwrap();
        assert_eq!(encoding.input_ids, case.input_ids, "{:?}", case.text);
        let batch = Batch::new(&[encoding.input_ids], &Device::Cpu).unwrap();
        let logits = encoder.logits(&batch, &mut NoDropout).unwrap().to_vec2::<f32>().unwrap();
        for (ours, theirs) in logits[0].iter().zip(&case.logits) {
            assert!((ours - theirs).abs() < 1e-4, "{:?}: {ours} and {theirs}", case.text);
        }
    }
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
        }
    }
    assert!(count > 0, "models/ holds no model");
}
