//! Dropout as the encoder sees it: three kinds of places, and somebody who decides.
//!
//! candle's generator on the CPU cannot be seeded, so the seeds are the trainer's business; inference passes
//! [`NoDropout`]. A mask is a function of its seed and of an element's place: what the forward pass drops, the
//! backward pass need not have kept. On a GPU there is no such function: masks are drawn there.

use super::ops::vector::on_this_cpu;
use candle_core::{Device, Result, Tensor};

/// Where in the encoder dropout may act (`BertConfig`: `hidden_dropout_prob`, `attention_probs_dropout_prob`,
/// `classifier_dropout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Embeddings, and the output of each attention and feed-forward block before its residual.
    Hidden,
    /// Attention probabilities.
    Attention,
    /// The pooled vector before the head.
    Classifier,
}

/// Zeroes elements at random, or does not.
pub trait Dropout {
    /// The mask of the next operation at a kind of place; `None` drops nothing.
    fn mask(&mut self, place: Place) -> Option<Mask>;
}

/// Inference: nothing is dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDropout;

impl Dropout for NoDropout {
    fn mask(&mut self, _: Place) -> Option<Mask> {
        None
    }
}

/// Which elements of a matrix are dropped; the others are scaled by 1 / (1 − p) (Srivastava et al. 2014, inverted
/// form).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask {
    seed: u64,
    /// An element whose 16 random bits lie below is dropped: p is met to 1 / 65536.
    threshold: u64,
    scale: f32,
}

impl Mask {
    /// A mask that drops with `probability`, 0 ≤ p < 1.
    pub fn new(seed: u64, probability: f64) -> Self {
        let threshold = (probability * 65536.0).round() as u64;
        Self { seed, threshold, scale: (1.0 / (1.0 - probability)) as f32 }
    }

    /// The factors of one row: 0 or 1 / (1 − p).
    #[inline(always)]
    pub(super) fn fill(self, row: usize, out: &mut [f32]) {
        // 2^20 groups of four elements a row: more than any row has.
        let first = (row as u64) << 20;
        let (groups, rest) = out.as_chunks_mut::<4>();
        let last = first + groups.len() as u64;
        for (group, out) in (first..).zip(groups) {
            let bits = random(self.seed, group);
            for (element, out) in out.iter_mut().enumerate() {
                *out = self.factor(bits >> (16 * element));
            }
        }
        let bits = random(self.seed, last);
        for (element, out) in rest.iter_mut().enumerate() {
            *out = self.factor(bits >> (16 * element));
        }
    }

    /// Multiplies every row, `columns` long.
    pub(super) fn apply(self, x: &mut [f32], columns: usize) {
        let mut factors = vec![0f32; columns];
        on_this_cpu(
            #[inline(always)]
            || {
                for (row, x) in x.chunks_exact_mut(columns).enumerate() {
                    self.fill(row, &mut factors);
                    for (x, factor) in x.iter_mut().zip(&factors) {
                        *x *= factor;
                    }
                }
            },
        );
    }

    #[inline(always)]
    fn factor(self, bits: u64) -> f32 {
        if bits & 0xffff < self.threshold { 0.0 } else { self.scale }
    }

    /// The factors of `rows` (the numbers of rows, each `columns` long) as a tensor of this shape.
    ///
    /// A GPU draws them itself, with its own generator, which whoever trains has seeded: as many bytes as hidden states
    /// would have to be copied there for every mask.
    pub(super) fn tensor(
        self,
        rows: impl Iterator<Item = usize>,
        columns: usize,
        shape: &[usize],
        device: &Device,
    ) -> Result<Tensor> {
        if !device.is_cpu() {
            // ⌊u + 1 − p⌋ is 1 where u ≥ p, for 0 ≤ u ≤ 1.
            let keep = 1.0 - self.threshold as f64 / 65536.0;
            let uniform = Tensor::rand(0f32, 1f32, shape, device)?;
            return uniform.affine(1.0, keep)?.floor()? * f64::from(self.scale);
        }
        let mut factors = Vec::with_capacity(shape.iter().product());
        for row in rows {
            let start = factors.len();
            factors.resize(start + columns, 0.0);
            self.fill(row, &mut factors[start..]);
        }
        Tensor::from_vec(factors, shape, device)
    }
}

/// 64 random bits by number (SplitMix64, Steele et al. 2014, "Fast splittable pseudorandom number generators").
#[inline(always)]
fn random(seed: u64, number: u64) -> u64 {
    let mut bits = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
