//! WebAssembly's 128-bit SIMD: 8 products an instruction with `i32x4.dot_i16x8_s`, activations stored as i16 and
//! weights widened as they are read.
#![expect(unsafe_code, reason = "loads and stores through pointers")]

use super::implement_kernel;
use super::simd::{Int8, Simd};
use super::tile::{DotProduct, Int8Vectors, tile};
use std::arch::wasm32::*;

/// The module is compiled with SIMD128, so whoever runs it has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Simd128;

implement_kernel!(Simd128, "wasm-simd128");

/// Vectors of a tile's row. 4 rows of 2 keep all sums in the 16 registers that V8 has on x86.
const VECTORS: usize = 2;

impl Simd for Simd128 {
    const WIDTH: usize = 4;

    type F32 = v128;

    #[inline(always)]
    fn splat(self, x: f32) -> v128 {
        f32x4_splat(x)
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> v128 {
        // SAFETY: `x[..4]` is what is read.
        unsafe { v128_load(x[..4].as_ptr().cast()) }
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> v128 {
        // SAFETY: `x[..4]` is what is read.
        f32x4_convert_i32x4(unsafe { v128_load(x[..4].as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, x: v128, out: &mut [f32]) {
        // SAFETY: `out[..4]` is what is written.
        unsafe { v128_store(out[..4].as_mut_ptr().cast(), x) }
    }

    #[inline(always)]
    fn add(self, a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }

    #[inline(always)]
    fn sub(self, a: v128, b: v128) -> v128 {
        f32x4_sub(a, b)
    }

    #[inline(always)]
    fn mul(self, a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }

    #[inline(always)]
    fn div(self, a: v128, b: v128) -> v128 {
        f32x4_div(a, b)
    }

    #[inline(always)]
    fn max(self, a: v128, b: v128) -> v128 {
        // One instruction of x86; `f32x4_max`, which settles zeros and NaN, takes six.
        f32x4_pmax(a, b)
    }

    #[inline(always)]
    fn min(self, a: v128, b: v128) -> v128 {
        f32x4_pmin(a, b)
    }

    #[inline(always)]
    fn abs(self, x: v128) -> v128 {
        f32x4_abs(x)
    }

    #[inline(always)]
    fn shift_to_exponent(self, x: v128) -> v128 {
        i32x4_shl(x, 23)
    }
}

impl Int8 for Simd128 {
    const TILE_ROWS: usize = 4;
    const TILE_COLUMNS: usize = 4 * VECTORS;
    const K_GROUP: usize = 2;

    type Simd = Self;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    #[inline(always)]
    fn store_quantized(self, x: v128, out: &mut [u8]) {
        let low = v128_and(x, i32x4_splat(0xff));
        let words = i16x8_narrow_i32x4(low, low);
        out[..8].copy_from_slice(&i64x2_extract_lane::<0>(words).to_le_bytes());
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        tile::<Self, VECTORS>(self, lhs, lhs_stride, rows, panel, init, acc);
    }
}

impl Int8Vectors for Simd128 {
    type Sums = v128;
    type Groups = v128;

    #[inline(always)]
    unsafe fn load_sums(self, from: *const i32) -> v128 {
        // SAFETY: the caller promises that this can be read at `from`.
        unsafe { v128_load(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store_sums(self, sums: v128, to: *mut i32) {
        // SAFETY: the caller promises that this can be written at `to`.
        unsafe { v128_store(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> v128 {
        // SAFETY: the caller promises that this can be read at `from`.
        unsafe { i16x8_load_extend_i8x8(from) }
    }

    #[inline(always)]
    unsafe fn splat_group(self, from: *const u8) -> v128 {
        // SAFETY: the caller promises that this can be read at `from`.
        unsafe { v128_load32_splat(from.cast()) }
    }
}

impl DotProduct for Simd128 {
    #[inline(always)]
    fn dot(self, sums: v128, x: v128, weights: v128) -> v128 {
        i32x4_add(sums, i32x4_dot_i16x8(x, weights))
    }
}
