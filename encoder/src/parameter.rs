//! A trainable tensor as the fused operations see it: what to compute with, and where its gradient goes.
//!
//! candle adds every gradient that an operation returns to a tensor of zeros. For 22.7 million weights that is a
//! tenth of a step. The fused operations therefore keep the gradients of their weights here, and
//! [`Encoder::backward`](super::Encoder::backward) lays them beside candle's own.

use super::names::{bias, weight};
use super::quantization::{Quantization, round_stored, round_weights, straight_through};
use super::{StorageFormat, Weights};
use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A place that a backward pass fills.
pub(super) type Slot<T> = Arc<Mutex<Option<T>>>;

/// The slot's content; a thread that panicked while it held it left it as it was before or after.
pub(super) fn lock<T>(slot: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tensor, and its gradient once the backward pass is through.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// As the source of weights has it, f32.
    tensor: Tensor,
    /// As inference computes with it, where the encoder is quantized; forks share it.
    rounded: Arc<OnceLock<Tensor>>,
    gradient: Slot<Vec<f32>>,
}

impl Parameter {
    /// The parameter of this name.
    pub(super) fn new<W: Weights>(weights: &W, name: &str) -> std::result::Result<Self, W::Error> {
        Ok(Self { tensor: weights.tensor(name)?, rounded: Arc::default(), gradient: Slot::default() })
    }

    /// The same tensor with a gradient of its own.
    pub(super) fn fork(&self) -> Self {
        Self { gradient: Slot::default(), ..self.clone() }
    }

    pub(super) fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    /// The elements to compute with.
    pub(super) fn elements(&self) -> Result<Elements<'_>> {
        Elements::of(self.rounded.get().unwrap_or(&self.tensor))
    }

    /// The same as a tensor whose gradient is the one of [`Parameter::tensor`].
    pub(super) fn differentiable(&self) -> Result<Tensor> {
        match self.rounded.get() {
            Some(rounded) => straight_through(&self.tensor, rounded),
            None => Ok(self.tensor.clone()),
        }
    }

    /// Whether products with this matrix round: the matrix itself and their other operand.
    pub(super) fn is_rounded(&self) -> bool {
        self.rounded.get().is_some()
    }

    /// From here on computes with the matrix as inference would have it.
    pub(super) fn round(&self, name: &str, quantization: &Quantization) -> Result<()> {
        self.round_by(name, quantization, round_weights)
    }

    /// From here on computes with the table as it is read back from the file: no product packs it.
    pub(super) fn round_table(&self, name: &str, quantization: &Quantization) -> Result<()> {
        self.round_by(name, quantization, round_stored)
    }

    fn round_by(
        &self,
        name: &str,
        quantization: &Quantization,
        round: impl Fn(&mut [f32], usize, StorageFormat),
    ) -> Result<()> {
        let (_, columns) = self.tensor.dims2()?;
        let format = quantization.check(name, columns)?;
        let mut weights = self.tensor.flatten_all()?.to_vec1::<f32>()?;
        round(&mut weights, columns, format);
        let rounded = Tensor::from_vec(weights, self.tensor.shape(), self.tensor.device())?;
        // Only a second call would find it set, to the same.
        let _ = self.rounded.set(rounded);
        Ok(())
    }

    /// Adds to the gradient. Row-major, as the tensor.
    pub(super) fn add_gradient(&self, gradient: Vec<f32>) {
        let mut slot = lock(&self.gradient);
        match slot.as_mut() {
            Some(sum) => sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += x),
            None => *slot = Some(gradient),
        }
    }

    /// Takes the gradient out, if a backward pass left one.
    pub(super) fn take_gradient(&self) -> Result<Option<Tensor>> {
        let gradient = lock(&self.gradient).take();
        gradient
            .map(|elements| Tensor::from_vec(elements, self.tensor.shape(), self.tensor.device()))
            .transpose()
    }
}

/// The elements of a contiguous f32 tensor on the CPU, row-major.
pub(super) struct Elements<'a> {
    /// candle's guard, whose type it does not export.
    storage: Box<dyn Deref<Target = Storage> + 'a>,
    start: usize,
    end: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        match (&*storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(_)), Some((start, end))) => {
                Ok(Self { storage: Box::new(storage), start, end })
            }
            _ => candle_core::bail!("expected a contiguous f32 tensor on the CPU, found {tensor:?}"),
        }
    }
}

impl Deref for Elements<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &**self.storage {
            Storage::Cpu(CpuStorage::F32(elements)) => &elements[self.start..self.end],
            _ => &[], // `of` saw that it is the other.
        }
    }
}

/// The elements of an operation's input.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(elements), Some((start, end))) => Ok(&elements[start..end]),
        _ => {
            candle_core::bail!("expected a contiguous f32 tensor, found {layout:?}; call contiguous() first")
        }
    }
}

/// `name.weight` and `name.bias`: a linear layer (`[out, in]` and `[out]`) or a LayerNorm (`[hidden]` both).
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) weight: Parameter,
    pub(super) bias: Parameter,
}

impl Pair {
    pub(super) fn new<W: Weights>(weights: &W, name: &str) -> std::result::Result<Self, W::Error> {
        Ok(Self {
            weight: Parameter::new(weights, &weight(name))?,
            bias: Parameter::new(weights, &bias(name))?,
        })
    }

    pub(super) fn fork(&self) -> Self {
        Self { weight: self.weight.fork(), bias: self.bias.fork() }
    }

    pub(super) fn parameters(&self) -> [&Parameter; 2] {
        [&self.weight, &self.bias]
    }
}
