//! Dropout, residual and LayerNorm in one pass over each row (Ba et al. 2016, equation 4, per token).
//!
//! y = (s − μ) / √(σ² + ε) · weight + bias of s = mask · x + residual, with the biased variance σ².

use super::vector::{add, dot, on_this_cpu, sum};
use crate::Mask;

/// Scale and shift.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norm<'a> {
    /// `[hidden]`.
    pub(crate) weight: &'a [f32],
    /// `[hidden]`.
    pub(crate) bias: &'a [f32],
    pub(crate) eps: f32,
}

/// What the backward pass needs.
#[derive(Debug, Default)]
pub(crate) struct Normalized {
    /// (s − μ) / √(σ² + ε), `[rows, hidden]`.
    rows: Vec<f32>,
    /// 1 / √(σ² + ε), one a row.
    inverse_std: Vec<f32>,
}

/// The gradients of a norm's two tensors.
#[derive(Debug)]
pub(crate) struct NormGradients {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// LayerNorm of `mask · x + residual`; `x` and `residual` are `[rows, hidden]`, an empty residual is none.
pub(crate) fn forward(
    mut x: Vec<f32>,
    residual: &[f32],
    mask: Option<Mask>,
    norm: Norm<'_>,
) -> (Vec<f32>, Normalized) {
    let hidden = norm.weight.len();
    let mut y = vec![0f32; x.len()];
    let mut inverse_std = vec![0f32; x.len() / hidden];
    let mut factors = vec![0f32; hidden];
    on_this_cpu(
        #[inline(always)]
        || {
            let rows = x.chunks_exact_mut(hidden).zip(y.chunks_exact_mut(hidden)).zip(&mut inverse_std);
            for (row, ((x, y), inverse_std)) in rows.enumerate() {
                if let Some(mask) = mask {
                    mask.fill(row, &mut factors);
                    multiply(x, &factors);
                }
                if !residual.is_empty() {
                    add(x, &residual[row * hidden..][..hidden]);
                }
                *inverse_std = normalize(x, y, norm);
            }
        },
    );
    (y, Normalized { rows: x, inverse_std })
}

/// `x` becomes (x − μ) / √(σ² + ε); returns the factor.
#[inline(always)]
fn normalize(x: &mut [f32], y: &mut [f32], norm: Norm<'_>) -> f32 {
    let n = x.len() as f32;
    let mean = sum(x) / n;
    for x in x.iter_mut() {
        *x -= mean;
    }
    let inverse_std = 1.0 / (dot(x, x) / n + norm.eps).sqrt();
    for (((x, y), weight), bias) in x.iter_mut().zip(y).zip(norm.weight).zip(norm.bias) {
        *x *= inverse_std;
        *y = *x * weight + bias;
    }
    inverse_std
}

/// `grad`, ∂L/∂y, becomes ∂L/∂s, which is the residual's gradient; with a mask also returns that of `x`.
///
/// With x̂ the normalized row and g = ∂L/∂y · weight: ∂L/∂s = (g − mean(g) − x̂ · mean(g · x̂)) / √(σ² + ε),
/// ∂L/∂weight = Σ ∂L/∂y · x̂, ∂L/∂bias = Σ ∂L/∂y.
pub(crate) fn backward(
    grad: &mut [f32],
    normalized: &Normalized,
    mask: Option<Mask>,
    weight: &[f32],
) -> (Option<Vec<f32>>, NormGradients) {
    let hidden = weight.len();
    let mut gradients = NormGradients { weight: vec![0f32; hidden], bias: vec![0f32; hidden] };
    let mut x_grad = mask.map(|_| vec![0f32; grad.len()]);
    on_this_cpu(
        #[inline(always)]
        || {
            let rows = grad.chunks_exact_mut(hidden).zip(normalized.rows.chunks_exact(hidden));
            for (row, ((grad, x), inverse_std)) in rows.zip(&normalized.inverse_std).enumerate() {
                backward_row(grad, x, *inverse_std, weight, &mut gradients);
                if let (Some(mask), Some(x_grad)) = (mask, &mut x_grad) {
                    let x_grad = &mut x_grad[row * hidden..][..hidden];
                    mask.fill(row, x_grad);
                    multiply(x_grad, grad);
                }
            }
        },
    );
    (x_grad, gradients)
}

#[inline(always)]
fn backward_row(
    grad: &mut [f32],
    x: &[f32],
    inverse_std: f32,
    weight: &[f32],
    gradients: &mut NormGradients,
) {
    let n = grad.len() as f32;
    add(&mut gradients.bias, grad);
    let sums = gradients.weight.iter_mut().zip(&mut *grad).zip(x).zip(weight);
    for (((sum, grad), x), weight) in sums {
        *sum += *grad * x;
        *grad *= weight;
    }
    let (mean, mean_x) = (sum(grad) / n, dot(grad, x) / n);
    for (grad, x) in grad.iter_mut().zip(x) {
        *grad = (*grad - mean - x * mean_x) * inverse_std;
    }
}

#[inline(always)]
fn multiply(x: &mut [f32], factors: &[f32]) {
    for (x, factor) in x.iter_mut().zip(factors) {
        *x *= factor;
    }
}
