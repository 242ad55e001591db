//! GELU in its exact form: x · Φ(x) (Hendrycks & Gimpel 2016, section 2), and its derivative.

use super::vector::{exp, on_this_cpu};
use std::f32::consts::FRAC_1_SQRT_2;

/// 1 / √(2π).
const DENSITY_AT_0: f32 = 0.398_942_3;

/// Φ(x) and φ(x), the normal distribution and its density, out of one exponential.
///
/// erf by Abramowitz & Stegun 1964, formula 7.1.26: |error| ≤ 1.5e-7 before rounding, 1e-6 in f32.
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let z = x.abs() * FRAC_1_SQRT_2;
    let e = exp(-z * z);
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_8) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = (1.0 - polynomial * e).copysign(x);
    (0.5 + 0.5 * erf, DENSITY_AT_0 * e)
}

/// GELU of every element.
pub(crate) fn forward(x: &[f32]) -> Vec<f32> {
    let mut y = x.to_vec();
    on_this_cpu(
        #[inline(always)]
        || {
            for y in &mut y {
                *y *= normal(*y).0;
            }
        },
    );
    y
}

/// `grad` becomes ∂L/∂x of ∂L/∂y, and `x` becomes y: d/dx x · Φ(x) = Φ(x) + x · φ(x).
pub(crate) fn backward(x: &mut [f32], grad: &mut [f32]) {
    on_this_cpu(
        #[inline(always)]
        || {
            for (x, grad) in x.iter_mut().zip(grad) {
                let (distribution, density) = normal(*x);
                *grad *= distribution + *x * density;
                *x *= distribution;
            }
        },
    );
}
