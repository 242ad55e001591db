//! The operations on rows of f32: quantization, residual + LayerNorm, softmax.
//!
//! Written once over [`Simd`]; each kernel compiles them for its instruction set.

use super::math::exp;
use super::simd::{Int8, Parts, SUM_LANES, Simd};

/// The quantized value of a row's midpoint.
pub const ZERO_POINT: i32 = 64;
/// Steps from the middle of a row to its ends: 1 ..= 127.
const HALF_STEPS: f32 = 63.0;

/// What a quantized row stands for: `x ≈ midpoint + (quantized − 64) · scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowScale {
    /// (max − min) / 126; of a row that counts as one of equal values, whatever its 0 steps are multiplied by.
    pub scale: f32,
    /// (max + min) / 2. Rows are lopsided, GELU's most of all; around their middle no step is wasted.
    pub midpoint: f32,
}

impl RowScale {
    /// The scale of a row of numbers between these two, and what a distance from its midpoint is multiplied by to
    /// give steps. Steps stay within ±63 once they are rounded, whatever the row.
    #[inline(always)]
    pub fn of_range(smallest: f32, largest: f32) -> (Self, f32) {
        // Halves, because the whole of 3e38 − (−3e38) is infinite. Adding 0 makes a −0 one: of rows of both zeros
        // kernels find this one or that.
        let midpoint = (0.5 * largest + 0.5 * smallest) + 0.0;
        let mut half_range = 0.5 * largest - 0.5 * smallest;
        let mut steps = inverse(HALF_STEPS, half_range);
        let reach =
            if largest - midpoint > midpoint - smallest { largest - midpoint } else { midpoint - smallest };
        // In a row as narrow as the distance between neighbouring f32, the midpoint is one of these: an end may lie
        // the whole range from it.
        if reach * steps >= HALF_STEPS + 0.5 {
            half_range = reach;
            steps = inverse(HALF_STEPS, reach);
        }
        (Self { scale: half_range / HALF_STEPS, midpoint }, steps)
    }
}

/// `steps / range`, or 0 where that overflows: with so small a range all are the same number.
#[inline(always)]
pub fn inverse(steps: f32, range: f32) -> f32 {
    let inverse = steps / range;
    if inverse < f32::INFINITY { inverse } else { 0.0 }
}

/// Quantizes a row of numbers (not empty, none infinite or NaN) to unsigned 7 bits, rounded to the nearest, ties to
/// even.
///
/// `out` holds the row as [`Int8::store_quantized`] writes it, whole groups of k: what lies beyond the row is
/// set to 0, and the packed weights are 0 there.
#[inline(always)]
pub(crate) fn quantize<I: Int8>(kernel: I, x: &[f32], out: &mut [u8]) -> RowScale {
    // See `exp`: adding 1.5 · 2^23 rounds, and leaves the integer in the low bits.
    const ROUND: f32 = 12_582_912.0 + ZERO_POINT as f32;
    let (s, width) = (kernel.simd(), I::Simd::WIDTH);
    let full = x.len() - x.len() % width;
    let mut largest = s.splat(x[0]);
    let mut smallest = largest;
    for x in x[..full].chunks_exact(width) {
        let x = s.load(x);
        largest = s.max(largest, x);
        smallest = s.min(smallest, x);
    }
    if full < x.len() {
        let last = s.load_partial(&x[full..], x[0]);
        largest = s.max(largest, last);
        smallest = s.min(smallest, last);
    }
    let largest = reduce(s, largest, |a, b| if a > b { a } else { b });
    let smallest = reduce(s, smallest, |a, b| if a < b { a } else { b });
    let (scale, inverse) = RowScale::of_range(smallest, largest);

    let (middle, inverse, round) = (s.splat(scale.midpoint), s.splat(inverse), s.splat(ROUND));
    let rounded = |x| s.add(s.mul(s.sub(x, middle), inverse), round);
    let step = width * 4 / I::K_GROUP;
    let mut at = 0;
    for x in x[..full].chunks_exact(width) {
        kernel.store_quantized(rounded(s.load(x)), &mut out[at..at + step]);
        at += step;
    }
    if full < x.len() {
        let mut last = [0u8; SUM_LANES * 4];
        kernel.store_quantized(rounded(s.load_partial(&x[full..], 0.0)), &mut last);
        let bytes = (x.len() - full) * 4 / I::K_GROUP;
        out[at..at + bytes].copy_from_slice(&last[..bytes]);
        at += bytes;
    }
    out[at..].fill(0);
    scale
}

/// Folds the lanes of a vector, halves upon each other; for what does not depend on an order.
#[inline(always)]
fn reduce<S: Simd>(s: S, x: S::F32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0f32; SUM_LANES];
    s.store(x, &mut lanes);
    let mut half = S::WIDTH / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = f(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Scale and shift of a LayerNorm.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    /// `[hidden]`.
    pub weight: Vec<f32>,
    /// `[hidden]`.
    pub bias: Vec<f32>,
    /// ε inside the square root.
    pub eps: f32,
}

/// `x = LayerNorm(x + residual)`, biased variance (Ba et al. 2016, equation 4).
#[inline(always)]
pub(crate) fn add_layer_norm<S: Simd>(s: S, x: &mut [f32], residual: &[f32], norm: &LayerNorm) {
    let n = x.len();
    let (residual, weight, bias) = (&residual[..n], &norm.weight[..n], &norm.bias[..n]);
    let full = n - n % S::WIDTH;
    let count = n as f32;

    let mut sum = Parts::zero(s);
    let mut at = 0;
    while at < full {
        let added = s.add(s.load(&x[at..]), s.load(&residual[at..]));
        s.store(added, &mut x[at..]);
        sum.add(s, at, added);
        at += S::WIDTH;
    }
    if full < n {
        let added = s.add(s.load_partial(&x[full..], 0.0), s.load_partial(&residual[full..], 0.0));
        s.store_partial(added, &mut x[full..]);
        sum.add(s, full, added);
    }
    let mean = s.sum(sum) / count;

    let mean_lanes = s.splat(mean);
    let mut squares = Parts::zero(s);
    let mut at = 0;
    while at < full {
        let centred = s.sub(s.load(&x[at..]), mean_lanes);
        squares.add(s, at, s.mul(centred, centred));
        at += S::WIDTH;
    }
    if full < n {
        let centred = s.sub(s.load_partial(&x[full..], mean), mean_lanes);
        squares.add(s, full, s.mul(centred, centred));
    }
    let inverse = s.splat(1.0 / (s.sum(squares) / count + norm.eps).sqrt());

    let mut at = 0;
    while at < full {
        let normalized = s.mul(s.sub(s.load(&x[at..]), mean_lanes), inverse);
        let scaled = s.add(s.mul(normalized, s.load(&weight[at..])), s.load(&bias[at..]));
        s.store(scaled, &mut x[at..]);
        at += S::WIDTH;
    }
    if full < n {
        let normalized = s.mul(s.sub(s.load_partial(&x[full..], 0.0), mean_lanes), inverse);
        let weight = s.load_partial(&weight[full..], 0.0);
        let scaled = s.add(s.mul(normalized, weight), s.load_partial(&bias[full..], 0.0));
        s.store_partial(scaled, &mut x[full..]);
    }
}

/// `x = softmax(x)`; the maximum is subtracted first, so no finite score overflows.
#[inline(always)]
pub(crate) fn softmax<S: Simd>(s: S, x: &mut [f32]) {
    let n = x.len();
    let full = n - n % S::WIDTH;
    let mut largest = s.splat(f32::NEG_INFINITY);
    for x in x[..full].chunks_exact(S::WIDTH) {
        largest = s.max(largest, s.load(x));
    }
    largest = s.max(largest, s.load_partial(&x[full..], f32::NEG_INFINITY));
    let largest = s.splat(reduce(s, largest, |a, b| if a > b { a } else { b }));

    let mut sum = Parts::zero(s);
    let mut at = 0;
    while at < full {
        let e = exp(s, s.sub(s.load(&x[at..]), largest));
        s.store(e, &mut x[at..]);
        sum.add(s, at, e);
        at += S::WIDTH;
    }
    if full < n {
        let e = exp(s, s.sub(s.load_partial(&x[full..], 0.0), largest));
        s.store_partial(e, &mut x[full..]);
        sum.add(s, full, s.load_partial(&x[full..], 0.0));
    }
    let inverse = s.splat(1.0 / s.sum(sum));
    for x in x[..full].chunks_exact_mut(S::WIDTH) {
        s.store(s.mul(s.load(x), inverse), x);
    }
    if full < n {
        s.store_partial(s.mul(s.load_partial(&x[full..], 0.0), inverse), &mut x[full..]);
    }
}
