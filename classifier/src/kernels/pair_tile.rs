//! The tile of the int8 product where instructions multiply pairs into 16 bits: written once over [`PairProducts`],
//! compiled for each instruction set.
//!
//! Multiplications are what such a tile waits for, and widening to i32 is one of them. So the sums of pairs of
//! [`GROUPS`] groups of k are added up in 16 bits, in registers; then they are widened and added to i32 in memory, which
//! the first cache holds. Raw pointers, as in `tile.rs`.
#![expect(unsafe_code, reason = "pointers whose bounds are checked once a tile")]

use super::simd::Simd;
use super::tile::Int8Vectors;
use std::hint::black_box;

/// Groups of k between two widenings: as many as 16 bits hold, see [`WEIGHT_STEPS`](super::WEIGHT_STEPS).
const GROUPS: usize = 8;

/// The instructions.
pub(crate) trait PairProducts: Int8Vectors {
    /// Two i16 in each of [`Simd::WIDTH`] lanes.
    type Pairs: Copy;

    /// What [`PairProducts::widen`] multiplies by. Taken once a tile: V8 makes a constant that stands in the loop anew
    /// each time.
    fn ones(self) -> Self::Pairs;
    /// `x₀ · weight₀ + x₁ · weight₁` and `x₂ · weight₂ + x₃ · weight₃` of each lane's group.
    fn pairs(self, x: Self::Groups, weights: Self::Groups) -> Self::Pairs;
    /// `a + b`
    fn add_pairs(self, a: Self::Pairs, b: Self::Pairs) -> Self::Pairs;
    /// Adds both of each lane to its sum.
    fn widen(self, ones: Self::Pairs, sums: Self::Sums, pairs: Self::Pairs) -> Self::Sums;
}

/// [`Int8::tile`](super::simd::Int8::tile) with `V` vectors a row.
#[inline(always)]
pub(crate) fn tile<I: PairProducts, const V: usize>(
    kernel: I,
    lhs: &[u8],
    lhs_stride: usize,
    rows: usize,
    panel: &[i8],
    init: &[i32],
    acc: &mut [i32],
) {
    // The first condition of each arm is known at compile time: a kernel has the heights that it uses.
    match rows {
        6 if I::TILE_ROWS >= 6 => rows_of::<I, 6, V>(kernel, lhs, lhs_stride, panel, init, acc),
        5 if I::TILE_ROWS >= 5 => rows_of::<I, 5, V>(kernel, lhs, lhs_stride, panel, init, acc),
        4 if I::TILE_ROWS >= 4 => rows_of::<I, 4, V>(kernel, lhs, lhs_stride, panel, init, acc),
        3 if I::TILE_ROWS >= 3 => rows_of::<I, 3, V>(kernel, lhs, lhs_stride, panel, init, acc),
        2 => rows_of::<I, 2, V>(kernel, lhs, lhs_stride, panel, init, acc),
        _ => rows_of::<I, 1, V>(kernel, lhs, lhs_stride, panel, init, acc),
    }
}

/// A tile of `M` rows.
#[inline(always)]
fn rows_of<I: PairProducts, const M: usize, const V: usize>(
    kernel: I,
    lhs: &[u8],
    lhs_stride: usize,
    panel: &[i8],
    init: &[i32],
    acc: &mut [i32],
) {
    let lanes = I::Simd::WIDTH;
    let group_bytes = V * lanes * I::K_GROUP;
    let groups = panel.len() / group_bytes;
    assert!(lhs.len() >= (M - 1) * lhs_stride + groups * 4);
    assert!(init.len() == V * lanes && acc.len() == M * V * lanes);
    for acc in acc.chunks_exact_mut(V * lanes) {
        acc.copy_from_slice(init);
    }
    // SAFETY: `kernel` proves the instructions; what is read and written lies within the lengths asserted above.
    unsafe {
        // A pointer for each row: V8 does not take `lhs + row · stride` out of the loop.
        let mut rows = [lhs.as_ptr(); M];
        for (row, at) in rows.iter_mut().enumerate() {
            *at = lhs.as_ptr().add(row * lhs_stride);
        }
        let ones = kernel.ones();
        let mut panel = panel.as_ptr();
        let mut left = groups;
        while left > 0 {
            let next = left.saturating_sub(GROUPS);
            let end = panel.add((left - next) * group_bytes);
            left = next;
            let mut pairs = [[ones; V]; M];
            multiply::<I, M, V, true>(kernel, &mut rows, &mut panel, &mut pairs);
            while panel != end {
                multiply::<I, M, V, false>(kernel, &mut rows, &mut panel, &mut pairs);
            }
            // The black box keeps LLVM from holding the sums in registers between, of which none are left.
            let acc = black_box(acc.as_mut_ptr());
            for (at, pairs) in pairs.as_flattened().iter().enumerate() {
                let sums = acc.add(at * lanes);
                kernel.store_sums(kernel.widen(ones, kernel.load_sums(sums), *pairs), sums);
            }
        }
    }
}

/// The next group of k, whose places it leaves behind: the first of some sets the sums, the others add to them.
///
/// # Safety
/// `kernel` proves the instructions; a group of activations can be read at each of `rows`, and of weights at `panel`.
#[inline(always)]
unsafe fn multiply<I: PairProducts, const M: usize, const V: usize, const FIRST: bool>(
    kernel: I,
    rows: &mut [*const u8; M],
    panel: &mut *const i8,
    pairs: &mut [[I::Pairs; V]; M],
) {
    let vector_bytes = I::Simd::WIDTH * I::K_GROUP;
    // SAFETY: the caller promises what is asked of these pointers.
    unsafe {
        let mut weights = [kernel.load_weights(*panel); V];
        for (v, weights) in weights.iter_mut().enumerate() {
            *weights = kernel.load_weights(panel.add(v * vector_bytes));
        }
        *panel = panel.add(V * vector_bytes);
        for (row, pairs) in rows.iter_mut().zip(pairs) {
            let x = kernel.splat_group(*row);
            *row = row.add(4);
            for v in 0..V {
                let products = kernel.pairs(x, weights[v]);
                pairs[v] = if FIRST { products } else { kernel.add_pairs(pairs[v], products) };
            }
        }
    }
}
