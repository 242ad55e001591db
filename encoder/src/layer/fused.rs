//! The layer as one operation on the CPU, with a backward pass of its own.
//!
//! One thread, no padding, no tensor between. What the backward pass needs is kept from the forward pass and freed
//! as it is used; GELU and the dropout masks are computed anew. Gradients of the weights go to their
//! [`Parameter`](super::super::parameter::Parameter)s, the one of the input to candle.

use super::{Masks, Parameters};
use crate::Batch;
use crate::ops::attention::ByDistance;
use crate::ops::matmul::{Matrix, add_product_to, product};
use crate::ops::norm::{self, Norm, NormGradients, Normalized};
use crate::ops::vector::{add, on_this_cpu};
use crate::ops::{attention, gelu};
use crate::parameter::{Elements, Pair, lock, slice};
use crate::quantization::round_activations;
use crate::relative::RelativeBias;
use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Shape: `[tokens, hidden]` → the same.
pub(super) fn forward(
    layer: &Arc<Parameters>,
    x: &Tensor,
    batch: &Batch,
    relative: Option<(RelativeBias, Arc<ByDistance>)>,
    masks: Masks,
) -> Result<Tensor> {
    x.contiguous()?.apply_op1(FusedLayer {
        layer: layer.clone(),
        texts: batch.shared_texts(),
        relative,
        masks,
        is_trained: x.track_op(),
        saved: Mutex::new(None),
    })
}

/// The error of a second backward pass.
pub(crate) fn used_up(operation: &str) -> Error {
    Error::Msg(format!(
        "{operation}: one backward pass for one forward pass, found a second; run forward again"
    ))
}

struct FusedLayer {
    layer: Arc<Parameters>,
    texts: Arc<[Range<usize>]>,
    /// What is added to the scores, and where its gradient goes.
    relative: Option<(RelativeBias, Arc<ByDistance>)>,
    masks: Masks,
    is_trained: bool,
    saved: Mutex<Option<Saved>>,
}

/// What the backward pass needs; all of `tokens` rows.
struct Saved {
    qkv: Vec<f32>,
    probabilities: Vec<f32>,
    context: Vec<f32>,
    attended: Vec<f32>,
    attention_norm: Normalized,
    /// Before GELU.
    inner: Vec<f32>,
    output_norm: Normalized,
}

/// A linear layer at work: `weight` is `[out, in]`.
struct Linear<'a> {
    pair: &'a Pair,
    weight: Elements<'a>,
    out: usize,
    columns: usize,
}

impl<'a> Linear<'a> {
    fn new(pair: &'a Pair) -> Result<Self> {
        let (out, columns) = pair.weight.tensor().dims2()?;
        Ok(Self { pair, weight: pair.weight.elements()?, out, columns })
    }

    fn weight(&self) -> Matrix<'_> {
        Matrix::new(&self.weight, self.out, self.columns)
    }

    /// `[tokens, in]` → `[tokens, out]`.
    fn forward(&self, x: &[f32]) -> Result<Vec<f32>> {
        let (bias, x) = (self.pair.bias.elements()?, operand(self.pair, x, self.columns));
        let tokens = x.len() / self.columns;
        let mut y = Vec::with_capacity(tokens * self.out);
        (0..tokens).for_each(|_| y.extend_from_slice(&bias));
        add_product_to(Matrix::new(&x, tokens, self.columns), self.weight().t(), &mut y, self.out);
        Ok(y)
    }

    /// Gradients of weight and bias: gradᵀ · x and Σ grad, where `grad` is `[tokens, out]` and `x` what
    /// [`Linear::forward`] got.
    fn collect(&self, grad: &[f32], x: &[f32]) {
        self.collect_part(grad, 0, self.out, &operand(self.pair, x, self.columns));
    }

    /// The same for columns `at ..` of a `grad` that is `stride` wide, and an [`operand`].
    fn collect_part(&self, grad: &[f32], at: usize, stride: usize, x: &[f32]) {
        let tokens = grad.len() / stride;
        let matrix = Matrix::with_stride(&grad[at..], tokens, self.out, stride);
        self.pair.weight.add_gradient(product(matrix.t(), Matrix::new(x, tokens, self.columns)));
        let mut bias = vec![0f32; self.out];
        on_this_cpu(
            #[inline(always)]
            || grad[at..].chunks(stride).for_each(|row| add(&mut bias, &row[..self.out])),
        );
        self.pair.bias.add_gradient(bias);
    }

    /// Gradient of the input: grad · weight.
    fn input_gradient(&self, grad: &[f32]) -> Vec<f32> {
        product(Matrix::new(grad, grad.len() / self.out, self.out), self.weight())
    }
}

/// Rows as the product with a weight sees them: rounded where the weight is.
fn operand<'x>(pair: &Pair, x: &'x [f32], columns: usize) -> Cow<'x, [f32]> {
    match pair.weight.is_rounded() {
        true => Cow::Owned(round_activations(x, columns)),
        false => Cow::Borrowed(x),
    }
}

/// Rows of queries, keys and values side by side.
fn project(parts: [&Pair; 3], x: &[f32], hidden: usize) -> Result<Vec<f32>> {
    let (tokens, x) = (x.len() / hidden, operand(parts[0], x, hidden));
    let mut biases = Vec::with_capacity(3 * hidden);
    for part in parts {
        biases.extend_from_slice(&part.bias.elements()?);
    }
    let mut qkv = Vec::with_capacity(tokens * 3 * hidden);
    (0..tokens).for_each(|_| qkv.extend_from_slice(&biases));
    for (n, part) in parts.into_iter().enumerate() {
        let part = Linear::new(part)?;
        let x = Matrix::new(&x, tokens, hidden);
        add_product_to(x, part.weight().t(), &mut qkv[n * hidden..], 3 * hidden);
    }
    Ok(qkv)
}

fn normalize(
    pair: &Pair,
    eps: f64,
    x: Vec<f32>,
    residual: &[f32],
    mask: Option<crate::Mask>,
) -> Result<(Vec<f32>, Normalized)> {
    let (weight, bias) = (pair.weight.elements()?, pair.bias.elements()?);
    Ok(norm::forward(x, residual, mask, Norm { weight: &weight, bias: &bias, eps: eps as f32 }))
}

fn collect_norm(pair: &Pair, gradients: NormGradients) {
    pair.weight.add_gradient(gradients.weight);
    pair.bias.add_gradient(gradients.bias);
}

impl CustomOp1 for FusedLayer {
    fn name(&self) -> &'static str {
        "transformer-layer"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (layer, x) = (&*self.layer, slice(x, layout)?);
        let hidden = layer.heads.num_heads * layer.heads.head_size;
        if layout.dims() != [self.texts.last().map_or(0, |text| text.end), hidden] {
            candle_core::bail!("{}: expected [tokens, {hidden}], found {:?}", self.name(), layout.dims());
        }
        let qkv = project([&layer.query, &layer.key, &layer.value], x, hidden)?;
        let bias = self.relative.as_ref().map(|(_, bias)| &**bias);
        let (context, probabilities) =
            attention::forward(&qkv, &self.texts, layer.heads, bias, self.masks.attention);
        let output = Linear::new(&layer.output)?.forward(&context)?;
        let (attended, attention_norm) =
            normalize(&layer.attention_norm, layer.eps, output, x, self.masks.attended)?;
        let inner = Linear::new(&layer.up)?.forward(&attended)?;
        let output = Linear::new(&layer.down)?.forward(&gelu::forward(&inner))?;
        let (y, output_norm) =
            normalize(&layer.output_norm, layer.eps, output, &attended, self.masks.output)?;
        if self.is_trained {
            let saved = Saved { qkv, probabilities, context, attended, attention_norm, inner, output_norm };
            *lock(&self.saved) = Some(saved);
        }
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (layer, masks) = (&*self.layer, self.masks);
        let Some(saved) = lock(&self.saved).take() else { return Err(used_up(self.name())) };
        let elements = Elements::of(x)?;
        let hidden = layer.heads.num_heads * layer.heads.head_size;
        let grad = grad.contiguous()?;
        let mut grad = Elements::of(&grad)?.to_vec();

        // Feed-forward block: `grad` is the residual's gradient from here on.
        let weight = layer.output_norm.weight.elements()?;
        let (dropped, gradients) = norm::backward(&mut grad, &saved.output_norm, masks.output, &weight);
        collect_norm(&layer.output_norm, gradients);
        let output_grad = dropped.as_deref().unwrap_or(&grad);
        let (down, up) = (Linear::new(&layer.down)?, Linear::new(&layer.up)?);
        let mut inner_grad = down.input_gradient(output_grad);
        let mut inner = saved.inner;
        gelu::backward(&mut inner, &mut inner_grad);
        down.collect(output_grad, &inner);
        drop(inner);
        up.collect(&inner_grad, &saved.attended);
        let tokens = grad.len() / hidden;
        add_product_to(Matrix::new(&inner_grad, tokens, up.out), up.weight(), &mut grad, hidden);
        drop(inner_grad);

        // Attention block.
        let weight = layer.attention_norm.weight.elements()?;
        let (dropped, gradients) = norm::backward(&mut grad, &saved.attention_norm, masks.attended, &weight);
        collect_norm(&layer.attention_norm, gradients);
        let output_grad = dropped.as_deref().unwrap_or(&grad);
        let output = Linear::new(&layer.output)?;
        output.collect(output_grad, &saved.context);
        let context_grad = output.input_gradient(output_grad);
        let (heads, texts) = (layer.heads, &self.texts);
        let mut bias_grad = self.relative.as_ref().map(|(_, bias)| bias.zeros());
        let qkv_grad = attention::backward(
            &saved.qkv,
            &saved.probabilities,
            &context_grad,
            texts,
            heads,
            bias_grad.as_mut(),
            masks.attention,
        );
        if let (Some((relative, _)), Some(grad)) = (&self.relative, &bias_grad) {
            relative.collect(grad);
        }
        let x_operand = operand(&layer.query, &elements, hidden);
        for (n, part) in [&layer.query, &layer.key, &layer.value].into_iter().enumerate() {
            let part = Linear::new(part)?;
            part.collect_part(&qkv_grad, n * hidden, 3 * hidden, &x_operand);
            let part_grad = Matrix::with_stride(&qkv_grad[n * hidden..], tokens, hidden, 3 * hidden);
            add_product_to(part_grad, part.weight(), &mut grad, hidden);
        }
        Ok(Some(Tensor::from_vec(grad, x.shape(), x.device())?))
    }
}
