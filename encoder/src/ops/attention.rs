//! Attention of every text of a batch, its heads one after the other (Vaswani et al. 2017, equation 1).
//!
//! Queries, keys and values lie side by side: `qkv` is `[tokens, 3 · hidden]`. The probabilities are kept for the
//! backward pass; dropout's mask is drawn anew there.

use super::matmul::{Matrix, product_to};
use super::vector::{add, dot, exp, largest, on_this_cpu, sum};
use crate::Mask;
use std::ops::Range;

/// Sizes of multi-head attention.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    pub(crate) num_heads: usize,
    pub(crate) head_size: usize,
}

impl Heads {
    fn hidden(self) -> usize {
        self.num_heads * self.head_size
    }

    /// What scores are multiplied by: 1 / √head_size.
    pub(crate) fn factor(self) -> f32 {
        1.0 / (self.head_size as f32).sqrt()
    }
}

/// The row of dropout's mask for a query and a head.
pub(crate) fn mask_row(query: usize, head: usize, num_heads: usize) -> usize {
    query * num_heads + head
}

/// What is added to the scores of a head by how far the key stands behind the query.
#[derive(Clone, Debug)]
pub(crate) struct ByDistance {
    /// `[heads, 2 · longest − 1]`: distance d at d + longest − 1.
    values: Vec<f32>,
    longest: usize,
}

impl ByDistance {
    /// `values` as [`ByDistance::of_head`] gives them, for texts of at most `longest` tokens.
    pub(crate) fn new(values: Vec<f32>, longest: usize) -> Self {
        Self { values, longest }
    }

    /// As many zeros: a place for gradients.
    pub(crate) fn zeros(&self) -> Self {
        Self { values: vec![0.0; self.values.len()], longest: self.longest }
    }

    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// A head's values: distance d at d + longest − 1.
    pub(crate) fn of_head(&self, head: usize) -> &[f32] {
        &self.values[head * self.width()..][..self.width()]
    }

    fn width(&self) -> usize {
        2 * self.longest - 1
    }

    /// Where the values of a query's keys are, `tokens` of them.
    fn place(&self, head: usize, query: usize, tokens: usize) -> Range<usize> {
        let start = head * self.width() + self.longest - 1 - query;
        start..start + tokens
    }
}

/// One head of one text: where its matrices lie.
#[derive(Clone, Copy)]
struct Head<'a> {
    qkv: &'a [f32],
    first: usize,
    tokens: usize,
    head: usize,
    heads: Heads,
}

impl<'a> Head<'a> {
    /// Queries (0), keys (1) or values (2): `[tokens, head_size]`.
    fn part(self, part: usize) -> Matrix<'a> {
        let start = self.offset(part);
        let stride = 3 * self.heads.hidden();
        Matrix::with_stride(&self.qkv[start..], self.tokens, self.heads.head_size, stride)
    }

    fn offset(self, part: usize) -> usize {
        let hidden = self.heads.hidden();
        self.first * 3 * hidden + part * hidden + self.head * self.heads.head_size
    }

    /// This head's columns of a `[tokens, hidden]` matrix.
    fn context(self, of: &[f32]) -> Matrix<'_> {
        let hidden = self.heads.hidden();
        let start = self.first * hidden + self.head * self.heads.head_size;
        Matrix::with_stride(&of[start..], self.tokens, self.heads.head_size, hidden)
    }
}

/// Context vectors `[tokens, hidden]`, and the probabilities: `[queries, keys]` of every head of every text.
pub(crate) fn forward(
    qkv: &[f32],
    texts: &[Range<usize>],
    heads: Heads,
    bias: Option<&ByDistance>,
    mask: Option<Mask>,
) -> (Vec<f32>, Vec<f32>) {
    let hidden = heads.hidden();
    let mut context = vec![0f32; qkv.len() / 3];
    let mut probabilities =
        vec![0f32; texts.iter().map(|text| text.len() * text.len() * heads.num_heads).sum()];
    let mut rest = probabilities.as_mut_slice();
    let mut dropped = Vec::new();
    for text in texts {
        let tokens = text.len();
        for head in 0..heads.num_heads {
            let (p, after) = rest.split_at_mut(tokens * tokens);
            rest = after;
            let at = Head { qkv, first: text.start, tokens, head, heads };
            product_to(at.part(0), at.part(1).t(), p, tokens);
            match bias {
                None => softmax(p, tokens, heads.factor()),
                Some(bias) => {
                    scale_and_add(p, tokens, heads.factor(), head, bias);
                    softmax(p, tokens, 1.0);
                }
            }
            let p = match mask {
                None => &*p,
                Some(mask) => {
                    fill(mask, text.start, head, heads.num_heads, tokens, &mut dropped);
                    multiply(&mut dropped, p);
                    dropped.as_slice()
                }
            };
            let out = &mut context[text.start * hidden + head * heads.head_size..];
            product_to(Matrix::new(p, tokens, tokens), at.part(2), out, hidden);
        }
    }
    (context, probabilities)
}

/// ∂L/∂qkv of ∂L/∂context (`grad`).
///
/// With D the dropout factors, P the probabilities and G = D · ∂L/∂(D · P): ∂L/∂scores = P · (G − Σ P · G), a row at a
/// time; of the bias it is the same without the scores' factor, and added to `bias_grad`.
pub(crate) fn backward(
    qkv: &[f32],
    probabilities: &[f32],
    grad: &[f32],
    texts: &[Range<usize>],
    heads: Heads,
    mut bias_grad: Option<&mut ByDistance>,
    mask: Option<Mask>,
) -> Vec<f32> {
    let stride = 3 * heads.hidden();
    let mut qkv_grad = vec![0f32; qkv.len()];
    let mut rest = probabilities;
    let (mut scores_grad, mut dropped) = (Vec::new(), Vec::new());
    for text in texts {
        let tokens = text.len();
        scores_grad.resize(tokens * tokens, 0f32);
        for head in 0..heads.num_heads {
            let (p, after) = rest.split_at(tokens * tokens);
            rest = after;
            let at = Head { qkv, first: text.start, tokens, head, heads };
            let grad = at.context(grad);
            product_to(grad, at.part(2).t(), &mut scores_grad, tokens);
            let with_dropout = match mask {
                None => p,
                Some(mask) => {
                    fill(mask, text.start, head, heads.num_heads, tokens, &mut dropped);
                    multiply(&mut scores_grad, &dropped);
                    multiply(&mut dropped, p);
                    dropped.as_slice()
                }
            };
            let values = &mut qkv_grad[at.offset(2)..];
            product_to(Matrix::new(with_dropout, tokens, tokens).t(), grad, values, stride);
            match &mut bias_grad {
                None => softmax_backward(&mut scores_grad, p, tokens, heads.factor()),
                Some(bias_grad) => {
                    softmax_backward(&mut scores_grad, p, tokens, 1.0);
                    add_and_scale(&mut scores_grad, tokens, heads.factor(), head, bias_grad);
                }
            }
            let scores_grad = Matrix::new(&scores_grad, tokens, tokens);
            product_to(scores_grad, at.part(1), &mut qkv_grad[at.offset(0)..], stride);
            product_to(scores_grad.t(), at.part(0), &mut qkv_grad[at.offset(1)..], stride);
        }
    }
    qkv_grad
}

/// The mask of one head of one text, `[queries, keys]`.
fn fill(mask: Mask, first: usize, head: usize, num_heads: usize, tokens: usize, out: &mut Vec<f32>) {
    out.resize(tokens * tokens, 0.0);
    on_this_cpu(
        #[inline(always)]
        || {
            for (query, out) in out.chunks_exact_mut(tokens).enumerate() {
                mask.fill(mask_row(first + query, head, num_heads), out);
            }
        },
    );
}

fn multiply(x: &mut [f32], factors: &[f32]) {
    on_this_cpu(
        #[inline(always)]
        || {
            for (x, factor) in x.iter_mut().zip(factors) {
                *x *= factor;
            }
        },
    );
}

/// softmax(factor · x) of every row; the maximum is subtracted first, so no finite score overflows.
fn softmax(x: &mut [f32], columns: usize, factor: f32) {
    on_this_cpu(
        #[inline(always)]
        || {
            for row in x.chunks_exact_mut(columns) {
                let largest = largest(row);
                for x in row.iter_mut() {
                    *x = exp((*x - largest) * factor);
                }
                let inverse = 1.0 / sum(row);
                for x in row.iter_mut() {
                    *x *= inverse;
                }
            }
        },
    );
}

/// factor · x + bias.
fn scale_and_add(x: &mut [f32], tokens: usize, factor: f32, head: usize, bias: &ByDistance) {
    on_this_cpu(
        #[inline(always)]
        || {
            for (query, row) in x.chunks_exact_mut(tokens).enumerate() {
                for (x, bias) in row.iter_mut().zip(&bias.values[bias.place(head, query, tokens)]) {
                    *x = *x * factor + bias;
                }
            }
        },
    );
}

/// The way back: `grad` is added to the bias's, and becomes the one of the scores before `factor`.
fn add_and_scale(grad: &mut [f32], tokens: usize, factor: f32, head: usize, bias_grad: &mut ByDistance) {
    on_this_cpu(
        #[inline(always)]
        || {
            for (query, row) in grad.chunks_exact_mut(tokens).enumerate() {
                let place = bias_grad.place(head, query, tokens);
                add(&mut bias_grad.values[place], row);
                row.iter_mut().for_each(|x| *x *= factor);
            }
        },
    );
}

/// `grad`, by the probabilities `p`, becomes the one by the scores before `factor`.
fn softmax_backward(grad: &mut [f32], p: &[f32], columns: usize, factor: f32) {
    on_this_cpu(
        #[inline(always)]
        || {
            for (grad, p) in grad.chunks_exact_mut(columns).zip(p.chunks_exact(columns)) {
                let weighted = dot(grad, p);
                for (grad, p) in grad.iter_mut().zip(p) {
                    *grad = p * (*grad - weighted) * factor;
                }
            }
        },
    );
}
