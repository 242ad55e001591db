//! The loss that every objective is made of.

use candle_core::{D, Result, Tensor};

/// log softmax over the last dimension; the maximum is subtracted first, so no finite logit overflows.
///
/// # Errors
/// Tensor operations.
pub fn log_softmax(logits: &Tensor) -> Result<Tensor> {
    let shifted = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?;
    shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

/// −Σ targets · log softmax(logits / temperature) over all rows; `targets` (as `logits`, `[rows, labels]`) hold
/// distributions times weights. A scalar.
///
/// # Errors
/// Shapes that differ.
pub fn cross_entropy(logits: &Tensor, targets: &Tensor, temperature: f64) -> Result<Tensor> {
    (targets * log_softmax(&(logits / temperature)?)?)?.sum_all()?.neg()
}
