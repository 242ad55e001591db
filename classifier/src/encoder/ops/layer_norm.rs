//! LayerNorm over the last dimension (Ba et al. 2016, equation 4, per token).
//!
//! y = (x − μ) / √(σ² + ε) · weight + bias, with the biased variance σ².

use super::rows::{slice, with_slice};
use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};

/// LayerNorm with gradients for `x`, `weight` and `bias`.
///
/// Shapes: `x` `[…, hidden]`, `weight` and `bias` `[hidden]` → `[…, hidden]`, f32. Agrees with
/// [`layer_norm_composed`] within 1e-5.
///
/// # Errors
/// Shapes that do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    match x.device().is_cpu() {
        true => x.contiguous()?.apply_op3(weight, bias, LayerNorm { eps: eps as f32 }),
        false => layer_norm_composed(x, weight, bias, eps),
    }
}

/// The specification of [`layer_norm`], out of candle's differentiable operations.
///
/// # Errors
/// Shapes that do not fit.
pub fn layer_norm_composed(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normalized = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    normalized.broadcast_mul(weight)?.broadcast_add(bias)
}

struct LayerNorm {
    eps: f32,
}

/// Mean and 1 / √(σ² + ε) of one row.
fn moments(row: &[f32], eps: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = row.iter().sum::<f32>() / n;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
    (mean, 1.0 / (variance + eps).sqrt())
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, x_layout)?;
        let (weight, bias) = (slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let hidden = weight.len();
        if x_layout.dims().last() != Some(&hidden) || bias.len() != hidden {
            candle_core::bail!("layer norm: expected x [.., {hidden}], bias [{hidden}], found {x_layout:?}");
        }
        let mut y = Vec::with_capacity(x.len());
        for row in x.chunks_exact(hidden) {
            let (mean, inverse_std) = moments(row, self.eps);
            let scaled = row.iter().zip(weight).zip(bias);
            y.extend(scaled.map(|((x, weight), bias)| (x - mean) * inverse_std * weight + bias));
        }
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    /// With x̂ = (x − μ) / s and g = ∂L/∂y · weight:
    /// ∂L/∂x = (g − mean(g) − x̂ · mean(g · x̂)) / s, ∂L/∂weight = Σ ∂L/∂y · x̂, ∂L/∂bias = Σ ∂L/∂y.
    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let hidden = weight.elem_count();
        let mut x_grad = Vec::with_capacity(x.elem_count());
        let (mut weight_grad, mut bias_grad) = (vec![0f32; hidden], vec![0f32; hidden]);
        let mut normalized = vec![0f32; hidden];
        with_slice(x, |x| {
            with_slice(weight, |weight| {
                with_slice(grad, |grad| {
                    for (x, grad) in x.chunks_exact(hidden).zip(grad.chunks_exact(hidden)) {
                        let (mean, inverse_std) = moments(x, self.eps);
                        let (mut mean_g, mut mean_g_normalized) = (0f32, 0f32);
                        for i in 0..hidden {
                            normalized[i] = (x[i] - mean) * inverse_std;
                            let g = grad[i] * weight[i];
                            mean_g += g;
                            mean_g_normalized += g * normalized[i];
                            weight_grad[i] += grad[i] * normalized[i];
                            bias_grad[i] += grad[i];
                        }
                        mean_g /= hidden as f32;
                        mean_g_normalized /= hidden as f32;
                        x_grad.extend((0..hidden).map(|i| {
                            (grad[i] * weight[i] - mean_g - normalized[i] * mean_g_normalized) * inverse_std
                        }));
                    }
                    Ok(())
                })
            })
        })?;
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(x_grad, x.shape(), device)?),
            Some(Tensor::from_vec(weight_grad, hidden, device)?),
            Some(Tensor::from_vec(bias_grad, hidden, device)?),
        ))
    }
}
