//! One transformer layer: attention and feed-forward, each with residual and LayerNorm after (post-LN).

use super::attention::Attention;
use super::linear::Linear;
use super::norm::LayerNorm;
use super::{Batch, Dropout, EncoderConfig, Place, Weights, ops};
use candle_core::{Result, Tensor};

#[derive(Debug)]
pub(super) struct Layer {
    attention: Attention,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    output_norm: LayerNorm,
}

impl Layer {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        index: usize,
    ) -> std::result::Result<Self, W::Error> {
        let name = |part: &str| format!("blk.{index}.{part}");
        Ok(Self {
            attention: Attention::new(config, weights, index)?,
            attention_norm: LayerNorm::new(config, weights, &name("attn_output_norm"))?,
            up: Linear::new(weights, &name("ffn_up"))?,
            down: Linear::new(weights, &name("ffn_down"))?,
            output_norm: LayerNorm::new(config, weights, &name("layer_output_norm"))?,
        })
    }

    /// Shape: `[batch, tokens, hidden]` → the same.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &Batch,
        dropout: &mut dyn Dropout,
    ) -> Result<Tensor> {
        let attended = self.attention.forward(hidden, batch, dropout)?;
        let attended = dropout.apply(Place::Hidden, attended)?;
        let hidden = self.attention_norm.forward(&(attended + hidden)?)?;
        let intermediate = ops::gelu(&self.up.forward(&hidden)?)?;
        let output = dropout.apply(Place::Hidden, self.down.forward(&intermediate)?)?;
        self.output_norm.forward(&(output + hidden)?)
    }
}
