//! The tile of the int8 product where one instruction adds whole groups of k to i32: written once over [`DotProduct`],
//! compiled for each instruction set. `pair_tile.rs` is the one of all others.
//!
//! Raw pointers, because this loop is four fifths of all time: bounds checked in it cost a tenth in WebAssembly.
#![expect(unsafe_code, reason = "pointers whose bounds are checked once a tile")]

use super::simd::{Int8, Simd};

/// What goes into a tile and comes out of it.
pub(crate) trait Int8Vectors: Int8 {
    /// A sum in each of [`Simd::WIDTH`] lanes.
    type Sums: Copy;
    /// A group of k in each lane: of weights, or the same activations in all.
    type Groups: Copy;

    /// # Safety
    /// [`Simd::WIDTH`] sums can be read at `from`.
    unsafe fn load_sums(self, from: *const i32) -> Self::Sums;
    /// # Safety
    /// [`Simd::WIDTH`] sums can be written at `to`.
    unsafe fn store_sums(self, sums: Self::Sums, to: *mut i32);
    /// # Safety
    /// [`Simd::WIDTH`] groups of weights can be read at `from`.
    unsafe fn load_weights(self, from: *const i8) -> Self::Groups;
    /// # Safety
    /// A group of activations, 4 bytes, can be read at `from`.
    unsafe fn splat_group(self, from: *const u8) -> Self::Groups;
}

/// The one instruction.
pub(crate) trait DotProduct: Int8Vectors {
    /// `sums + x · weights`, lane by lane.
    fn dot(self, sums: Self::Sums, x: Self::Groups, weights: Self::Groups) -> Self::Sums;
}

/// [`Int8::tile`] with `V` vectors a row.
#[inline(always)]
pub(crate) fn tile<I: DotProduct, const V: usize>(
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
        4 => rows_of::<I, 4, V>(kernel, lhs, lhs_stride, panel, init, acc),
        3 => rows_of::<I, 3, V>(kernel, lhs, lhs_stride, panel, init, acc),
        2 => rows_of::<I, 2, V>(kernel, lhs, lhs_stride, panel, init, acc),
        _ => rows_of::<I, 1, V>(kernel, lhs, lhs_stride, panel, init, acc),
    }
}

/// A tile of `M` rows.
#[inline(always)]
fn rows_of<I: DotProduct, const M: usize, const V: usize>(
    kernel: I,
    lhs: &[u8],
    lhs_stride: usize,
    panel: &[i8],
    init: &[i32],
    acc: &mut [i32],
) {
    let lanes = I::Simd::WIDTH;
    let vector_bytes = lanes * I::K_GROUP;
    let groups = panel.len() / (V * vector_bytes);
    assert!(lhs.len() >= (M - 1) * lhs_stride + groups * 4);
    assert!(init.len() == V * lanes && acc.len() == M * V * lanes);
    // SAFETY: `kernel` proves the instructions; what is read and written lies within the lengths asserted above.
    unsafe {
        let mut sums = [[kernel.load_sums(init.as_ptr()); V]; M];
        for sums in &mut sums {
            for (v, sums) in sums.iter_mut().enumerate() {
                *sums = kernel.load_sums(init.as_ptr().add(v * lanes));
            }
        }
        // A pointer for each row: V8 does not take `lhs + row · stride` out of the loop, which costs a fifth.
        let mut rows = [lhs.as_ptr(); M];
        for (row, at) in rows.iter_mut().enumerate() {
            *at = lhs.as_ptr().add(row * lhs_stride);
        }
        let mut panel = panel.as_ptr();
        let end = panel.add(groups * V * vector_bytes);
        while panel != end {
            let mut weights = [kernel.load_weights(panel); V];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = kernel.load_weights(panel.add(v * vector_bytes));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = kernel.splat_group(rows[row]);
                rows[row] = rows[row].add(4);
                for v in 0..V {
                    sums[v] = kernel.dot(sums[v], x, weights[v]);
                }
            }
            panel = panel.add(V * vector_bytes);
        }
        for (row, sums) in sums.iter().enumerate() {
            for (v, sums) in sums.iter().enumerate() {
                kernel.store_sums(*sums, acc.as_mut_ptr().add((row * V + v) * lanes));
            }
        }
    }
}
