//! The two layers that hold matrices: a linear layer in f32, and an embedding table, f32 or packed.

use candle_core::quantized::QTensor;
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// `x · weightᵀ + bias`, differentiable.
///
/// Quantized matrices of a model file are unpacked when it is loaded, and the product runs in f32. candle's
/// product on packed matrices rounds the activations to 8 bits on the way: a last-bit difference between two
/// machines' f32 then tips a rounding, the next layer multiplies it, and the same file gave probabilities 0.02
/// apart natively and in the browser. Unpacked they agree within 1e-4.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
}

impl Linear {
    /// Shape: `[…, in]` → `[…, out]`, f32.
    ///
    /// # Errors
    /// A last dimension other than `in`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
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

/// A table of vectors, looked up by row.
#[derive(Clone, Debug)]
pub enum Embedding {
    /// Differentiable f32, `[rows, width]`.
    Float(Tensor),
    /// Rows are unpacked as they are looked up, to the same values; the table stays packed.
    Quantized(Arc<QTensor>),
}

impl Embedding {
    /// Shape: ids `[n]` (u32) → `[n, width]`, f32.
    ///
    /// # Errors
    /// An id beyond the table.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        match self {
            Self::Float(table) => table.index_select(ids, 0),
            Self::Quantized(table) => table.embedding(ids),
        }
    }
}
