//! A padded batch of token ids with its attention mask, and the mean over each text's own tokens.

use candle_core::{DType, Device, Result, Tensor};

/// Token ids of several texts, padded to the longest.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, tokens]`, u32; padding is id 0.
    pub input_ids: Tensor,
    /// `[batch, 1, 1, tokens]`, f32: 0 where a token is, f32::MIN where padding is; added to attention scores.
    pub attention_bias: Tensor,
    /// `[batch, tokens, 1]`, f32: 1 / length where a token is, 0 where padding is; sums to 1 a text.
    pooling_weights: Tensor,
}

impl Batch {
    /// Pads `input_ids` to the longest of them.
    ///
    /// # Errors
    /// No text, or a text without tokens: neither can be pooled.
    pub fn new<I: AsRef<[u32]>>(input_ids: &[I], device: &Device) -> Result<Self> {
        let longest = input_ids.iter().map(|ids| ids.as_ref().len()).max().unwrap_or(0);
        if input_ids.iter().any(|ids| ids.as_ref().is_empty()) || longest == 0 {
            candle_core::bail!("a batch needs at least one text and every text at least one token");
        }
        let size = input_ids.len() * longest;
        let (mut ids, mut bias, mut weights) =
            (Vec::with_capacity(size), Vec::with_capacity(size), Vec::with_capacity(size));
        for text in input_ids {
            let text = text.as_ref();
            let padding = longest - text.len();
            let weight = 1.0 / text.len() as f32;
            ids.extend_from_slice(text);
            ids.extend(std::iter::repeat_n(0u32, padding));
            bias.extend(std::iter::repeat_n(0f32, text.len()));
            bias.extend(std::iter::repeat_n(f32::MIN, padding));
            weights.extend(std::iter::repeat_n(weight, text.len()));
            weights.extend(std::iter::repeat_n(0f32, padding));
        }
        let batch = input_ids.len();
        Ok(Self {
            input_ids: Tensor::from_vec(ids, (batch, longest), device)?,
            attention_bias: Tensor::from_vec(bias, (batch, 1, 1, longest), device)?,
            pooling_weights: Tensor::from_vec(weights, (batch, longest, 1), device)?,
        })
    }

    /// Mean of each text's hidden states, padding left out.
    ///
    /// Shape: `[batch, tokens, hidden]` → `[batch, hidden]`.
    ///
    /// # Errors
    /// Hidden states of another batch.
    pub fn mean_pool(&self, hidden: &Tensor) -> Result<Tensor> {
        debug_assert_eq!(hidden.dtype(), DType::F32);
        // As a product ([1, tokens] × [tokens, hidden] a text) the sum needs no intermediate tensor.
        self.pooling_weights.transpose(1, 2)?.contiguous()?.matmul(hidden)?.squeeze(1)
    }
}
