//! MPNet against PyTorch: logits of transformers' implementation over random weights, and the gradient that is its own,
//! the one of the table that all layers share.
//!
//! `mpnet.json` was written by `mpnet.py` beside it, which draws the same weights.

use crate::fixture::{config, tensors};
use candle_core::{Device, Tensor, Var};
use encoder::{Architecture, Batch, Encoder, EncoderConfig, Form, NoDropout, Weights, names};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    relative_attention_bias_gradient: Vec<f32>,
}

#[derive(Deserialize)]
struct Case {
    input_ids: Vec<u32>,
    logits: Vec<f32>,
}

struct Variables(BTreeMap<String, Var>);

impl Weights for Variables {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0[name].as_tensor().clone())
    }
}

#[test]
fn logits_and_the_gradient_of_the_relative_bias_equal_pytorchs() {
    let golden: Golden = serde_json::from_str(include_str!("mpnet.json")).unwrap();
    let config = EncoderConfig {
        architecture: Architecture::MpNet { relative_attention_num_buckets: 32 },
        max_position_embeddings: 200,
        type_vocab_size: 0,
        layer_norm_eps: 1e-5,
        ..config()
    };
    let variable = |(name, tensor)| (name, Var::from_tensor(&tensor).unwrap());
    let variables = Variables(tensors(&config).into_iter().map(variable).collect());
    let ids: Vec<&[u32]> = golden.cases.iter().map(|case| case.input_ids.as_slice()).collect();
    let batch = Batch::new(&ids, &Device::Cpu).unwrap();
    for form in [Form::Fused, Form::Composed] {
        let encoder = Encoder::new(&config, &variables).unwrap().with_form(form);
        let logits = encoder.logits(&batch, &mut NoDropout).unwrap();
        for (ours, case) in logits.to_vec2::<f32>().unwrap().iter().zip(&golden.cases) {
            for (ours, theirs) in ours.iter().zip(&case.logits) {
                assert!((ours - theirs).abs() < 1e-4, "{form:?}: {ours} and {theirs}");
            }
        }
        let loss = logits.sqr().unwrap().sum_all().unwrap();
        let gradients = encoder.backward(&loss).unwrap();
        let table = variables.0[names::RELATIVE_ATTENTION_BIAS].as_tensor();
        let ours: Vec<f32> = gradients.get(table).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let theirs = &golden.relative_attention_bias_gradient;
        assert_eq!(ours.len(), theirs.len());
        let largest = theirs.iter().fold(0f32, |a, b| a.max(b.abs()));
        assert!(largest > 1e-3, "a gradient of {largest} proves nothing");
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            assert!((ours - theirs).abs() < 1e-4 * largest.max(1.0), "{form:?}[{at}]: {ours} and {theirs}");
        }
    }
}
