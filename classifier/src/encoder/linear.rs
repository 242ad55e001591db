//! The linear layer.

use super::Weights;
use candle_core::{Result, Tensor};

/// `x · weightᵀ + bias`, differentiable f32. At inference its place is taken by the int8 product of
/// [`kernels`](crate::kernels).
#[derive(Clone, Debug)]
pub(super) struct Linear {
    /// `[out, in]`.
    weight: Tensor,
    /// `[out]`.
    bias: Tensor,
}

impl Linear {
    /// The layer of `name.weight` and `name.bias`.
    pub(super) fn new<W: Weights>(weights: &W, name: &str) -> std::result::Result<Self, W::Error> {
        let weight = weights.tensor(&format!("{name}.weight"))?;
        Ok(Self { weight, bias: weights.tensor(&format!("{name}.bias"))? })
    }

    /// Shape: `[…, in]` → `[…, out]`, f32.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (out, columns) = self.weight.dims2()?;
        let mut shape = x.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = out;
        }
        // One matrix of all rows: a single product instead of one per text.
        let x = x.reshape((x.elem_count() / columns, columns))?;
        x.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)?.reshape(shape)
    }
}
