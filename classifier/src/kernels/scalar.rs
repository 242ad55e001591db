//! The scalar kernel: the specification of all others, and what runs where there is nothing faster.

use super::implement_kernel;
use super::simd::{Int8, Simd};

/// No instruction set at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scalar;

implement_kernel!(Scalar, "scalar");

impl Simd for Scalar {
    const WIDTH: usize = 1;

    type F32 = f32;

    fn splat(self, x: f32) -> f32 {
        x
    }

    fn load(self, x: &[f32]) -> f32 {
        x[0]
    }

    fn load_i32(self, x: &[i32]) -> f32 {
        x[0] as f32
    }

    fn store(self, x: f32, out: &mut [f32]) {
        out[0] = x;
    }

    fn add(self, a: f32, b: f32) -> f32 {
        a + b
    }

    fn sub(self, a: f32, b: f32) -> f32 {
        a - b
    }

    fn mul(self, a: f32, b: f32) -> f32 {
        a * b
    }

    fn div(self, a: f32, b: f32) -> f32 {
        a / b
    }

    fn max(self, a: f32, b: f32) -> f32 {
        if a > b { a } else { b }
    }

    fn min(self, a: f32, b: f32) -> f32 {
        if a < b { a } else { b }
    }

    fn abs(self, x: f32) -> f32 {
        x.abs()
    }

    fn shift_to_exponent(self, x: f32) -> f32 {
        f32::from_bits(x.to_bits() << 23)
    }
}

impl Int8 for Scalar {
    const TILE_ROWS: usize = 4;
    const TILE_COLUMNS: usize = 8;
    const K_GROUP: usize = 4;

    type Simd = Self;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    fn store_quantized(self, x: f32, out: &mut [u8]) {
        out[0] = x.to_bits() as u8;
    }

    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        for (row, acc) in acc.chunks_exact_mut(Self::TILE_COLUMNS).take(rows).enumerate() {
            acc.copy_from_slice(init);
            let lhs = lhs[row * lhs_stride..].chunks_exact(Self::K_GROUP);
            for (lhs, group) in lhs.zip(panel.chunks_exact(Self::TILE_COLUMNS * Self::K_GROUP)) {
                for (acc, weights) in acc.iter_mut().zip(group.chunks_exact(Self::K_GROUP)) {
                    *acc += lhs.iter().zip(weights).map(|(x, w)| i32::from(*x) * i32::from(*w)).sum::<i32>();
                }
            }
        }
    }
}
