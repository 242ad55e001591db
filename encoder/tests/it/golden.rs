//! The golden chain's first link: token ids and f32 logits of Hugging Face's libraries, over the weights of a shipped
//! model unpacked to f32.
//!
//! `hugging_face.json` was written by `hugging_face.py` beside it, with tokenizers and PyTorch.

use candle_core::Device;
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
use encoder::{Batch, Encoder, NoDropout};
use serde::Deserialize;
use std::path::Path;

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
}

#[test]
fn token_ids_and_f32_logits_equal_hugging_face() {
    let golden: Golden = serde_json::from_str(include_str!("hugging_face.json")).unwrap();
    let bytes = std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(&golden.model).join("model.gguf"),
    )
    .unwrap();
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
