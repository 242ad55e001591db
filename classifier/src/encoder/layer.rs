//! One transformer layer: attention and feed-forward, each with residual and LayerNorm after (post-LN).
//!
//! In two forms, see [`Form`]: `fused` is one operation with its own backward pass, `composed` its specification.

pub(super) mod composed;
pub(super) mod fused;

use super::ops::attention::Heads;
use super::parameter::{Pair, Parameter};
use super::{Batch, Dropout, EncoderConfig, Form, Mask, Place, Quantization, Weights};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// The tensors of a layer.
#[derive(Debug)]
pub(super) struct Parameters {
    query: Pair,
    key: Pair,
    value: Pair,
    output: Pair,
    attention_norm: Pair,
    up: Pair,
    down: Pair,
    output_norm: Pair,
    heads: Heads,
    eps: f64,
}

/// The masks of one pass through a layer.
#[derive(Clone, Copy, Debug)]
struct Masks {
    attention: Option<Mask>,
    attended: Option<Mask>,
    output: Option<Mask>,
}

#[derive(Debug)]
pub(super) struct Layer(Arc<Parameters>);

impl Layer {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        index: usize,
    ) -> std::result::Result<Self, W::Error> {
        let pair = |name: &str| Pair::new(weights, &format!("blk.{index}.{name}"));
        Ok(Self(Arc::new(Parameters {
            query: pair("attn_q")?,
            key: pair("attn_k")?,
            value: pair("attn_v")?,
            output: pair("attn_output")?,
            attention_norm: pair("attn_output_norm")?,
            up: pair("ffn_up")?,
            down: pair("ffn_down")?,
            output_norm: pair("layer_output_norm")?,
            heads: Heads { num_heads: config.num_attention_heads, head_size: config.head_size() },
            eps: config.layer_norm_eps,
        })))
    }

    pub(super) fn fork(&self) -> Self {
        let Parameters { query, key, value, output, attention_norm, up, down, output_norm, heads, eps } =
            &*self.0;
        Self(Arc::new(Parameters {
            query: query.fork(),
            key: key.fork(),
            value: value.fork(),
            output: output.fork(),
            attention_norm: attention_norm.fork(),
            up: up.fork(),
            down: down.fork(),
            output_norm: output_norm.fork(),
            heads: *heads,
            eps: *eps,
        }))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let Parameters { query, key, value, output, attention_norm, up, down, output_norm, .. } = &*self.0;
        [query, key, value, output, attention_norm, up, down, output_norm]
            .into_iter()
            .flat_map(Pair::parameters)
    }

    /// From here on computes as inference does with weights stored like this; `index` is the layer's.
    pub(super) fn round(&self, index: usize, quantization: &Quantization) -> Result<()> {
        let Parameters { query, key, value, output, up, down, .. } = &*self.0;
        let matrices = [
            ("attn_q", query),
            ("attn_k", key),
            ("attn_v", value),
            ("attn_output", output),
            ("ffn_up", up),
            ("ffn_down", down),
        ];
        matrices.into_iter().try_for_each(|(name, pair)| {
            pair.weight.round(&format!("blk.{index}.{name}.weight"), quantization)
        })
    }

    /// Shape: `[tokens, hidden]` → the same.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &Batch,
        dropout: &mut dyn Dropout,
        form: Form,
    ) -> Result<Tensor> {
        let masks = Masks {
            attention: dropout.mask(Place::Attention),
            attended: dropout.mask(Place::Hidden),
            output: dropout.mask(Place::Hidden),
        };
        match form {
            Form::Fused => fused::forward(&self.0, hidden, batch, masks),
            Form::Composed => composed::forward(&self.0, hidden, batch, masks),
        }
    }
}
