//! AVX2: 32 products with `VPMADDUBSW`, whose sums of pairs are added up in 16 bits before `VPMADDWD` widens them.
#![expect(unsafe_code, reason = "intrinsics of the instruction set")]

use super::implement_kernel;
use super::pair_tile::{PairProducts, tile};
use super::simd::{Int8, Simd};
use super::tile::Int8Vectors;
use std::arch::x86_64::*;

/// The CPU has AVX2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The kernel, where the CPU has what it needs.
    pub(super) fn get() -> Option<&'static dyn super::Kernel> {
        is_x86_feature_detected!("avx2").then_some(&Self(()))
    }

    /// The proof, for a kernel that needs AVX2 and more.
    ///
    /// # Safety
    /// The CPU has AVX2.
    pub(super) const unsafe fn new_unchecked() -> Self {
        Self(())
    }
}

implement_kernel!(Avx2, "avx2", "avx2");

/// Vectors of a tile's row.
pub(super) const VECTORS: usize = 2;

impl Simd for Avx2 {
    const WIDTH: usize = 8;

    type F32 = __m256;

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> __m256 {
        // SAFETY: `self` proves AVX2; `x[..8]` is what is read.
        unsafe { _mm256_loadu_ps(x[..8].as_ptr()) }
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> __m256 {
        // SAFETY: `self` proves AVX2; `x[..8]` is what is read.
        unsafe { _mm256_cvtepi32_ps(_mm256_loadu_si256(x[..8].as_ptr().cast())) }
    }

    #[inline(always)]
    fn store(self, x: __m256, out: &mut [f32]) {
        // SAFETY: `self` proves AVX2; the slice of `out` is what is written.
        unsafe { _mm256_storeu_ps(out[..8].as_mut_ptr(), x) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_div_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn abs(self, x: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), x) }
    }

    #[inline(always)]
    fn shift_to_exponent(self, x: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(x))) }
    }
}

impl Int8 for Avx2 {
    const TILE_ROWS: usize = 6;
    const TILE_COLUMNS: usize = 8 * VECTORS;
    const K_GROUP: usize = 4;

    type Simd = Self;

    #[inline(always)]
    fn simd(self) -> Self {
        self
    }

    #[inline(always)]
    fn store_quantized(self, x: __m256, out: &mut [u8]) {
        // SAFETY: `self` proves AVX2; the slice of `out` is what is written.
        unsafe {
            let low = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0xff));
            let words = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256::<1>(low));
            _mm_storel_epi64(out[..8].as_mut_ptr().cast(), _mm_packus_epi16(words, words));
        }
    }

    #[inline(always)]
    fn tile(self, lhs: &[u8], lhs_stride: usize, rows: usize, panel: &[i8], init: &[i32], acc: &mut [i32]) {
        tile::<Self, VECTORS>(self, lhs, lhs_stride, rows, panel, init, acc);
    }
}

impl Int8Vectors for Avx2 {
    type Sums = __m256i;
    type Groups = __m256i;

    #[inline(always)]
    unsafe fn load_sums(self, from: *const i32) -> __m256i {
        // SAFETY: `self` proves AVX2; the caller promises that this can be read at `from`.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store_sums(self, sums: __m256i, to: *mut i32) {
        // SAFETY: `self` proves AVX2; the caller promises that this can be written at `to`.
        unsafe { _mm256_storeu_si256(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> __m256i {
        // SAFETY: `self` proves AVX2; the caller promises that this can be read at `from`.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn splat_group(self, from: *const u8) -> __m256i {
        // SAFETY: `self` proves AVX2; the caller promises that this can be read at `from`.
        unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }
}

impl PairProducts for Avx2 {
    type Pairs = __m256i;

    #[inline(always)]
    fn ones(self) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_epi16(1) }
    }

    #[inline(always)]
    fn pairs(self, x: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_maddubs_epi16(x, weights) }
    }

    #[inline(always)]
    fn add_pairs(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_epi16(a, b) }
    }

    #[inline(always)]
    fn widen(self, ones: __m256i, sums: __m256i, pairs: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones)) }
    }
}
