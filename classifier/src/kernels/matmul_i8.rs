//! The int8 product: packed weights, quantized activations, and the epilogue that turns accumulators into f32.

use super::Kernel;
use super::math::gelu;
use super::rows::{RowScale, ZERO_POINT, inverse};
use super::simd::{Int8, Simd};

/// Most accumulators of a tile, over all kernels.
const MAX_TILE: usize = 512;
/// Bytes; a vector that crosses two is read in twice the time.
const CACHE_LINE: usize = 64;
/// Steps from 0 to the largest weight of a column. Eight times the sum of two products then fits into 16 bits, in which
/// kernels without a dot product add them up before they widen (127 · 16 · 2 · 8 = 32,512 < 2^15). A power of two:
/// where the file stores a block in steps of an eighth of the column's largest weight, all of it is kept.
pub const WEIGHT_STEPS: f32 = 16.0;
/// Largest k: an i32 accumulator holds a multiple of it (127 · 16 · 2^17 = 2^28 − 2^21).
pub const MAX_K: usize = 1 << 17;

/// How a kernel wants weights packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Output columns of a panel.
    pub tile_columns: usize,
    /// Values of k that lie together.
    pub k_group: usize,
}

/// The weights of a linear layer, −16 ..= 16 with one scale a column, in the order in which the tiles read them.
///
/// `weight ≈ packed · scale` with `scale` = max |weight| / 16 of its column. Knows the kernel that it was packed for,
/// so that no other one can read it.
#[derive(Debug)]
pub struct PackedMatrix {
    kernel: &'static dyn Kernel,
    panels: Panels,
}

/// What [`PackedMatrix`] hands to its kernel, and nobody else has. A panel is `tile_columns` columns:
/// `[k / k_group][tile_columns][k_group]`; n and k are filled up with zeros.
#[derive(Debug)]
pub struct Panels {
    n: usize,
    k: usize,
    /// From `first_panel` on, where a cache line starts.
    weights: Vec<i8>,
    first_panel: usize,
    /// −64 · Σ_k weight: where an accumulator starts, so that the zero point of the activations drops out.
    acc_init: Vec<i32>,
    scales: Vec<f32>,
    /// Σ_k weight, in f32: what the midpoint of a row of activations is multiplied by.
    sums: Vec<f32>,
    bias: Vec<f32>,
}

impl PackedMatrix {
    /// Room for a layer of `k` inputs (at most [`MAX_K`]) and `n` outputs, all weights 0.
    pub fn zeros(kernel: &'static dyn Kernel, n: usize, k: usize) -> Self {
        let layout = kernel.layout();
        let columns = n.next_multiple_of(layout.tile_columns);
        let weights = vec![0; columns * k.next_multiple_of(layout.k_group) + CACHE_LINE];
        let panels = Panels {
            n,
            k,
            first_panel: weights.as_ptr().align_offset(CACHE_LINE) % CACHE_LINE,
            weights,
            acc_init: vec![0; columns],
            scales: vec![0.0; columns],
            sums: vec![0.0; columns],
            bias: vec![0.0; columns],
        };
        Self { kernel, panels }
    }

    /// Quantizes the weights (`k` of them) of one output column into its place, multiplied by `factor`, as the
    /// bias is.
    pub fn set_column(&mut self, column: usize, weights: &[f32], bias: f32, factor: f32) {
        let Layout { tile_columns, k_group } = self.kernel.layout();
        let panels = &mut self.panels;
        let largest = weights.iter().fold(0f32, |a, b| a.max(b.abs()));
        let inverse = inverse(WEIGHT_STEPS, largest);
        let panel_size = tile_columns * panels.k.next_multiple_of(k_group);
        let panel =
            &mut panels.weights[panels.first_panel..][column / tile_columns * panel_size..][..panel_size];
        let mut sum = 0i32;
        let groups = panel.chunks_exact_mut(tile_columns * k_group);
        for (group, weights) in groups.zip(weights.chunks(k_group)) {
            let place = &mut group[column % tile_columns * k_group..][..weights.len()];
            for (packed, weight) in place.iter_mut().zip(weights) {
                // Adding 1.5 · 2^23 rounds to the nearest, ties to even, and leaves the integer in the low bits.
                *packed = (weight * inverse + 12_582_912.0).to_bits() as i8;
                sum += i32::from(*packed);
            }
        }
        panels.acc_init[column] = -ZERO_POINT * sum;
        panels.scales[column] = largest / WEIGHT_STEPS * factor;
        panels.sums[column] = sum as f32 * panels.scales[column];
        // Never −0, so that no output is: what has a 0 added to it, and what cancels out, is 0.
        panels.bias[column] = bias * factor + 0.0;
    }

    /// `out = activation(lhs · rhsᵀ + bias)`: `lhs` holds as many rows as `lhs_scales` scales, each as this matrix's
    /// kernel has quantized it; `out` is `[rows][n]`.
    pub fn multiply(&self, lhs: &[u8], lhs_scales: &[RowScale], activation: Activation, out: &mut [f32]) {
        self.kernel.matmul_i8(lhs, lhs_scales, &self.panels, activation, out);
    }

    /// Outputs.
    pub fn n(&self) -> usize {
        self.panels.n
    }

    /// Inputs.
    pub fn k(&self) -> usize {
        self.panels.k
    }

    /// Bytes of one quantized row of activations.
    pub fn row_bytes(&self) -> usize {
        row_bytes(self.kernel.layout().k_group, self.panels.k)
    }
}

/// Bytes of a quantized row of `k` activations: a group of k takes 4.
pub fn row_bytes(k_group: usize, k: usize) -> usize {
    k.div_ceil(k_group) * 4
}

/// What is applied to an output of the product before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// x · Φ(x).
    Gelu,
}

/// See [`PackedMatrix::multiply`]; `rhs` was packed for this kernel.
#[inline(always)]
pub(crate) fn matmul_i8<I: Int8>(
    kernel: I,
    lhs: &[u8],
    lhs_scales: &[RowScale],
    rhs: &Panels,
    activation: Activation,
    out: &mut [f32],
) {
    let (rows, n, row_bytes) = (lhs_scales.len(), rhs.n, row_bytes(I::K_GROUP, rhs.k));
    if rows == 0 {
        return;
    }
    let panel_size = I::TILE_COLUMNS * rhs.k.next_multiple_of(I::K_GROUP);
    // Tiles of nearly equal height: 20 rows are 5 + 5 + 5 + 5 rather than 6 + 6 + 6 + 2.
    let tiles = rows.div_ceil(I::TILE_ROWS);
    let mut acc = [0i32; MAX_TILE];
    let panels = rhs.weights[rhs.first_panel..].chunks_exact(panel_size);
    // The zip leaves out what fills up the last cache line.
    for (weights, column) in panels.zip((0..n).step_by(I::TILE_COLUMNS)) {
        let columns = Columns {
            scales: &rhs.scales[column..column + I::TILE_COLUMNS],
            sums: &rhs.sums[column..column + I::TILE_COLUMNS],
            bias: &rhs.bias[column..column + I::TILE_COLUMNS],
        };
        let init = &rhs.acc_init[column..column + I::TILE_COLUMNS];
        let width = I::TILE_COLUMNS.min(n - column);
        let mut row = 0;
        for tile in 0..tiles {
            let height = (rows - row) / (tiles - tile);
            let acc = &mut acc[..height * I::TILE_COLUMNS];
            kernel.tile(&lhs[row * row_bytes..], row_bytes, height, weights, init, acc);
            for (acc, at) in acc.chunks_exact(I::TILE_COLUMNS).zip(row..) {
                let out = &mut out[at * n + column..][..width];
                epilogue(kernel.simd(), acc, lhs_scales[at], columns, activation, out);
            }
            row += height;
        }
    }
}

/// What belongs to the columns of a tile.
#[derive(Clone, Copy)]
struct Columns<'a> {
    scales: &'a [f32],
    sums: &'a [f32],
    bias: &'a [f32],
}

/// `out = activation(acc · (row scale · column scale) + (midpoint · sum + bias))` for one row of a tile.
#[inline(always)]
fn epilogue<S: Simd>(
    s: S,
    acc: &[i32],
    row: RowScale,
    columns: Columns<'_>,
    activation: Activation,
    out: &mut [f32],
) {
    let full = out.len() - out.len() % S::WIDTH;
    let mut at = 0;
    while at < full {
        s.store(dequantize(s, acc, row, columns, activation, at), &mut out[at..]);
        at += S::WIDTH;
    }
    if full < out.len() {
        s.store_partial(dequantize(s, acc, row, columns, activation, full), &mut out[full..]);
    }
}

/// The outputs from column `at` on. No closure: those are not compiled for the kernel's instruction set.
#[inline(always)]
fn dequantize<S: Simd>(
    s: S,
    acc: &[i32],
    row: RowScale,
    columns: Columns<'_>,
    activation: Activation,
    at: usize,
) -> S::F32 {
    let scale = s.mul(s.splat(row.scale), s.load(&columns.scales[at..]));
    let midpoint = s.mul(s.splat(row.midpoint), s.load(&columns.sums[at..]));
    let offset = s.add(midpoint, s.load(&columns.bias[at..]));
    let x = s.add(s.mul(s.load_i32(&acc[at..]), scale), offset);
    match activation {
        Activation::None => x,
        Activation::Gelu => gelu(s, x),
    }
}
