//! AdamW's arithmetic in loops over slices, where they lie: what the CPU does, on all threads of the rayon pool.

use super::optimizer::StepSize;
use super::summed_gradients::{BLOCK, CHUNK, total};
use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Var};
use rayon::prelude::*;
use std::cell::RefCell;

/// One step of a parameter along the sum of the workers' `gradients`; both `moments` are moved, too.
///
/// # Errors
/// A variable that is not contiguous f32 on the CPU.
pub fn update(
    variable: &Var,
    gradients: &[&[f32]],
    moments: (&mut [f32], &mut [f32]),
    size: StepSize,
) -> Result<()> {
    variable.as_tensor().inplace_op1(&InPlace { gradients, moments: RefCell::new(moments), size })
}

fn update_slice(
    weights: &mut [f32],
    gradients: &[&[f32]],
    (first, second): &mut (&mut [f32], &mut [f32]),
    size: StepSize,
) {
    let chunks = weights
        .par_chunks_mut(CHUNK)
        .zip(first.par_chunks_mut(CHUNK))
        .zip(second.par_chunks_mut(CHUNK))
        .enumerate();
    chunks.for_each(|(chunk, ((weights, first), second))| {
        let (mut block, end) = ([0f32; BLOCK], chunk * CHUNK + weights.len());
        let blocks = weights.chunks_mut(BLOCK).zip(first.chunks_mut(BLOCK)).zip(second.chunks_mut(BLOCK));
        for (n, ((weights, first), second)) in blocks.enumerate() {
            let gradient = total(gradients, chunk * CHUNK + n * BLOCK, end, &mut block);
            for (((weight, first), second), gradient) in
                weights.iter_mut().zip(first).zip(second).zip(gradient)
            {
                let gradient = gradient * size.gradient_scale;
                *first = size.beta1 * *first + (1.0 - size.beta1) * gradient;
                *second = size.beta2 * *second + (1.0 - size.beta2) * gradient * gradient;
                *weight = *weight * size.keep - size.rate * *first / (second.sqrt() + size.epsilon);
            }
        }
    });
}

/// Reaches a variable's elements where they lie; a copy of 90 MB a step would cost as much as the update.
struct InPlace<'a> {
    gradients: &'a [&'a [f32]],
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
    size: StepSize,
}

impl InplaceOp1 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let (CpuStorage::F32(weights), Some((start, end))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("expected a contiguous f32 variable, found {layout:?}")
        };
        update_slice(&mut weights[start..end], self.gradients, &mut self.moments.borrow_mut(), self.size);
        Ok(())
    }
}
