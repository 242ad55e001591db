//! The sum of the workers' gradients, a block at a time: it is never written down as a whole.
//!
//! Sums run in the workers' order and the same blocks whatever the number of threads, so that a run is reproducible.

use anyhow::bail;
use candle_core::{CpuStorage, Storage, Tensor};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Elements that one task updates.
pub const CHUNK: usize = 1 << 16;
/// Elements whose gradient is summed at a time: it stays in the cache until it is used.
pub const BLOCK: usize = 1 << 10;

/// The gradients of one worker's share of a batch, by parameter name; contiguous f32 where the parameter lies.
pub type Gradients = BTreeMap<String, Tensor>;

/// The gradients of one parameter, in the workers' order; one of them may hold what all contribute.
///
/// # Errors
/// No worker has one.
pub fn of<'a>(workers: &'a [Gradients], name: &str) -> anyhow::Result<Vec<&'a Tensor>> {
    let gradients: Vec<&Tensor> = workers.iter().filter_map(|worker| worker.get(name)).collect();
    match gradients.is_empty() {
        false => Ok(gradients),
        true => bail!("no gradient reached `{name}`: an operation on its way has no backward pass"),
    }
}

/// Calls `work` with the tensors' elements, where they lie.
///
/// # Errors
/// A tensor that is not contiguous f32 on the CPU; whatever `work` returns.
pub fn with_slices<T>(
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

/// Σ (Σ over workers of g)²: in f32 over [`BLOCK`] elements, in f64 over the blocks, in a fixed order.
pub fn sum_of_squares(gradients: &[&[f32]]) -> f64 {
    let count = gradients.first().map_or(0, |gradient| gradient.len());
    let chunk_sum = |chunk: usize| -> f64 {
        let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(count);
        let mut block = [0f32; BLOCK];
        range
            .clone()
            .step_by(BLOCK)
            .map(|at| f64::from(squares(total(gradients, at, range.end, &mut block))))
            .sum()
    };
    let sums: Vec<f64> = (0..count.div_ceil(CHUNK)).into_par_iter().map(chunk_sum).collect();
    sums.iter().sum()
}

/// Σ x² in 16 partial sums, which the compiler keeps in vectors.
fn squares(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<16>();
    let mut lanes = [0f32; 16];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x * x;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
}

/// Elements `at ..` of the summed gradient, at most [`BLOCK`] and none beyond `end`.
#[inline]
pub fn total<'b>(gradients: &[&[f32]], at: usize, end: usize, block: &'b mut [f32; BLOCK]) -> &'b [f32] {
    let count = BLOCK.min(end - at);
    let block = &mut block[..count];
    for (worker, gradient) in gradients.iter().enumerate() {
        let gradient = &gradient[at..at + count];
        match worker {
            0 => block.copy_from_slice(gradient),
            _ => block.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += x),
        }
    }
    block
}
