//! The encoder against candle-transformers' BERT, which is a good oracle and cannot be fine-tuned.

use crate::fixture::{config, tensors};
use candle_core::{DType, Device, Tensor, Var};
use candle_transformers::models::bert::{BertModel, Config, HiddenAct, PositionEmbeddingType};
use classifier::encoder::{Batch, Embedding, Encoder, EncoderConfig, Linear, NoDropout, Weights};
use std::collections::{BTreeMap, HashMap};

struct Float(BTreeMap<String, Tensor>);

impl Weights for Float {
    type Error = candle_core::Error;

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        Ok(self.0[name].clone())
    }

    fn linear(&self, name: &str) -> candle_core::Result<Linear> {
        let (weight, bias) = (self.tensor(&format!("{name}.weight"))?, self.tensor(&format!("{name}.bias"))?);
        Ok(Linear::Float { weight, bias })
    }

    fn embedding(&self, name: &str) -> candle_core::Result<Embedding> {
        Ok(Embedding::Float(self.tensor(&format!("{name}.weight"))?))
    }
}

const INPUT_IDS: [&[u32]; 3] =
    [&[2, 4, 5, 6, 7, 3], &[2, 9, 3], &[2, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 3]];

fn encoder() -> Encoder {
    Encoder::new(&config(), &Float(tensors(&config()))).unwrap()
}

fn oracle(config: &EncoderConfig) -> BertModel {
    let names = [
        ("token_embd.weight", "embeddings.word_embeddings.weight"),
        ("position_embd.weight", "embeddings.position_embeddings.weight"),
        ("token_types.weight", "embeddings.token_type_embeddings.weight"),
        ("token_embd_norm", "embeddings.LayerNorm"),
        ("blk.", "encoder.layer."),
        ("attn_output_norm", "attention.output.LayerNorm"),
        ("attn_output", "attention.output.dense"),
        ("attn_q", "attention.self.query"),
        ("attn_k", "attention.self.key"),
        ("attn_v", "attention.self.value"),
        ("ffn_up", "intermediate.dense"),
        ("ffn_down", "output.dense"),
        ("layer_output_norm", "output.LayerNorm"),
    ];
    let rename = |name: String| names.iter().fold(name, |name, (ours, theirs)| name.replace(ours, theirs));
    let tensors: HashMap<String, Tensor> =
        tensors(config).into_iter().map(|(name, tensor)| (rename(name), tensor)).collect();
    let weights = candle_transformers::models::bert::Config {
        vocab_size: config.vocab_size,
        hidden_size: config.hidden_size,
        num_hidden_layers: config.num_hidden_layers,
        num_attention_heads: config.num_attention_heads,
        intermediate_size: config.intermediate_size,
        hidden_act: HiddenAct::Gelu,
        hidden_dropout_prob: 0.0,
        max_position_embeddings: config.max_position_embeddings,
        type_vocab_size: config.type_vocab_size,
        layer_norm_eps: config.layer_norm_eps,
        position_embedding_type: PositionEmbeddingType::Absolute,
        ..Config::default()
    };
    let builder = candle_nn::VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    BertModel::load(builder, &weights).unwrap()
}

#[test]
fn hidden_states_equal_candle_transformers() {
    let (encoder, oracle) = (encoder(), oracle(&config()));
    for ids in INPUT_IDS {
        let hidden =
            encoder.hidden_states(&Batch::new(&[ids], &Device::Cpu).unwrap(), &mut NoDropout).unwrap();
        let ids = Tensor::new(vec![ids.to_vec()], &Device::Cpu).unwrap();
        let expected = oracle.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
        let difference = (hidden - expected).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        assert!(difference.to_scalar::<f32>().unwrap() < 2e-5, "{difference}");
    }
}

#[test]
fn padding_does_not_change_a_row() {
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
    let gradients = logits.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    for (name, variable) in &variables {
        let gradient = gradients.get(variable.as_tensor()).unwrap_or_else(|| panic!("{name} got no gradient"));
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
