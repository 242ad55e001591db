//! AVX-512 with VNNI: 64 products an instruction (Intel SDM, `VPDPBUSD`: u8 × i8, no saturation).
#![expect(unsafe_code, reason = "intrinsics of the instruction set")]

use super::implement_kernel;
use super::simd::{Int8, Simd};
use super::tile::{DotProduct, Int8Vectors, tile};
use std::arch::x86_64::*;

/// The CPU has AVX-512 F, BW and VNNI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512Vnni(());

impl Avx512Vnni {
    /// The kernel, where the CPU has what it needs.
    pub(super) fn get() -> Option<&'static dyn super::Kernel> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        has_all.then_some(&Self(()))
    }
}

implement_kernel!(Avx512Vnni, "avx512-vnni", "avx512f,avx512bw,avx512vnni");

/// Vectors of a tile's row.
const VECTORS: usize = 4;

impl Simd for Avx512Vnni {
    const WIDTH: usize = 16;

    type F32 = __m512;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; `x[..16]` is what is read.
        unsafe { _mm512_loadu_ps(x[..16].as_ptr()) }
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; `x[..16]` is what is read.
        unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(x[..16].as_ptr().cast())) }
    }

    #[inline(always)]
    fn store(self, x: __m512, out: &mut [f32]) {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the slice of `out` is what is written.
        unsafe { _mm512_storeu_ps(out[..16].as_mut_ptr(), x) }
    }

    #[inline(always)]
    fn load_partial(self, x: &[f32], fill: f32) -> __m512 {
        assert!(x.len() <= 16);
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the mask leaves out what lies beyond `x`, at most 16 lanes as asserted.
        unsafe { _mm512_mask_loadu_ps(_mm512_set1_ps(fill), mask(x.len()), x.as_ptr()) }
    }

    #[inline(always)]
    fn store_partial(self, x: __m512, out: &mut [f32]) {
        assert!(out.len() <= 16);
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the mask leaves out what lies beyond `out`, at most 16 lanes as asserted.
        unsafe { _mm512_mask_storeu_ps(out.as_mut_ptr(), mask(out.len()), x) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn abs(self, x: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_abs_ps(x) }
    }

    #[inline(always)]
    fn shift_to_exponent(self, x: __m512) -> __m512 {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(x))) }
    }
}

/// The first `len` lanes.
#[inline(always)]
fn mask(len: usize) -> __mmask16 {
    ((1u32 << len) - 1) as __mmask16
}

impl Int8 for Avx512Vnni {
    const TILE_ROWS: usize = 6;
    const TILE_COLUMNS: usize = 16 * VECTORS;
    const K_GROUP: usize = 4;

    type Simd = Self;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    #[inline(always)]
    fn store_quantized(self, x: __m512, out: &mut [u8]) {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the slice of `out` is what is written.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_castps_si512(x));
            _mm_storeu_si128(out[..16].as_mut_ptr().cast(), bytes);
        }
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        tile::<Self, VECTORS>(self, lhs, lhs_stride, rows, panel, init, acc);
    }
}

impl Int8Vectors for Avx512Vnni {
    type Sums = __m512i;
    type Groups = __m512i;

    #[inline(always)]
    unsafe fn load_sums(self, from: *const i32) -> __m512i {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the caller promises that this can be read at `from`.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store_sums(self, sums: __m512i, to: *mut i32) {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the caller promises that this can be written at `to`.
        unsafe { _mm512_storeu_si512(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> __m512i {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the caller promises that this can be read at `from`.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn splat_group(self, from: *const u8) -> __m512i {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI; the caller promises that this can be read at `from`.
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }
}

impl DotProduct for Avx512Vnni {
    #[inline(always)]
    fn dot(self, sums: __m512i, x: __m512i, weights: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F, BW and VNNI.
        unsafe { _mm512_dpbusd_epi32(sums, x, weights) }
    }
}
