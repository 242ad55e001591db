//! The seam between training and inference: a linear layer and an embedding table, f32 or quantized.

use super::ops::with_slice;
use candle_core::quantized::{GgmlDType, QTensor, QuantizedType};
use candle_core::{Device, Result, Tensor};
use std::fmt;
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
    /// Quantized weights; no gradient.
    Quantized {
        /// `[out, in]`.
        weight: Arc<QuantizedMatrix>,
        /// `[out]`, f32.
        bias: Tensor,
    },
}

/// A matrix in one of ggml's block formats.
///
/// Its product quantizes the activations to Q8_0 blocks of 32, on every CPU and in the browser. candle's own
/// operation on a `QTensor` does so only where the CPU lacks VNNI, and elsewhere takes blocks of 256: the same
/// file then gave probabilities that were 0.01 apart from machine to machine.
pub struct QuantizedMatrix {
    rows: usize,
    columns: usize,
    blocks: Box<dyn QuantizedType>,
}

impl QuantizedMatrix {
    /// The matrix of a quantized tensor of rank 2.
    ///
    /// # Errors
    /// Another rank.
    pub fn new(tensor: &QTensor) -> Result<Self> {
        let (rows, columns) = tensor.shape().dims2()?;
        Ok(Self { rows, columns, blocks: tensor.dtype().from_data(tensor.data()?) })
    }

    /// Shape: `[n, columns]` → `[n, rows]`, f32, on the CPU.
    fn product(&self, x: &Tensor) -> Result<Tensor> {
        let n = x.dim(0)?;
        let mut product = vec![0f32; n * self.rows];
        with_slice(x, |x| self.blocks.matmul_t((n, self.columns, self.rows), x, &mut product))?;
        Tensor::from_vec(product, (n, self.rows), &Device::Cpu)
    }
}

impl fmt::Debug for QuantizedMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuantizedMatrix({:?}, [{}, {}])", self.blocks.dtype(), self.rows, self.columns)
    }
}

impl Linear {
    /// Shape: `[…, in]` → `[…, out]`, f32.
    ///
    /// # Errors
    /// A last dimension other than `in`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, out) = match self {
            Self::Float { weight, .. } => (x.elem_count() / weight.dim(1)?, weight.dim(0)?),
            Self::Quantized { weight, .. } => (x.elem_count() / weight.columns, weight.rows),
        };
        let mut shape = x.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = out;
        }
        // One matrix of all rows: a single product instead of one per text.
        let x = x.reshape((rows, ()))?;
        let (product, bias) = match self {
            Self::Float { weight, bias } => (x.matmul(&weight.t()?)?, bias),
            Self::Quantized { weight, bias } => (weight.product(&x)?, bias),
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
            _ => Self::Quantized { weight: Arc::new(QuantizedMatrix::new(&weight)?), bias },
        })
    }
}
