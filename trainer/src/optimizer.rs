//! AdamW with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2) and clipping by global norm.
//!
//! candle's own decays biases and norms too, does not clip, and hides its moments. Gradients come as one list a
//! worker and are summed here, in the workers' order, so that a run is reproducible.

use crate::config::TrainConfig;
use crate::parameters::Parameters;
use anyhow::{Context, bail, ensure};
use candle_core::{CpuStorage, InplaceOp1, Layout, Storage, Tensor, Var};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Elements that one task updates.
const CHUNK: usize = 1 << 16;

/// The gradients of one worker's share of a batch, by parameter name; contiguous f32 on the CPU.
pub type Gradients = BTreeMap<String, Tensor>;

/// First and second moment of one parameter's gradients.
#[derive(Debug, Default)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// The optimizer and its state.
#[derive(Debug)]
pub struct AdamW {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    max_gradient_norm: f64,
    step: i32,
    moments: BTreeMap<String, Moments>,
}

/// The numbers of one step that are the same for every element.
#[derive(Clone, Copy)]
struct StepSize {
    gradient_scale: f32,
    beta1: f32,
    beta2: f32,
    /// Learning rate with both bias corrections folded in.
    rate: f32,
    epsilon: f32,
    /// 1 − learning rate · weight decay.
    keep: f32,
}

impl AdamW {
    /// An optimizer without history.
    pub fn new(config: &TrainConfig) -> Self {
        Self {
            beta1: config.adam_beta1,
            beta2: config.adam_beta2,
            epsilon: config.adam_epsilon,
            weight_decay: config.weight_decay,
            max_gradient_norm: config.max_gradient_norm,
            step: 0,
            moments: BTreeMap::new(),
        }
    }

    /// Moves every parameter by one step along the sum of the workers' gradients; returns the global L2 norm of
    /// that sum before clipping. Runs on the threads of the rayon pool it is called in.
    ///
    /// # Errors
    /// A parameter without a gradient (a broken backward pass would otherwise freeze it unnoticed) or a norm
    /// that is not finite; the parameters are then as they were.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        workers: &[Gradients],
        learning_rate: f64,
    ) -> anyhow::Result<f64> {
        let mut squares = 0.0;
        for (name, variable) in parameters.iter() {
            squares += with_slices(&of(workers, name)?, |gradients| Ok(sum_of_squares(gradients)))
                .with_context(|| format!("gradient of `{name}`"))?;
            for gradient in of(workers, name)? {
                ensure!(
                    gradient.dims() == variable.dims(),
                    "gradient of `{name}`: expected {:?}, found {:?}",
                    variable.dims(),
                    gradient.dims()
                );
            }
        }
        let norm = squares.sqrt();
        ensure!(
            norm.is_finite(),
            "the gradient's norm is {norm}: lower `train.learning_rate` or check the data"
        );
        self.step += 1;
        let (first, second) = (1.0 - self.beta1.powi(self.step), (1.0 - self.beta2.powi(self.step)).sqrt());
        for (name, variable) in parameters.iter() {
            let decay = if is_decayed(name) { self.weight_decay } else { 0.0 };
            let size = StepSize {
                gradient_scale: (self.max_gradient_norm / (norm + 1e-6)).min(1.0) as f32,
                beta1: self.beta1 as f32,
                beta2: self.beta2 as f32,
                // Algorithm 2 divides m̂ = m / (1 − β₁ᵗ) by √v̂ + ε = √v / √(1 − β₂ᵗ) + ε; here both are scaled
                // by √(1 − β₂ᵗ).
                rate: (learning_rate * second / first) as f32,
                epsilon: (self.epsilon * second) as f32,
                keep: (1.0 - learning_rate * decay) as f32,
            };
            let moments = self.moments.entry(name.clone()).or_default();
            let count = variable.elem_count();
            moments.first.resize(count, 0.0);
            moments.second.resize(count, 0.0);
            with_slices(&of(workers, name)?, |gradients| update(variable, gradients, moments, size))?;
        }
        Ok(norm)
    }
}

/// Matrices and embeddings decay; biases and norms do not.
fn is_decayed(name: &str) -> bool {
    !name.ends_with(".bias") && !name.contains("norm.")
}

/// Every worker's gradient of one parameter, in the workers' order.
fn of<'a>(workers: &'a [Gradients], name: &str) -> anyhow::Result<Vec<&'a Tensor>> {
    let gradients = workers.iter().map(|worker| worker.get(name)).collect::<Option<Vec<_>>>();
    match gradients {
        Some(gradients) if !gradients.is_empty() => Ok(gradients),
        _ => bail!("no gradient reached `{name}`: an operation on its way has no backward pass"),
    }
}

/// Calls `work` with the tensors' elements, where they lie.
fn with_slices<T>(
    tensors: &[&Tensor],
    work: impl FnOnce(&[&[f32]]) -> candle_core::Result<T>,
) -> candle_core::Result<T> {
    let guards: Vec<_> = tensors.iter().map(|tensor| tensor.storage_and_layout()).collect();
    let mut slices = Vec::with_capacity(tensors.len());
    for (storage, layout) in &guards {
        match (&**storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(elements)), Some((start, end))) => {
                slices.push(&elements[start..end])
            }
            _ => candle_core::bail!("expected a contiguous f32 tensor on the CPU, found {layout:?}"),
        }
    }
    work(&slices)
}

/// Σ (Σ over workers of g)², in f64, chunk by chunk in a fixed order.
fn sum_of_squares(gradients: &[&[f32]]) -> f64 {
    let count = gradients.first().map_or(0, |gradient| gradient.len());
    let chunk_sum = |chunk: usize| -> f64 {
        let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(count);
        range.map(|at| f64::from(total(gradients, at))).map(|g| g * g).sum()
    };
    let sums: Vec<f64> = (0..count.div_ceil(CHUNK)).into_par_iter().map(chunk_sum).collect();
    sums.iter().sum()
}

/// One element of the summed gradient.
fn total(gradients: &[&[f32]], at: usize) -> f32 {
    gradients.iter().map(|gradient| gradient[at]).sum()
}

fn update(
    variable: &Var,
    gradients: &[&[f32]],
    moments: &mut Moments,
    size: StepSize,
) -> candle_core::Result<()> {
    let tensor = variable.as_tensor();
    if tensor.device().is_cpu() {
        return tensor.inplace_op1(&InPlace { gradients, moments: RefCell::new(moments), size });
    }
    let mut weights: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
    update_slice(&mut weights, gradients, moments, size);
    variable.set(&Tensor::from_vec(weights, tensor.shape(), tensor.device())?)
}

fn update_slice(weights: &mut [f32], gradients: &[&[f32]], moments: &mut Moments, size: StepSize) {
    let chunks = weights
        .par_chunks_mut(CHUNK)
        .zip(moments.first.par_chunks_mut(CHUNK))
        .zip(moments.second.par_chunks_mut(CHUNK))
        .enumerate();
    chunks.for_each(|(chunk, ((weights, first), second))| {
        let gradients: Vec<&[f32]> = gradients.iter().map(|gradient| &gradient[chunk * CHUNK..]).collect();
        for (at, (weight, (first, second))) in
            weights.iter_mut().zip(first.iter_mut().zip(second.iter_mut())).enumerate()
        {
            let gradient = total(&gradients, at) * size.gradient_scale;
            *first = size.beta1 * *first + (1.0 - size.beta1) * gradient;
            *second = size.beta2 * *second + (1.0 - size.beta2) * gradient * gradient;
            *weight = *weight * size.keep - size.rate * *first / (second.sqrt() + size.epsilon);
        }
    });
}

/// Reaches a variable's elements where they lie; a copy of 90 MB a step would cost as much as the update.
struct InPlace<'a> {
    gradients: &'a [&'a [f32]],
    moments: RefCell<&'a mut Moments>,
    size: StepSize,
}

impl InplaceOp1 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (CpuStorage::F32(weights), Some((start, end))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("expected a contiguous f32 variable, found {layout:?}")
        };
        update_slice(&mut weights[start..end], self.gradients, &mut self.moments.borrow_mut(), self.size);
        Ok(())
    }
}
