//! NEON with the dot product extension (Arm ARM, `SDOT`): 16 products an instruction.
//!
//! `SDOT` multiplies signed by signed; activations of 7 unsigned bits are both. Its intrinsic is not stable in
//! Rust, hence the one line of assembly.
#![expect(unsafe_code, reason = "intrinsics of the instruction set, and the one that has none")]

use super::implement_kernel;
use super::simd::{Int8, Simd};
use super::tile::{DotProduct, Int8Vectors, tile};
use std::arch::aarch64::*;
use std::arch::asm;

/// The CPU has NEON and the dot product extension.
#[derive(Clone, Copy, Debug)]
pub(super) struct NeonDot(());

impl NeonDot {
    /// The kernel, where the CPU has what it needs.
    pub(super) fn get() -> Option<&'static dyn super::Kernel> {
        use std::arch::is_aarch64_feature_detected;
        let has_all = is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod");
        has_all.then_some(&Self(()))
    }
}

implement_kernel!(NeonDot, "neon-dot", "neon,dotprod");

/// Vectors of a tile's row.
const VECTORS: usize = 4;

impl Simd for NeonDot {
    const WIDTH: usize = 4;

    type F32 = float32x4_t;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vdupq_n_f32(x) }
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> float32x4_t {
        // SAFETY: `self` proves NEON; `x[..4]` is what is read.
        unsafe { vld1q_f32(x[..4].as_ptr()) }
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> float32x4_t {
        // SAFETY: `self` proves NEON; `x[..4]` is what is read.
        unsafe { vcvtq_f32_s32(vld1q_s32(x[..4].as_ptr())) }
    }

    #[inline(always)]
    fn store(self, x: float32x4_t, out: &mut [f32]) {
        // SAFETY: `self` proves NEON; the slice of `out` is what is written.
        unsafe { vst1q_f32(out[..4].as_mut_ptr(), x) }
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vsubq_f32(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vmulq_f32(a, b) }
    }

    #[inline(always)]
    fn div(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vdivq_f32(a, b) }
    }

    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vmaxq_f32(a, b) }
    }

    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vminq_f32(a, b) }
    }

    #[inline(always)]
    fn abs(self, x: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vabsq_f32(x) }
    }

    #[inline(always)]
    fn shift_to_exponent(self, x: float32x4_t) -> float32x4_t {
        // SAFETY: `self` proves NEON.
        unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<23>(vreinterpretq_s32_f32(x))) }
    }
}

impl Int8 for NeonDot {
    const TILE_ROWS: usize = 4;
    const TILE_COLUMNS: usize = 4 * VECTORS;
    const K_GROUP: usize = 4;

    type Simd = Self;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    #[inline(always)]
    fn store_quantized(self, x: float32x4_t, out: &mut [u8]) {
        // SAFETY: `self` proves NEON.
        unsafe {
            let words = vmovn_u32(vreinterpretq_u32_f32(x));
            let bytes = vmovn_u16(vcombine_u16(words, words));
            let four = vget_lane_u32::<0>(vreinterpret_u32_u8(bytes));
            out[..4].copy_from_slice(&four.to_le_bytes());
        }
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        tile::<Self, VECTORS>(self, lhs, lhs_stride, rows, panel, init, acc);
    }
}

impl Int8Vectors for NeonDot {
    type Sums = int32x4_t;
    type Groups = int8x16_t;

    #[inline(always)]
    unsafe fn load_sums(self, from: *const i32) -> int32x4_t {
        // SAFETY: `self` proves NEON; the caller promises that this can be read at `from`.
        unsafe { vld1q_s32(from) }
    }

    #[inline(always)]
    unsafe fn store_sums(self, sums: int32x4_t, to: *mut i32) {
        // SAFETY: `self` proves NEON; the caller promises that this can be written at `to`.
        unsafe { vst1q_s32(to, sums) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> int8x16_t {
        // SAFETY: `self` proves NEON; the caller promises that this can be read at `from`.
        unsafe { vld1q_s8(from) }
    }

    #[inline(always)]
    unsafe fn splat_group(self, from: *const u8) -> int8x16_t {
        // SAFETY: `self` proves NEON; the caller promises that this can be read at `from`.
        unsafe { vreinterpretq_s8_s32(vdupq_n_s32(from.cast::<i32>().read_unaligned())) }
    }
}

impl DotProduct for NeonDot {
    #[inline(always)]
    fn dot(self, sums: int32x4_t, x: int8x16_t, weights: int8x16_t) -> int32x4_t {
        let mut sums = sums;
        // SAFETY: `self` proves the dot product extension; the line reads and writes these three registers and nothing else.
        unsafe {
            asm!(
                "sdot {sums:v}.4s, {x:v}.16b, {weights:v}.16b",
                sums = inout(vreg) sums,
                x = in(vreg) x,
                weights = in(vreg) weights,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sums
    }
}
