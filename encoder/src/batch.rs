//! A batch of token ids, the texts behind each other without padding, and the mean over each text's tokens.

use candle_core::{Device, Result, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// Token ids of several texts.
#[derive(Clone, Debug)]
pub struct Batch {
    input_ids: Arc<[u32]>,
    /// Where each text's tokens are.
    texts: Arc<[Range<usize>]>,
    /// `[texts, tokens]`, f32: 1 / length where a token is the text's, else 0.
    pooling_weights: Tensor,
}

impl Batch {
    /// Lays the texts behind each other.
    ///
    /// # Errors
    /// No text, or a text without tokens: neither can be pooled.
    pub fn new<I: AsRef<[u32]>>(input_ids: &[I], device: &Device) -> Result<Self> {
        if input_ids.is_empty() || input_ids.iter().any(|ids| ids.as_ref().is_empty()) {
            candle_core::bail!("a batch needs at least one text and every text at least one token");
        }
        let mut texts = Vec::with_capacity(input_ids.len());
        let mut ids = Vec::new();
        for text in input_ids {
            let start = ids.len();
            ids.extend_from_slice(text.as_ref());
            texts.push(start..ids.len());
        }
        let mut weights = vec![0f32; texts.len() * ids.len()];
        for (text, weights) in texts.iter().zip(weights.chunks_exact_mut(ids.len())) {
            weights[text.clone()].fill(1.0 / text.len() as f32);
        }
        Ok(Self {
            pooling_weights: Tensor::from_vec(weights, (texts.len(), ids.len()), device)?,
            input_ids: ids.into(),
            texts: texts.into(),
        })
    }

    /// Token ids of all texts, `[tokens]`.
    pub fn input_ids(&self) -> &[u32] {
        &self.input_ids
    }

    /// Which rows of the hidden states are each text's.
    pub fn texts(&self) -> &[Range<usize>] {
        &self.texts
    }

    /// Where the batch was made for.
    pub fn device(&self) -> &Device {
        self.pooling_weights.device()
    }

    /// Tokens of the longest text.
    pub(super) fn longest(&self) -> usize {
        self.texts.iter().map(Range::len).max().unwrap_or(0)
    }

    pub(super) fn shared_texts(&self) -> Arc<[Range<usize>]> {
        self.texts.clone()
    }

    pub(super) fn shared_input_ids(&self) -> Arc<[u32]> {
        self.input_ids.clone()
    }

    /// Mean of each text's hidden states.
    ///
    /// Shape: `[tokens, hidden]` → `[texts, hidden]`.
    ///
    /// # Errors
    /// Hidden states of another batch.
    pub fn mean_pool(&self, hidden: &Tensor) -> Result<Tensor> {
        self.pooling_weights.matmul(hidden)
    }
}
