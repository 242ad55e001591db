//! Quantization-aware training: the roundings of the exported model inside the differentiable encoder.
//!
//! Weights are rounded twice, as inference does: to the format of the model file, then to the 33 steps of
//! their output channel when they are packed for a kernel. Activations of every product are rounded to 7 bits around the middle of their
//! row. Backward, a rounding counts as the identity (the straight-through estimator: Bengio et al. 2013; for
//! quantized networks Jacob et al. 2018, section 3).

use super::ops::vector::on_this_cpu;
use super::{EncoderConfig, StorageFormat, tensor_specs};
use candle_core::{D, Result, Tensor};
use classifier::model_file::BLOCK;
use classifier::rounding::{RowScale, WEIGHT_STEPS, inverse};
use half::f16;
use std::collections::BTreeMap;

/// Adding it rounds to the nearest integer, ties to even, for magnitudes below 2^22.
const ROUND: f32 = 12_582_912.0;
/// Steps from the smallest to the largest activation of a row, as in [`RowScale`].
const ACTIVATION_STEPS: f32 = 126.0;

/// What is left of a row after it was stored and read back: the bits of candle's `QTensor` and of
/// [`StoredMatrix`](classifier::model_file::StoredMatrix). Whole blocks.
#[inline(always)]
pub(crate) fn round_trip(format: StorageFormat, row: &mut [f32]) {
    let (blocks, _) = row.as_chunks_mut::<BLOCK>();
    match format {
        StorageFormat::F32 => (),
        StorageFormat::Q8_0 => blocks.iter_mut().for_each(round_q8_0),
        StorageFormat::Q4_0 => blocks.iter_mut().for_each(round_q4_0),
    }
}

#[inline(always)]
fn round_q8_0(block: &mut [f32; BLOCK]) {
    let largest = largest_magnitude(block);
    let scale = largest / 127.0;
    let inverse = if scale != 0.0 { 1.0 / scale } else { 0.0 };
    let stored = f16::from_f32(scale).to_f32();
    for x in block {
        *x = (*x * inverse).round() * stored;
    }
}

#[inline(always)]
fn round_q4_0(block: &mut [f32; BLOCK]) {
    let largest = largest_magnitude(block);
    // The first of the largest magnitude, sign included.
    let extreme = block.iter().copied().find(|x| x.abs() == largest).unwrap_or(0.0);
    let scale = extreme / -8.0;
    let inverse = if scale != 0.0 { 1.0 / scale } else { 0.0 };
    let stored = f16::from_f32(scale).to_f32();
    for x in block {
        let quantized = (*x * inverse + 8.5).trunc();
        *x = (if quantized < 15.0 { quantized } else { 15.0 } - 8.0) * stored;
    }
}

#[inline(always)]
fn largest_magnitude(x: &[f32]) -> f32 {
    x.iter().fold(0f32, |a, b| if b.abs() > a { b.abs() } else { a })
}

/// In which format each tensor of a model is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantization(BTreeMap<String, StorageFormat>);

impl Quantization {
    /// Formats by tensor name; what is not named is stored as f32.
    pub fn new(formats: BTreeMap<String, StorageFormat>) -> Self {
        Self(formats)
    }

    /// All matrices that can be quantized in one format.
    pub fn uniform(config: &EncoderConfig, format: StorageFormat) -> Self {
        let matrices = tensor_specs(config).into_iter().filter(|spec| spec.is_quantizable);
        Self(matrices.map(|spec| (spec.name, format)).collect())
    }

    /// The format of a tensor.
    pub fn format(&self, name: &str) -> StorageFormat {
        self.0.get(name).copied().unwrap_or(StorageFormat::F32)
    }

    /// # Errors
    /// A matrix whose rows are no whole blocks of its format.
    pub(super) fn check(&self, name: &str, columns: usize) -> Result<StorageFormat> {
        let format = self.format(name);
        if !format.fits(columns) {
            candle_core::bail!(
                "`{name}` as {format}: expected rows of a multiple of {BLOCK}, found {columns}; store it as F32"
            );
        }
        Ok(format)
    }
}

/// A matrix `[out, columns]` as inference multiplies with it: stored in `format`, then packed.
pub(super) fn round_weights(weights: &mut [f32], columns: usize, format: StorageFormat) {
    on_this_cpu(
        #[inline(always)]
        || {
            for row in weights.chunks_exact_mut(columns) {
                round_trip(format, row);
                round_channel(row);
            }
        },
    );
}

/// A table `[rows, columns]` as it is read back from the file.
pub(super) fn round_stored(table: &mut [f32], columns: usize, format: StorageFormat) {
    on_this_cpu(
        #[inline(always)]
        || table.chunks_exact_mut(columns).for_each(|row| round_trip(format, row)),
    );
}

/// Packed for a kernel and back.
#[inline(always)]
fn round_channel(row: &mut [f32]) {
    let largest = super::ops::vector::largest_magnitude(row);
    let inverse = inverse(WEIGHT_STEPS, largest);
    let scale = largest / WEIGHT_STEPS;
    for x in row {
        *x = ((*x * inverse + ROUND) - ROUND) * scale;
    }
}

/// Rows of activations as a product sees them: quantized by a kernel and back.
pub(super) fn round_activations(x: &[f32], columns: usize) -> Vec<f32> {
    let mut rounded = x.to_vec();
    on_this_cpu(
        #[inline(always)]
        || {
            for row in rounded.chunks_exact_mut(columns) {
                let (smallest, largest) = super::ops::vector::range(row);
                let (RowScale { scale, midpoint }, inverse) = RowScale::of_range(smallest, largest);
                for x in row {
                    *x = (((*x - midpoint) * inverse + ROUND) - ROUND) * scale + midpoint;
                }
            }
        },
    );
    rounded
}

/// The specification of [`round_activations`], differentiable: its gradient is the identity's.
pub(super) fn round_activations_composed(x: &Tensor) -> Result<Tensor> {
    let (largest, smallest) = (x.max_keepdim(D::Minus1)?, x.min_keepdim(D::Minus1)?);
    // A row of equal values has no range; whatever it is divided by, 0 remains.
    let range = (&largest - &smallest)?.maximum(1e-30)?;
    let midpoint = ((largest + smallest)? * 0.5)?;
    let steps = (x.broadcast_sub(&midpoint)?.broadcast_div(&range)? * f64::from(ACTIVATION_STEPS))?;
    let steps = ((steps + f64::from(ROUND))? - f64::from(ROUND))?;
    let rounded = steps.broadcast_mul(&(range / f64::from(ACTIVATION_STEPS))?)?.broadcast_add(&midpoint)?;
    straight_through(x, &rounded)
}

/// The values of `rounded` with the gradient of `x`.
pub(super) fn straight_through(x: &Tensor, rounded: &Tensor) -> Result<Tensor> {
    x + (rounded - x)?.detach()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use candle_core::quantized::QTensor;

    /// Rows of many scales, with zeros, ties in magnitude and values on the edge of a step.
    fn weights() -> Vec<f32> {
        let mut state = 1u32;
        let mut weights: Vec<f32> = (0..96 * 64)
            .map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let unit = state as f32 / u32::MAX as f32 - 0.5;
                unit * 10f32.powi(at / 640 - 5)
            })
            .collect();
        weights[..64].fill(0.0);
        weights[64] = 0.75;
        weights[65] = -0.75;
        weights[96..128].copy_from_slice(&std::array::from_fn::<f32, 32, _>(|at| at as f32 / 2.0 - 8.0));
        weights
    }

    #[test]
    fn a_round_trip_has_the_bits_of_candles() {
        for format in StorageFormat::ALL {
            let tensor = Tensor::from_vec(weights(), (96, 64), &Device::Cpu).unwrap();
            let stored = QTensor::quantize(&tensor, format.dtype()).unwrap();
            let expected =
                stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let mut found = weights();
            on_this_cpu(
                #[inline(always)]
                || found.chunks_exact_mut(64).for_each(|row| round_trip(format, row)),
            );
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(found == expected, "{format:?}[{at}]: {found} and {expected}");
            }
        }
    }

    /// Packed weights and quantized activations, multiplied by a kernel: what the rounded values give in f64.
    #[test]
    fn products_of_rounded_values_are_those_of_the_kernel() {
        use classifier::testing::{Activation, PackedMatrix, row_bytes, scalar};
        let (k, n) = (64, 96);
        let weights = weights();
        let x: Vec<f32> = (0..k).map(|at| ((at * 37 % 64) as f32).sqrt() - 3.0).collect();
        let kernel = scalar();
        let mut packed = PackedMatrix::zeros(kernel, n, k);
        for (column, row) in weights.chunks_exact(k).enumerate() {
            packed.set_column(column, row, 0.0, 1.0);
        }
        let mut quantized = vec![0u8; row_bytes(kernel.layout().k_group, k)];
        let scale = kernel.quantize(&x, &mut quantized);
        let mut expected = vec![0f32; n];
        packed.multiply(&quantized, &[scale], Activation::None, &mut expected);
        let mut rounded = weights.clone();
        round_weights(&mut rounded, k, StorageFormat::F32);
        let x = round_activations(&x, k);
        for (column, row) in rounded.chunks_exact(k).enumerate() {
            let found: f64 = row.iter().zip(&x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
            let magnitude: f64 = row.iter().zip(&x).map(|(w, x)| f64::from((w * x).abs())).sum();
            let error = (found - f64::from(expected[column])).abs();
            assert!(error <= 1e-6 * magnitude, "column {column}: {found} and {}", expected[column]);
        }
    }
}
