//! The layer out of candle's differentiable operations: the specification of `fused`, and what runs on a GPU.
//!
//! Attention needs the texts beside each other: rows are moved into `[texts, longest, …]` and back.

use super::{Masks, Parameters};
use crate::ops::attention::mask_row;
use crate::parameter::Pair;
use crate::quantization::round_activations_composed;
use crate::relative::RelativeBias;
use crate::rows::Rows;
use crate::{Batch, Mask};
use candle_core::{D, Result, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// How a batch's texts lie beside each other, and what is added to the scores of their tokens; the same for all layers.
pub(crate) struct Beside {
    texts: Arc<[Range<usize>]>,
    longest: usize,
    /// Packed rows → `texts · longest` rows, with zeros where a text has ended.
    apart: Rows,
    /// `[texts or 1, heads or 1, longest or 1, longest]`.
    bias: Tensor,
}

impl Beside {
    pub(super) fn new(batch: &Batch, relative: Option<&RelativeBias>) -> Result<Self> {
        let (texts, longest, device) = (batch.shared_texts(), batch.longest(), batch.device());
        let at = |text: &Range<usize>, position| (position < text.len()).then_some(text.start + position);
        let sources = texts.iter().flat_map(|text| (0..longest).map(move |position| at(text, position)));
        let apart = Rows::new(sources, batch.input_ids().len(), device)?;
        let ends: Vec<f32> = texts
            .iter()
            .flat_map(|text| (0..longest).map(|at| if at < text.len() { 0.0 } else { f32::MIN }))
            .collect();
        let mut bias = Tensor::from_vec(ends, (texts.len(), 1, 1, longest), device)?;
        if let Some(relative) = relative {
            bias = bias.broadcast_add(&relative.composed(longest, device)?.unsqueeze(0)?)?;
        }
        Ok(Self { texts, longest, apart, bias })
    }
}

/// Shape: `[tokens, hidden]` → the same.
pub(super) fn forward(layer: &Parameters, x: &Tensor, beside: &Beside, masks: Masks) -> Result<Tensor> {
    let attended =
        drop(masks.attended, linear(&attention(layer, x, beside, masks.attention)?, &layer.output)?)?;
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
fn attention(layer: &Parameters, x: &Tensor, beside: &Beside, mask: Option<Mask>) -> Result<Tensor> {
    let Beside { texts, longest, apart, bias } = beside;
    let (heads, longest) = (layer.heads, *longest);
    let move_apart = |pair: &Pair| {
        let rows = apart.of(&linear(x, pair)?)?;
        rows.reshape((texts.len(), longest, heads.num_heads, heads.head_size))?.transpose(1, 2)?.contiguous()
    };
    let (query, key, value) = (move_apart(&layer.query)?, move_apart(&layer.key)?, move_apart(&layer.value)?);
    let scores = (query.matmul(&key.t()?)? * f64::from(heads.factor()))?.broadcast_add(bias)?;
    let exp = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?.exp()?;
    let mut probabilities = exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)?;
    if let Some(mask) = mask {
        // Of a token that is none whatever row: nobody reads it.
        let row_of = |text: &Range<usize>, position: usize| text.start + position.min(text.len() - 1);
        let rows = texts.iter().flat_map(|text| {
            (0..heads.num_heads).flat_map(move |head| {
                (0..longest).map(move |query| mask_row(row_of(text, query), head, heads.num_heads))
            })
        });
        let factors = mask.tensor(rows, longest, probabilities.dims(), x.device())?;
        probabilities = (probabilities * factors)?;
    }
    let context = probabilities.matmul(&value)?.transpose(1, 2)?;
    let context = context.reshape((texts.len() * longest, heads.num_heads * heads.head_size))?;
    apart.inverse().of(&context)
}
