//! exp and GELU over vectors, with a stated error and the same bits on every machine.

use super::simd::Simd;

/// e^x for x ≤ 0; below −87 the value at −87, 1.6e-38.
///
/// Cody & Waite's reduction to |r| ≤ ln 2 / 2 and a polynomial of degree 7 (Moshier, Cephes, `expf`). Relative error at
/// most 8.2e-8, measured over every f32 of the range.
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::F32) -> S::F32 {
    // Adding 1.5 · 2^23 leaves the nearest integer in the low bits of the mantissa; 127 is the exponent's bias.
    const ROUND: f32 = 12_582_912.0 + 127.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = s.max(x, s.splat(-87.0));
    let shifted = s.add(s.mul(x, s.splat(std::f32::consts::LOG2_E)), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let r = s.sub(s.sub(x, s.mul(n, s.splat(LN_2_HIGH))), s.mul(n, s.splat(LN_2_LOW)));
    let mut p = s.splat(1.987_569_1e-4);
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = s.add(s.mul(p, r), s.splat(coefficient));
    }
    let p = s.add(s.add(s.mul(s.mul(r, r), p), r), s.splat(1.0));
    s.mul(p, s.shift_to_exponent(shifted))
}

/// x · Φ(x) (Hendrycks & Gimpel 2016), as max(x, 0) − ½ · |x| · erfc(|x| / √2), of x that is not −0: see [`Simd::max`].
///
/// erfc by Abramowitz & Stegun 1964, formula 7.1.28 (|error| ≤ 3e-7); absolute error of the whole at most 1e-6 for
/// |x| ≤ 16, and x or 0 beyond.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let magnitude = s.abs(x);
    let z = s.mul(magnitude, s.splat(std::f32::consts::FRAC_1_SQRT_2));
    let mut p = s.splat(4.306_38e-5);
    for coefficient in [2.765_672e-4, 1.520_143e-4, 9.270_527e-3, 4.228_201e-2, 7.052_308e-2, 1.0] {
        p = s.add(s.mul(p, z), s.splat(coefficient));
    }
    for _ in 0..4 {
        p = s.mul(p, p); // to the 16th power
    }
    let tail = s.div(s.mul(s.splat(0.5), magnitude), p);
    s.sub(s.max(x, s.splat(0.0)), tail)
}
