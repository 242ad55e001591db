//! Dropout as the encoder sees it: three kinds of places, and somebody who decides.
//!
//! candle's generator on the CPU cannot be seeded, so the masks are the trainer's business; inference passes
//! [`NoDropout`], which returns its input.

use candle_core::{Result, Tensor};

/// Where in the encoder dropout may act (`BertConfig`: `hidden_dropout_prob`, `attention_probs_dropout_prob`,
/// `classifier_dropout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Embeddings, and the output of each attention and feed-forward block before its residual.
    Hidden,
    /// Attention probabilities.
    Attention,
    /// The pooled vector before the head.
    Classifier,
}

/// Zeroes elements at random, or does not.
pub trait Dropout {
    /// `x` with elements dropped and the others scaled by 1 / (1 − p) (Srivastava et al. 2014, inverted form).
    ///
    /// # Errors
    /// Tensor operations.
    fn apply(&mut self, place: Place, x: Tensor) -> Result<Tensor>;
}

/// Inference: nothing is dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDropout;

impl Dropout for NoDropout {
    fn apply(&mut self, _: Place, x: Tensor) -> Result<Tensor> {
        Ok(x)
    }
}
