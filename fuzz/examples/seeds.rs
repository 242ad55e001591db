//! Writes the seeds that are no texts, after a change of the format: `cargo run -p fuzz --example seeds`.
//!
//! A model as small as the format allows (one layer, 32 wide), random but the same in every run, in each storage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use classifier::model_file::{self, Architecture, EncoderConfig, Metadata, TensorSpec, tensor_specs};
use classifier::tokenizer::Tokenizer;
use std::io::Cursor;
use std::path::Path;

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let tokenizer_json = std::fs::read_to_string(corpus.join("tokenizer_json/wordpiece.json")).unwrap();
    let metadata = metadata(tokenizer_json);
    for (name, dtype) in [("f32", GgmlDType::F32), ("q8_0", GgmlDType::Q8_0), ("q4_0", GgmlDType::Q4_0)] {
        let tensor = |(index, spec): (usize, TensorSpec)| {
            let dtype = if spec.is_quantizable { dtype } else { GgmlDType::F32 };
            (spec.name, QTensor::quantize(&noise(index, &spec.shape), dtype).unwrap())
        };
        let tensors = tensor_specs(&metadata.encoder).into_iter().enumerate().map(tensor).collect();
        let mut bytes = Cursor::new(Vec::new());
        model_file::write(&mut bytes, &metadata, &tensors).unwrap();
        std::fs::write(corpus.join(format!("gguf/{name}.gguf")), bytes.into_inner()).unwrap();
    }
}

fn metadata(tokenizer_json: String) -> Metadata {
    Metadata {
        id: "seed".to_owned(),
        encoder: EncoderConfig {
            architecture: Architecture::Bert,
            vocab_size: Tokenizer::from_json(&tokenizer_json).unwrap().vocab_size(),
            hidden_size: 32,
            num_hidden_layers: 1,
            num_attention_heads: 2,
            intermediate_size: 32,
            max_position_embeddings: 24,
            type_vocab_size: 1,
            layer_norm_eps: 1e-12,
            num_labels: 3,
            exit_layer: None,
        },
        labels: ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec(),
        normalization: ["decode_html_entities", "remove_urls", "collapse_whitespace"]
            .map(str::to_owned)
            .to_vec(),
        temperature: 1.5,
        uncertain_threshold: 0.4,
        exit: None,
        tokenizer_json,
        provenance: vec![("base_model".to_owned(), "none".to_owned())],
    }
}

/// Values in −1 ..= 1, others for each tensor.
fn noise(tensor: usize, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let value = |at: usize| ((1 + tensor) as f32 * 12.9898 + at as f32 * 78.233).sin();
    Tensor::from_vec((0..count).map(value).collect(), shape, &Device::Cpu).unwrap()
}
