//! Softmax of attention scores under an additive mask.
//!
//! Each row has its maximum subtracted before the exponential, so no finite score overflows.

use super::rows::{slice, with_slice};
use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor};

/// softmax(scores + bias) over the last dimension, with a gradient for `scores` (the mask is a constant).
///
/// Shapes: `scores` `[batch, heads, queries, keys]`, `bias` `[batch, 1, 1, keys]` → as `scores`, f32. A key
/// whose bias is `f32::MIN` gets probability exactly 0. Agrees with [`masked_softmax_composed`] within 1e-6.
///
/// # Errors
/// Shapes that do not fit.
pub fn masked_softmax(scores: &Tensor, bias: &Tensor) -> Result<Tensor> {
    match scores.device().is_cpu() {
        true => scores.contiguous()?.apply_op2(bias, MaskedSoftmax),
        false => masked_softmax_composed(scores, bias),
    }
}

/// The specification of [`masked_softmax`], out of candle's differentiable operations.
///
/// # Errors
/// Shapes that do not fit.
pub fn masked_softmax_composed(scores: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let scores = scores.broadcast_add(bias)?;
    let exp = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)
}

struct MaskedSoftmax;

impl CustomOp2 for MaskedSoftmax {
    fn name(&self) -> &'static str {
        "masked-softmax"
    }

    fn cpu_fwd(
        &self,
        scores: &CpuStorage,
        scores_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, heads, queries, keys) = scores_layout.shape().dims4()?;
        let (scores, bias) = (slice(scores, scores_layout)?, slice(bias, bias_layout)?);
        if bias.len() != batch * keys {
            candle_core::bail!("softmax: expected a bias of [{batch}, 1, 1, {keys}], found {bias_layout:?}");
        }
        let mut probabilities = Vec::with_capacity(scores.len());
        for (scores, bias) in scores.chunks_exact(heads * queries * keys).zip(bias.chunks_exact(keys)) {
            for row in scores.chunks_exact(keys) {
                let start = probabilities.len();
                probabilities.extend(row.iter().zip(bias).map(|(score, bias)| score + bias));
                let row = &mut probabilities[start..];
                let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                row.iter_mut().for_each(|x| *x = (*x - max).exp());
                let sum: f32 = row.iter().sum();
                row.iter_mut().for_each(|x| *x /= sum);
            }
        }
        Ok((CpuStorage::F32(probabilities), scores_layout.shape().clone()))
    }

    /// ∂L/∂score = p · (g − Σ p · g), row by row, with g = ∂L/∂p.
    fn bwd(
        &self,
        scores: &Tensor,
        _bias: &Tensor,
        probabilities: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let keys = scores.dim(D::Minus1)?;
        let mut scores_grad = Vec::with_capacity(scores.elem_count());
        with_slice(probabilities, |probabilities| {
            with_slice(grad, |grad| {
                for (p, g) in probabilities.chunks_exact(keys).zip(grad.chunks_exact(keys)) {
                    let weighted: f32 = p.iter().zip(g).map(|(p, g)| p * g).sum();
                    scores_grad.extend(p.iter().zip(g).map(|(p, g)| p * (g - weighted)));
                }
                Ok(())
            })
        })?;
        Ok((Some(Tensor::from_vec(scores_grad, scores.shape(), scores.device())?), None))
    }
}
