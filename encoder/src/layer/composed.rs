//! The layer out of candle's differentiable operations: the specification of `fused`, and what runs on a GPU.
//!
//! Attention needs the texts beside each other: rows are gathered into `[texts, longest, …]` and back.

use super::{Masks, Parameters};
use crate::ops::attention::mask_row;
use crate::parameter::Pair;
use crate::quantization::round_activations_composed;
use crate::{Batch, Mask};
use candle_core::{D, Result, Tensor};
use std::ops::Range;

/// Shape: `[tokens, hidden]` → the same.
pub(super) fn forward(layer: &Parameters, x: &Tensor, batch: &Batch, masks: Masks) -> Result<Tensor> {
    let attended =
        drop(masks.attended, linear(&attention(layer, x, batch, masks.attention)?, &layer.output)?)?;
    let attended = layer_norm(&(attended + x)?, &layer.attention_norm, layer.eps)?;
    let inner = linear(&attended, &layer.up)?.gelu_erf()?;
    let output = drop(masks.output, linear(&inner, &layer.down)?)?;
    layer_norm(&(output + attended)?, &layer.output_norm, layer.eps)
}

/// `x · weightᵀ + bias`, both operands of the product rounded where the weight is.
pub(crate) fn linear(x: &Tensor, pair: &Pair) -> Result<Tensor> {
    let x = match pair.weight.is_rounded() {
        true => round_activations_composed(x)?,
        false => x.clone(),
    };
    x.matmul(&pair.weight.differentiable()?.t()?)?.broadcast_add(pair.bias.tensor())
}

/// LayerNorm over the last dimension.
pub(crate) fn layer_norm(x: &Tensor, pair: &Pair, eps: f64) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normalized = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    normalized.broadcast_mul(pair.weight.tensor())?.broadcast_add(pair.bias.tensor())
}

/// Dropout on the rows of a matrix.
pub(crate) fn drop(mask: Option<Mask>, x: Tensor) -> Result<Tensor> {
    let Some(mask) = mask else { return Ok(x) };
    let (rows, columns) = x.dims2()?;
    let factors = mask.tensor(0..rows, columns, x.dims(), x.device())?;
    x * factors
}

/// Context vectors, `[tokens, hidden]`.
fn attention(layer: &Parameters, x: &Tensor, batch: &Batch, mask: Option<Mask>) -> Result<Tensor> {
    let (texts, heads, device) = (batch.texts(), layer.heads, x.device());
    let longest = texts.iter().map(Range::len).max().unwrap_or(0);
    let row_of = |text: &Range<usize>, position: usize| text.start + position.min(text.len() - 1);
    let gather: Vec<u32> =
        texts.iter().flat_map(|text| (0..longest).map(|at| row_of(text, at) as u32)).collect();
    let scatter: Vec<u32> = (0..)
        .zip(texts)
        .flat_map(|(n, text)| (0..text.len() as u32).map(move |at| n * longest as u32 + at))
        .collect();
    let bias: Vec<f32> = texts
        .iter()
        .flat_map(|text| (0..longest).map(|at| if at < text.len() { 0.0 } else { f32::MIN }))
        .collect();
    let (padded, packed) = (gather.len(), scatter.len());
    let gather = Tensor::from_vec(gather, padded, device)?;
    let scatter = Tensor::from_vec(scatter, packed, device)?;
    let bias = Tensor::from_vec(bias, (texts.len(), 1, 1, longest), device)?;

    let beside = |pair: &Pair| {
        let rows = linear(x, pair)?.index_select(&gather, 0)?;
        rows.reshape((texts.len(), longest, heads.num_heads, heads.head_size))?.transpose(1, 2)?.contiguous()
    };
    let (query, key, value) = (beside(&layer.query)?, beside(&layer.key)?, beside(&layer.value)?);
    let scores = (query.matmul(&key.t()?)? * f64::from(heads.factor()))?.broadcast_add(&bias)?;
    let exp = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?.exp()?;
    let mut probabilities = exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)?;
    if let Some(mask) = mask {
        let rows = texts.iter().flat_map(|text| {
            (0..heads.num_heads).flat_map(move |head| {
                (0..longest).map(move |query| mask_row(row_of(text, query), head, heads.num_heads))
            })
        });
        let factors = mask.tensor(rows, longest, probabilities.dims(), device)?;
        probabilities = (probabilities * factors)?;
    }
    let context = probabilities.matmul(&value)?.transpose(1, 2)?;
    context.reshape((padded, heads.num_heads * heads.head_size))?.index_select(&scatter, 0)
}
