//! AVX-VNNI: AVX2's vectors with `VPDPBUSD`, on CPUs that have it without AVX-512.
#![allow(unsafe_code)]

use super::avx2::{self, Avx2};
use super::implement_kernel;
use super::simd::Int8;
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
        // SAFETY: `self` proves AVX-VNNI.
        let dot = |sum, x, weights| unsafe { _mm256_dpbusd_avx_epi32(sum, x, weights) };
        match rows {
            6 => avx2::tile::<6>(dot, lhs, lhs_stride, panel, init, acc),
            5 => avx2::tile::<5>(dot, lhs, lhs_stride, panel, init, acc),
            4 => avx2::tile::<4>(dot, lhs, lhs_stride, panel, init, acc),
            3 => avx2::tile::<3>(dot, lhs, lhs_stride, panel, init, acc),
            2 => avx2::tile::<2>(dot, lhs, lhs_stride, panel, init, acc),
            _ => avx2::tile::<1>(dot, lhs, lhs_stride, panel, init, acc),
        }
    }
}
