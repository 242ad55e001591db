//! Token + position + type embeddings, normalized (Devlin et al. 2019, figure 2).

use super::norm::LayerNorm;
use super::{Batch, Dropout, EncoderConfig, Place, Weights};
use candle_core::{Result, Tensor};

#[derive(Debug)]
pub(super) struct Embeddings {
    /// `[vocab, hidden]`.
    token: Tensor,
    /// `[max_position_embeddings, hidden]`.
    position: Tensor,
    /// `[type_vocab_size, hidden]`; a single text is all type 0.
    token_type: Tensor,
    norm: LayerNorm,
}

impl Embeddings {
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
    ) -> std::result::Result<Self, W::Error> {
        Ok(Self {
            token: weights.tensor("token_embd.weight")?,
            position: weights.tensor("position_embd.weight")?,
            token_type: weights.tensor("token_types.weight")?,
            norm: LayerNorm::new(config, weights, "token_embd_norm")?,
        })
    }

    /// Shape: `[batch, tokens]` ids → `[batch, tokens, hidden]`.
    pub(super) fn forward(&self, batch: &Batch, dropout: &mut dyn Dropout) -> Result<Tensor> {
        let (texts, tokens) = batch.input_ids.dims2()?;
        let hidden =
            self.token.index_select(&batch.input_ids.flatten_all()?, 0)?.reshape((texts, tokens, ()))?;
        let position = self.position.narrow(0, 0, tokens)?;
        let constant = position.broadcast_add(&self.token_type.narrow(0, 0, 1)?)?;
        dropout.apply(Place::Hidden, self.norm.forward(&hidden.broadcast_add(&constant)?)?)
    }
}
