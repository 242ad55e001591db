//! NEON with the dot product extension (Arm ARM, `SDOT`): 16 products an instruction.
//!
//! `SDOT` multiplies signed by signed; activations of 7 unsigned bits are both. Its intrinsic is not stable in
//! Rust, hence the one line of assembly.
#![allow(unsafe_code)]

use super::implement_kernel;
use super::simd::{Int8, Simd};
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

// SAFETY of every block: the value `self` proves that the CPU has the instructions, and slices are as long as
// what is read or written, which is asserted.
impl Simd for NeonDot {
    const WIDTH: usize = 4;

    type F32 = float32x4_t;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> float32x4_t {
        unsafe { vld1q_f32(x[..4].as_ptr()) }
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> float32x4_t {
        unsafe { vcvtq_f32_s32(vld1q_s32(x[..4].as_ptr())) }
    }

    #[inline(always)]
    fn store(self, x: float32x4_t, out: &mut [f32]) {
        unsafe { vst1q_f32(out[..4].as_mut_ptr(), x) }
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }

    #[inline(always)]
    fn div(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vdivq_f32(a, b) }
    }

    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // Not FMAX, which returns a NaN wherever it stands.
        unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) }
    }

    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(vcltq_f32(a, b), a, b) }
    }

    #[inline(always)]
    fn abs(self, x: float32x4_t) -> float32x4_t {
        unsafe { vabsq_f32(x) }
    }

    #[inline(always)]
    fn shift_to_exponent(self, x: float32x4_t) -> float32x4_t {
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
        unsafe {
            let words = vmovn_u32(vreinterpretq_u32_f32(x));
            let bytes = vmovn_u16(vcombine_u16(words, words));
            let four = vget_lane_u32::<0>(vreinterpret_u32_u8(bytes));
            out[..4].copy_from_slice(&four.to_le_bytes());
        }
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        match rows {
            4 => tile::<4>(lhs, lhs_stride, panel, init, acc),
            3 => tile::<3>(lhs, lhs_stride, panel, init, acc),
            2 => tile::<2>(lhs, lhs_stride, panel, init, acc),
            _ => tile::<1>(lhs, lhs_stride, panel, init, acc),
        }
    }
}

#[inline(always)]
fn tile<const M: usize>(lhs: &[u8], lhs_stride: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
    let groups = panel.len() / (16 * VECTORS);
    assert!(lhs.len() >= (M - 1) * lhs_stride + groups * 4);
    assert!(init.len() == 4 * VECTORS && acc.len() == M * 4 * VECTORS);
    // SAFETY: called by `Simd::tile` alone, whose `self` proves the instructions; the lengths are asserted above.
    unsafe {
        let mut sums = [[vdupq_n_s32(0); VECTORS]; M];
        for v in 0..VECTORS {
            let init = vld1q_s32(init.as_ptr().add(4 * v));
            for sums in &mut sums {
                sums[v] = init;
            }
        }
        let (mut lhs, mut panel) = (lhs.as_ptr(), panel.as_ptr());
        for _ in 0..groups {
            let mut weights = [vdupq_n_s8(0); VECTORS];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = vld1q_s8(panel.add(16 * v));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = lhs.add(row * lhs_stride).cast::<i32>().read_unaligned();
                let x = vreinterpretq_s8_s32(vdupq_n_s32(x));
                for v in 0..VECTORS {
                    asm!(
                        "sdot {sum:v}.4s, {x:v}.16b, {weights:v}.16b",
                        sum = inout(vreg) sums[v],
                        x = in(vreg) x,
                        weights = in(vreg) weights[v],
                        options(pure, nomem, nostack, preserves_flags),
                    );
                }
            }
            lhs = lhs.add(4);
            panel = panel.add(16 * VECTORS);
        }
        for (row, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                vst1q_s32(acc.as_mut_ptr().add((row * VECTORS + v) * 4), *sum);
            }
        }
    }
}
