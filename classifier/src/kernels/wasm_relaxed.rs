//! WebAssembly's relaxed SIMD: 16 products an instruction, i8 weights × activations of 7 unsigned bits, for which
//! the relaxed instructions are exact on every engine.
//!
//! Two kernels with the same bits. On CPUs with a dot product (AVX-VNNI, NEON) the four-way instruction is one of
//! theirs. On others V8 emulates it, with two multiplications for each vector; the two-way one needs 9 for 8, and is more
//! than twice as fast. WebAssembly cannot ask the CPU, hence [`fastest`].
#![expect(unsafe_code, reason = "loads and stores through pointers")]

use super::pair_tile::{self, PairProducts};
use super::simd::Int8;
use super::tile::{self, DotProduct, Int8Vectors};
use super::wasm_simd128::Simd128;
use super::{Kernel, implement_kernel};
use std::arch::wasm32::*;
use std::hint::black_box;

/// `i32x4.relaxed_dot_i8x16_i7x16_add_s`. Whoever runs the module has relaxed SIMD: engines refuse it as a whole
/// otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct FourWay;

/// `i16x8.relaxed_dot_i8x16_i7x16_s`, then `i32x4.dot_i16x8_s` with ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwoWay;

implement_kernel!(FourWay, "wasm-relaxed-4way", "relaxed-simd");
implement_kernel!(TwoWay, "wasm-relaxed-2way", "relaxed-simd");

/// The faster of the two, by the clock.
pub(super) fn fastest(mut now_ms: impl FnMut() -> f64) -> &'static dyn Kernel {
    // Engines compile twice, first quickly and then well: it takes some rounds until the second form runs.
    const ROUNDS: usize = 8;
    // Where the CPU has the instruction, the four-way kernel is faster by a sixth in either form; where it lacks it, the
    // two are equal in the first form, which in a busy browser may be all that was timed.
    const CLEARLY: f64 = 1.1;
    let (mut four_way_ms, mut two_way_ms) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let start_ms = now_ms();
        compute_tiles(FourWay);
        let middle_ms = now_ms();
        compute_tiles(TwoWay);
        four_way_ms = four_way_ms.min(middle_ms - start_ms);
        two_way_ms = two_way_ms.min(now_ms() - middle_ms);
    }
    if two_way_ms > CLEARLY * four_way_ms { &FourWay } else { &TwoWay }
}

/// Half a millisecond of work: several times what browsers round their clocks to. A function of its own and nothing
/// but tiles, because what is timed has to be compiled first.
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
fn compute_tiles<I: Int8>(kernel: I) {
    const ROW_BYTES: usize = 384;
    const COLUMNS: usize = 4 * VECTORS;
    let (lhs, panel) = ([1u8; 2 * ROW_BYTES], [1i8; COLUMNS * ROW_BYTES]);
    let (init, mut acc) = ([0i32; COLUMNS], [0i32; 2 * COLUMNS]);
    for _ in 0..2000 {
        kernel.tile(black_box(&lhs), ROW_BYTES, 2, &panel, &init, &mut acc);
        black_box(&mut acc);
    }
}

/// Vectors of a tile's row. 2 rows of 4 keep all sums in the 16 registers that V8 has on x86, and need fewer pointers than
/// 4 of 2.
const VECTORS: usize = 4;

/// The lowest byte of each of four lanes.
#[inline(always)]
fn low_bytes(x: v128) -> u32 {
    let bytes = i8x16_shuffle::<0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12>(x, x);
    i32x4_extract_lane::<0>(bytes) as u32
}

macro_rules! implement_int8 {
    ($kernel:ty, $tile:path) => {
        impl Int8 for $kernel {
            const TILE_ROWS: usize = 2;
            const TILE_COLUMNS: usize = 4 * VECTORS;
            const K_GROUP: usize = 4;

            type Simd = Simd128;

            #[inline(always)]
            fn simd(self) -> Simd128 {
                Simd128
            }

            #[inline(always)]
            fn store_quantized(self, x: v128, out: &mut [u8]) {
                out[..4].copy_from_slice(&low_bytes(x).to_le_bytes());
            }

            #[inline(always)]
            fn tile(
                self,
                lhs: &[u8],
                lhs_stride: usize,
                rows: usize,
                panel: &[i8],
                init: &[i32],
                acc: &mut [i32],
            ) {
                $tile(self, lhs, lhs_stride, rows, panel, init, acc);
            }
        }

        impl Int8Vectors for $kernel {
            type Sums = v128;
            type Groups = v128;

            #[inline(always)]
            unsafe fn load_sums(self, from: *const i32) -> v128 {
                // SAFETY: the caller promises that this can be read at `from`; a vector may lie anywhere in
                // WebAssembly.
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
                unsafe { v128_load(from.cast()) }
            }

            #[inline(always)]
            unsafe fn splat_group(self, from: *const u8) -> v128 {
                // SAFETY: the caller promises that this can be read at `from`.
                unsafe { v128_load32_splat(from.cast()) }
            }
        }
    };
}

implement_int8!(FourWay, tile::tile::<FourWay, VECTORS>);
implement_int8!(TwoWay, pair_tile::tile::<TwoWay, VECTORS>);

impl DotProduct for FourWay {
    #[inline(always)]
    fn dot(self, sums: v128, x: v128, weights: v128) -> v128 {
        i32x4_relaxed_dot_i8x16_i7x16_add(weights, x, sums)
    }
}

impl PairProducts for TwoWay {
    type Pairs = v128;

    #[inline(always)]
    fn ones(self) -> v128 {
        // The black box keeps LLVM from writing the ones into the loop as a constant, which V8 makes anew each time.
        black_box(i16x8_splat(1))
    }

    #[inline(always)]
    fn pairs(self, x: v128, weights: v128) -> v128 {
        i16x8_relaxed_dot_i8x16_i7x16(weights, x)
    }

    #[inline(always)]
    fn add_pairs(self, a: v128, b: v128) -> v128 {
        i16x8_add(a, b)
    }

    #[inline(always)]
    fn widen(self, ones: v128, sums: v128, pairs: v128) -> v128 {
        i32x4_add(sums, i32x4_dot_i16x8(pairs, ones))
    }
}
