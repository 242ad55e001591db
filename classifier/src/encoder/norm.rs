//! LayerNorm as a layer: its two tensors and ε around [`ops::layer_norm`].

use super::{EncoderConfig, Weights, ops};
use candle_core::{Result, Tensor};

#[derive(Debug)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        name: &str,
    ) -> std::result::Result<Self, W::Error> {
        Ok(Self {
            weight: weights.tensor(&format!("{name}.weight"))?,
            bias: weights.tensor(&format!("{name}.bias"))?,
            eps: config.layer_norm_eps,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}
