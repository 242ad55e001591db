//! The differentiable encoder: texts in company, and a gradient for every tensor. Its numbers are held against PyTorch's in
//! `golden.rs`.

use crate::fixture::{config, tensors};
use candle_core::{Device, Tensor, Var};
use encoder::{Batch, Encoder, NoDropout, Weights};
use std::collections::BTreeMap;

struct Float(BTreeMap<String, Tensor>);

impl Weights for Float {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0[name].clone())
    }
}

const INPUT_IDS: [&[u32]; 3] =
    [&[2, 4, 5, 6, 7, 3], &[2, 9, 3], &[2, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 3]];

fn encoder() -> Encoder {
    Encoder::new(&config(), &Float(tensors(&config()))).unwrap()
}

/// To the bit is what inference promises; here gemm adds in an order that depends on the number of rows.
#[test]
fn company_changes_a_row_by_rounding_alone() {
    let encoder = encoder();
    let batched = encoder.logits(&Batch::new(&INPUT_IDS, &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
    for (ids, batched) in INPUT_IDS.iter().zip(batched.to_vec2::<f32>().unwrap()) {
        let alone = encoder.logits(&Batch::new(&[ids], &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
        for (a, b) in alone.to_vec2::<f32>().unwrap()[0].iter().zip(batched) {
            assert!((a - b).abs() < 1e-5, "{a} and {b}");
        }
    }
}

#[test]
fn every_tensor_receives_a_gradient() {
    let variables: BTreeMap<String, Var> = tensors(&config())
        .into_iter()
        .map(|(name, tensor)| (name, Var::from_tensor(&tensor).unwrap()))
        .collect();
    let weights = Float(variables.iter().map(|(name, v)| (name.clone(), v.as_tensor().clone())).collect());
    let encoder = Encoder::new(&config(), &weights).unwrap();
    let logits = encoder.logits(&Batch::new(&INPUT_IDS, &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
    let loss = logits.sqr().unwrap().sum_all().unwrap();
    let gradients = encoder.backward(&loss).unwrap();
    for (name, variable) in &variables {
        let gradient =
            gradients.get(variable.as_tensor()).unwrap_or_else(|| panic!("{name} got no gradient"));
        let largest = gradient.abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        // Softmax does not see a constant added to all keys: the key bias has no gradient beyond rounding.
        assert!(
            name.contains("attn_k.bias") || largest.to_scalar::<f32>().unwrap() > 1e-6,
            "{name}: gradient {largest}"
        );
    }
}

#[test]
fn a_batch_needs_texts_and_texts_need_tokens() {
    assert!(Batch::new::<&[u32]>(&[], &Device::Cpu).is_err());
    assert!(Batch::new(&[&[1u32][..], &[]], &Device::Cpu).is_err());
}
