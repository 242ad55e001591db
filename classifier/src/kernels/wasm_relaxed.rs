//! WebAssembly's relaxed SIMD: 16 products an instruction, i8 weights × activations of 7 unsigned bits, for which
//! the relaxed instructions are exact on every engine.
//!
//! Two kernels with the same bits. On CPUs with a dot product (AVX-VNNI, NEON) the four-way instruction is one of
//! theirs. On others V8 makes five of it, and the two-way one with a widening of our own, which makes three, is
//! faster by a fifth (AMD Zen 4). WebAssembly cannot ask the CPU, hence [`fastest`](super::fastest).
#![allow(unsafe_code)]

use super::implement_kernel;
use super::simd::Int8;
use super::wasm_simd128::Simd128;
use std::arch::wasm32::*;

/// `i32x4.relaxed_dot_i8x16_i7x16_add_s`. The module is compiled with relaxed SIMD, so whoever runs it has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FourWay;

/// `i16x8.relaxed_dot_i8x16_i7x16_s`, then `i32x4.dot_i16x8_s` with ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwoWay;

implement_kernel!(FourWay, "wasm-relaxed-4way");
implement_kernel!(TwoWay, "wasm-relaxed-2way");

/// Vectors of a tile's row; see `wasm_simd128.rs`.
const VECTORS: usize = 2;

/// The lowest byte of each of four lanes.
#[inline(always)]
fn low_bytes(x: v128) -> u32 {
    let bytes = i8x16_shuffle::<0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12>(x, x);
    i32x4_extract_lane::<0>(bytes) as u32
}

macro_rules! implement_int8 {
    ($kernel:ty, $dot:expr) => {
        impl Int8 for $kernel {
            const TILE_ROWS: usize = 4;
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
                match rows {
                    4 => tile::<4>($dot, lhs, lhs_stride, panel, init, acc),
                    3 => tile::<3>($dot, lhs, lhs_stride, panel, init, acc),
                    2 => tile::<2>($dot, lhs, lhs_stride, panel, init, acc),
                    _ => tile::<1>($dot, lhs, lhs_stride, panel, init, acc),
                }
            }
        }
    };
}

implement_int8!(FourWay, |sum, weights, x| i32x4_relaxed_dot_i8x16_i7x16_add(weights, x, sum));
implement_int8!(TwoWay, |sum, weights, x| {
    i32x4_add(sum, i32x4_dot_i16x8(i16x8_relaxed_dot_i8x16_i7x16(weights, x), i16x8_splat(1)))
});

/// `dot(sum, weights, x)` adds four products a lane.
#[inline(always)]
fn tile<const M: usize>(
    dot: impl Fn(v128, v128, v128) -> v128,
    lhs: &[u8],
    lhs_stride: usize,
    panel: &[i8],
    init: &[i32],
    acc: &mut [i32],
) {
    let groups = panel.len() / (16 * VECTORS);
    assert!(lhs.len() >= (M - 1) * lhs_stride + groups * 4);
    assert!(init.len() == 4 * VECTORS && acc.len() == M * 4 * VECTORS);
    // SAFETY: the lengths are asserted above.
    unsafe {
        let mut sums = [[i32x4_splat(0); VECTORS]; M];
        for v in 0..VECTORS {
            let init = v128_load(init.as_ptr().add(4 * v).cast());
            for sums in &mut sums {
                sums[v] = init;
            }
        }
        // A pointer for each row: V8 does not take `lhs + row · stride` out of the loop, which costs a fifth.
        let mut rows = [lhs.as_ptr(); M];
        for (row, at) in rows.iter_mut().enumerate() {
            *at = lhs.as_ptr().add(row * lhs_stride);
        }
        let mut panel = panel.as_ptr();
        let end = panel.add(16 * VECTORS * groups);
        while panel != end {
            let mut weights = [i32x4_splat(0); VECTORS];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = v128_load(panel.add(16 * v).cast());
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = v128_load32_splat(rows[row].cast());
                rows[row] = rows[row].add(4);
                for v in 0..VECTORS {
                    sums[v] = dot(sums[v], weights[v], x);
                }
            }
            panel = panel.add(16 * VECTORS);
        }
        for (row, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                v128_store(acc.as_mut_ptr().add((row * VECTORS + v) * 4).cast(), *sum);
            }
        }
    }
}
