//! WebAssembly's relaxed SIMD: 16 products an instruction, i8 weights × activations of 7 unsigned bits, for which
//! the relaxed instructions are exact on every engine.
//!
//! On CPUs with a dot product (AVX-VNNI, NEON) the instruction is one of theirs; on others engines emulate it. The
//! two-way `i16x8.relaxed_dot_i8x16_i7x16_s` with a widening addition was no faster there (AMD Zen 4, Chromium).
#![allow(unsafe_code)]

use super::implement_kernel;
use super::simd::Int8;
use super::wasm_simd128::{Simd128, low_bytes};
use std::arch::wasm32::*;

/// The module is compiled with relaxed SIMD, so whoever runs it has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relaxed;

implement_kernel!(Relaxed, "wasm-relaxed");

/// Vectors of a tile's row; see `wasm_simd128.rs`.
const VECTORS: usize = 2;

impl Int8 for Relaxed {
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
    // SAFETY: the lengths are asserted above.
    unsafe {
        let mut sums = [[i32x4_splat(0); VECTORS]; M];
        for v in 0..VECTORS {
            let init = v128_load(init.as_ptr().add(4 * v).cast());
            for sums in &mut sums {
                sums[v] = init;
            }
        }
        let (mut lhs, mut panel) = (lhs.as_ptr(), panel.as_ptr());
        for _ in 0..groups {
            let mut weights = [i32x4_splat(0); VECTORS];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = v128_load(panel.add(16 * v).cast());
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = v128_load32_splat(lhs.add(row * lhs_stride).cast());
                for v in 0..VECTORS {
                    sums[v] = i32x4_relaxed_dot_i8x16_i7x16_add(weights[v], x, sums[v]);
                }
            }
            lhs = lhs.add(4);
            panel = panel.add(16 * VECTORS);
        }
        for (row, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                v128_store(acc.as_mut_ptr().add((row * VECTORS + v) * 4).cast(), *sum);
            }
        }
    }
}
