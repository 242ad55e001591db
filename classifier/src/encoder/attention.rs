//! Multi-head self-attention (Vaswani et al. 2017, equations 1 and section 3.2.2).

use super::linear::Linear;
use super::{Batch, Dropout, EncoderConfig, Place, Weights, ops};
use candle_core::{Result, Tensor};

#[derive(Debug)]
pub(super) struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    num_heads: usize,
    head_size: usize,
}

impl Attention {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
        layer: usize,
    ) -> std::result::Result<Self, W::Error> {
        let linear = |name: &str| Linear::new(weights, &format!("blk.{layer}.{name}"));
        Ok(Self {
            query: linear("attn_q")?,
            key: linear("attn_k")?,
            value: linear("attn_v")?,
            output: linear("attn_output")?,
            num_heads: config.num_attention_heads,
            head_size: config.head_size(),
        })
    }

    /// Shape: `[batch, tokens, hidden]` → the same.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        batch: &Batch,
        dropout: &mut dyn Dropout,
    ) -> Result<Tensor> {
        let query = (self.heads(&self.query.forward(hidden)?)? / (self.head_size as f64).sqrt())?;
        let key = self.heads(&self.key.forward(hidden)?)?;
        let value = self.heads(&self.value.forward(hidden)?)?;
        let scores = query.matmul(&key.t()?)?;
        let probabilities = ops::masked_softmax(&scores, &batch.attention_bias)?;
        let probabilities = dropout.apply(Place::Attention, probabilities)?;
        let context = probabilities.matmul(&value)?.transpose(1, 2)?;
        self.output.forward(&context.reshape(hidden.shape())?)
    }

    /// `[batch, tokens, hidden]` → `[batch, heads, tokens, head_size]`, contiguous for the batched product.
    fn heads(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, tokens, _) = x.dims3()?;
        x.reshape((batch, tokens, self.num_heads, self.head_size))?.transpose(1, 2)?.contiguous()
    }
}
