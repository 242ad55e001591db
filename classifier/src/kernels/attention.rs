//! Attention of one text in f32: scores, softmax, weighted sum of values (Vaswani et al. 2017, equation 1).
//!
//! Both products run with vectors over output columns and a plain sequential sum over the inner dimension, so
//! that no width of vectors changes an order of additions.

use super::rows::softmax;
use super::simd::{SUM_LANES, Simd};
use std::ops::Range;

/// Rows of a tile of the f32 product.
const TILE_ROWS: usize = 4;

/// Sizes of multi-head attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Attention heads.
    pub num_heads: usize,
    /// Width of one head.
    pub head_size: usize,
}

/// Scratch memory of [`Kernel::attention`](super::Kernel::attention); grows to the longest text it has seen.
#[derive(Debug, Default)]
pub struct AttentionScratch {
    /// Keys of one head, transposed: `[head_size][tokens, filled up to 16]`.
    keys: Vec<f32>,
    /// Scores of some queries: `[queries][tokens, filled up to 16]`.
    scores: Vec<f32>,
}

/// The context vectors of some queries of one text.
///
/// `qkv`: `[tokens][3 · hidden]`, the text's queries (already divided by √head_size), keys and values side by
/// side; `queries`: which of its tokens; `out`: `[queries][hidden]`.
#[inline(always)]
pub(crate) fn attention<S: Simd>(
    s: S,
    qkv: &[f32],
    queries: Range<usize>,
    Heads { num_heads, head_size }: Heads,
    scratch: &mut AttentionScratch,
    out: &mut [f32],
) {
    let hidden = num_heads * head_size;
    let stride = 3 * hidden;
    let tokens = qkv.len() / stride;
    let columns = tokens.next_multiple_of(SUM_LANES);
    let AttentionScratch { keys, scores } = scratch;
    keys.resize(keys.len().max(head_size * columns), 0.0);
    scores.resize(scores.len().max(queries.len() * columns), 0.0);
    let (keys, scores) = (&mut keys[..head_size * columns], &mut scores[..queries.len() * columns]);
    // What fills the columns up takes part in no result, but must not be a NaN that slows the CPU down.
    keys.fill(0.0);
    for head in 0..num_heads {
        let offset = head * head_size;
        for (token, row) in qkv.chunks_exact(stride).enumerate() {
            let key = &row[hidden + offset..][..head_size];
            for (keys, x) in keys.chunks_exact_mut(columns).zip(key) {
                keys[token] = *x;
            }
        }
        let query = &qkv[queries.start * stride + offset..];
        let product = Product { m: queries.len(), n: tokens.next_multiple_of(S::WIDTH), k: head_size };
        matmul_f32(s, product, (query, stride), (keys, columns), (scores, columns));
        for scores in scores.chunks_exact_mut(columns) {
            softmax(s, &mut scores[..tokens]);
        }
        let product = Product { m: queries.len(), n: head_size, k: tokens };
        let values = &qkv[2 * hidden + offset..];
        matmul_f32(s, product, (scores, columns), (values, stride), (&mut out[offset..], hidden));
    }
}

/// Sizes of an f32 product.
#[derive(Clone, Copy)]
struct Product {
    m: usize,
    n: usize,
    k: usize,
}

/// `c = a · b`, each a row-major matrix with the distance of its rows; sums over k in order, each product rounded.
#[inline(always)]
fn matmul_f32<S: Simd>(s: S, size: Product, a: (&[f32], usize), b: (&[f32], usize), c: (&mut [f32], usize)) {
    let (c, c_stride) = c;
    let mut row = 0;
    while row < size.m {
        let a = (&a.0[row * a.1..], a.1);
        let c = &mut c[row * c_stride..];
        let tile = Product { m: TILE_ROWS.min(size.m - row), ..size };
        match tile.m {
            4 => rows::<S, 4>(s, tile, a, b, (c, c_stride)),
            3 => rows::<S, 3>(s, tile, a, b, (c, c_stride)),
            2 => rows::<S, 2>(s, tile, a, b, (c, c_stride)),
            _ => rows::<S, 1>(s, tile, a, b, (c, c_stride)),
        }
        row += tile.m;
    }
}

#[inline(always)]
fn rows<S: Simd, const M: usize>(
    s: S,
    size: Product,
    (a, a_stride): (&[f32], usize),
    (b, b_stride): (&[f32], usize),
    (c, c_stride): (&mut [f32], usize),
) {
    let mut a_rows: [&[f32]; M] = [&[]; M];
    for (row, a_row) in a_rows.iter_mut().enumerate() {
        *a_row = &a[row * a_stride..][..size.k];
    }
    let mut column = 0;
    while column + 2 * S::WIDTH <= size.n {
        let acc = columns::<S, M, 2>(s, size.k, a_rows, &b[column..], b_stride);
        for (row, acc) in acc.iter().enumerate() {
            let c = &mut c[row * c_stride + column..][..2 * S::WIDTH];
            s.store(acc[0], c);
            s.store(acc[1], &mut c[S::WIDTH..]);
        }
        column += 2 * S::WIDTH;
    }
    if column + S::WIDTH <= size.n {
        let acc = columns::<S, M, 1>(s, size.k, a_rows, &b[column..], b_stride);
        for (row, acc) in acc.iter().enumerate() {
            s.store(acc[0], &mut c[row * c_stride + column..]);
        }
        column += S::WIDTH;
    }
    for column in column..size.n {
        for (row, a) in a_rows.iter().enumerate() {
            let mut acc = 0f32;
            for (x, y) in a.iter().zip(b[column..].chunks(b_stride)) {
                acc += x * y[0];
            }
            c[row * c_stride + column] = acc;
        }
    }
}

/// M rows times V vectors of columns.
#[inline(always)]
fn columns<S: Simd, const M: usize, const V: usize>(
    s: S,
    k: usize,
    a: [&[f32]; M],
    b: &[f32],
    b_stride: usize,
) -> [[S::F32; V]; M] {
    let mut acc = [[s.splat(0.0); V]; M];
    for (at, b) in (0..k).zip(b.chunks(b_stride)) {
        let mut lanes = [s.splat(0.0); V];
        for (v, lanes) in lanes.iter_mut().enumerate() {
            *lanes = s.load(&b[v * S::WIDTH..]);
        }
        for row in 0..M {
            let x = s.splat(a[row][at]);
            for v in 0..V {
                acc[row][v] = s.add(acc[row][v], s.mul(x, lanes[v]));
            }
        }
    }
    acc
}
