//! AVX-VNNI: AVX2's vectors with `VPDPBUSD`, on CPUs that have it without AVX-512.
#![expect(unsafe_code, reason = "intrinsics of the instruction set")]

use super::avx2::{self, Avx2};
use super::implement_kernel;
use super::simd::Int8;
use super::tile::{DotProduct, Int8Vectors, tile};
use std::arch::x86_64::*;

/// The CPU has AVX2 and AVX-VNNI.
#[derive(Clone, Copy, Debug)]
pub(super) struct AvxVnni(Avx2);

impl AvxVnni {
    /// The kernel, where the CPU has what it needs.
    pub(super) fn get() -> Option<&'static dyn super::Kernel> {
        // SAFETY: used only if the CPU has AVX2.
        const KERNEL: AvxVnni = AvxVnni(unsafe { Avx2::new_unchecked() });
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni")).then_some(&KERNEL)
    }
}

implement_kernel!(AvxVnni, "avx-vnni", "avx2,avxvnni");

impl Int8 for AvxVnni {
    const TILE_ROWS: usize = 6;
    const TILE_COLUMNS: usize = Avx2::TILE_COLUMNS;
    const K_GROUP: usize = 4;

    type Simd = Avx2;

    #[inline(always)]
    fn simd(self) -> Avx2 {
        self.0
    }

    #[inline(always)]
    fn store_quantized(self, x: __m256, out: &mut [u8]) {
        self.0.store_quantized(x, out);
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        tile::<Self, { avx2::VECTORS }>(self, lhs, lhs_stride, rows, panel, init, acc);
    }
}

impl Int8Vectors for AvxVnni {
    type Sums = __m256i;
    type Groups = __m256i;

    #[inline(always)]
    unsafe fn load_sums(self, from: *const i32) -> __m256i {
        // SAFETY: the caller promises what is asked of `from`.
        unsafe { self.0.load_sums(from) }
    }

    #[inline(always)]
    unsafe fn store_sums(self, sums: __m256i, to: *mut i32) {
        // SAFETY: the caller promises what is asked of `to`.
        unsafe { self.0.store_sums(sums, to) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> __m256i {
        // SAFETY: the caller promises what is asked of `from`.
        unsafe { self.0.load_weights(from) }
    }

    #[inline(always)]
    unsafe fn splat_group(self, from: *const u8) -> __m256i {
        // SAFETY: the caller promises what is asked of `from`.
        unsafe { self.0.splat_group(from) }
    }
}

impl DotProduct for AvxVnni {
    #[inline(always)]
    fn dot(self, sums: __m256i, x: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX-VNNI.
        unsafe { _mm256_dpbusd_avx_epi32(sums, x, weights) }
    }
}
