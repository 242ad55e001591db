//! The seam between training and inference: a linear layer and an embedding table, f32 or quantized.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// `x · weightᵀ + bias`.
#[derive(Clone, Debug)]
pub enum Linear {
    /// Differentiable f32; `weight` is `[out, in]`, `bias` `[out]`.
    Float {
        /// `[out, in]`.
        weight: Tensor,
        /// `[out]`.
        bias: Tensor,
    },
    /// Quantized weights (candle's block formats); activations are quantized to Q8_0 blocks on the fly.
    /// No gradient.
    Quantized {
        /// `[out, in]`.
        weight: Arc<QTensor>,
        /// `[out]`, f32.
        bias: Tensor,
    },
}

impl Linear {
    /// Shape: `[…, in]` → `[…, out]`, f32.
    ///
    /// # Errors
    /// A last dimension other than `in`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, out) = match self {
            Self::Float { weight, .. } => (x.elem_count() / weight.dim(1)?, weight.dim(0)?),
            Self::Quantized { weight, .. } => {
                let (out, columns) = weight.shape().dims2()?;
                (x.elem_count() / columns, out)
            }
        };
        let mut shape = x.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = out;
        }
        // One matrix of all rows: a single product instead of one per text.
        let x = x.reshape((rows, ()))?;
        let (product, bias) = match self {
            Self::Float { weight, bias } => (x.matmul(&weight.t()?)?, bias),
            Self::Quantized { weight, bias } => (x.apply_op1_no_bwd(weight.as_ref())?, bias),
        };
        product.broadcast_add(bias)?.reshape(shape)
    }
}

/// A table of vectors, looked up by row.
#[derive(Clone, Debug)]
pub enum Embedding {
    /// Differentiable f32, `[rows, width]`.
    Float(Tensor),
    /// Rows are unpacked as they are looked up; the table stays packed.
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

impl Linear {
    /// The layer of a quantized or f32 GGUF tensor.
    ///
    /// # Errors
    /// Unpacking an f32 tensor.
    pub fn from_gguf(weight: QTensor, bias: Tensor) -> Result<Self> {
        Ok(match weight.dtype() {
            GgmlDType::F32 => Self::Float { weight: weight.dequantize(bias.device())?, bias },
            _ => Self::Quantized { weight: Arc::new(weight), bias },
        })
    }
}

