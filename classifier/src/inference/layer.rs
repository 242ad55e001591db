//! One transformer layer, in two steps: see the head of `inference.rs`.

use super::Setup;
use super::workspace::{BLOCK_ROWS, Rows, Scratch, join};
use crate::ModelError;
use crate::kernels::{Activation, Heads, Kernel, LayerNorm, PackedMatrix, RowScale, row_bytes};
use crate::model_file::ModelFile;
use crate::model_file::names::{self, bias, in_layer, weight};
use std::ops::Range;

/// The weights of a layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// Queries (divided by √head_size), keys and values side by side.
    qkv: PackedMatrix,
    output: PackedMatrix,
    attention_norm: LayerNorm,
    up: PackedMatrix,
    down: PackedMatrix,
    output_norm: LayerNorm,
}

impl Layer {
    pub(super) fn new(
        file: &ModelFile,
        kernel: &'static dyn Kernel,
        heads: Heads,
        index: usize,
    ) -> Result<Self, ModelError> {
        let name = |part: &str| in_layer(index, part);
        let pack = |parts: &[(&str, f32)]| {
            let parts: Vec<(String, f32)> =
                parts.iter().map(|(part, factor)| (name(part), *factor)).collect();
            pack(file, kernel, &parts)
        };
        let query_factor = 1.0 / (heads.head_size as f32).sqrt();
        Ok(Self {
            qkv: pack(&[(names::QUERY, query_factor), (names::KEY, 1.0), (names::VALUE, 1.0)])?,
            output: pack(&[(names::ATTENTION_OUTPUT, 1.0)])?,
            attention_norm: norm(file, &name(names::ATTENTION_NORM))?,
            up: pack(&[(names::UP, 1.0)])?,
            down: pack(&[(names::DOWN, 1.0)])?,
            output_norm: norm(file, &name(names::OUTPUT_NORM))?,
        })
    }

    /// In the order of their use.
    pub(super) fn matrices(&self) -> [&PackedMatrix; 4] {
        [&self.qkv, &self.output, &self.up, &self.down]
    }

    /// First step: queries, keys and values of some quantized rows, to `qkv` (`[rows][3 · hidden]`).
    pub(super) fn project(
        &self,
        setup: Setup,
        quantized: &[u8],
        scales: &[RowScale],
        qkv: &mut [f32],
        threads: usize,
    ) {
        if threads == 1 {
            return self.qkv.multiply(quantized, scales, Activation::None, qkv);
        }
        let half = threads / 2;
        let rows = scales.len() * half / threads;
        let (quantized, quantized_rest) = quantized.split_at(rows * setup.row_bytes);
        let (scales, scales_rest) = scales.split_at(rows);
        let (qkv, qkv_rest) = qkv.split_at_mut(rows * 3 * setup.hidden);
        join(
            || self.project(setup, quantized, scales, qkv, half),
            || self.project(setup, quantized_rest, scales_rest, qkv_rest, threads - half),
        );
    }

    /// Second step, for a run of rows: attention, its output, the feed-forward block, both residuals and norms.
    /// Leaves the new hidden states in `rows`, quantized unless this is the last layer.
    pub(super) fn attend(
        &self,
        setup: Setup,
        mut rows: Rows<'_>,
        qkv: &[f32],
        texts: &[Range<usize>],
        is_last: bool,
        scratch: &mut Scratch,
    ) {
        while rows.len() > 0 {
            let height = rows.len().min(BLOCK_ROWS);
            let (block, rest) = rows.split_at(height, setup);
            self.attend_block(setup, block, qkv, texts, is_last, scratch);
            rows = rest;
        }
    }

    fn attend_block(
        &self,
        setup: Setup,
        rows: Rows<'_>,
        qkv: &[f32],
        texts: &[Range<usize>],
        is_last: bool,
        scratch: &mut Scratch,
    ) {
        let Setup { kernel, hidden, intermediate, heads, row_bytes: hidden_bytes } = setup;
        let height = rows.len();
        let end = rows.first + height;
        let Scratch { attention, context, attended, intermediate: inner, quantized, scales, .. } = scratch;
        let (context, attended) = (&mut context[..height * hidden], &mut attended[..height * hidden]);
        let (inner, scales) = (&mut inner[..height * intermediate], &mut scales[..height]);

        for text in &texts[texts.partition_point(|text| text.end <= rows.first)..] {
            if text.start >= end {
                break;
            }
            let queries = text.start.max(rows.first)..text.end.min(end);
            let out =
                &mut context[(queries.start - rows.first) * hidden..(queries.end - rows.first) * hidden];
            let qkv = &qkv[text.start * 3 * hidden..text.end * 3 * hidden];
            kernel.attention(
                qkv,
                queries.start - text.start..queries.end - text.start,
                heads,
                attention,
                out,
            );
        }
        quantize(kernel, context, hidden, hidden_bytes, quantized, scales);
        self.output.multiply(quantized, scales, Activation::None, attended);
        for (x, residual) in attended.chunks_exact_mut(hidden).zip(rows.hidden.chunks_exact(hidden)) {
            kernel.add_layer_norm(x, residual, &self.attention_norm);
        }

        quantize(kernel, attended, hidden, hidden_bytes, quantized, scales);
        self.up.multiply(quantized, scales, Activation::Gelu, inner);
        let inner_bytes = row_bytes(kernel.layout().k_group, intermediate);
        quantize(kernel, inner, intermediate, inner_bytes, quantized, scales);
        self.down.multiply(quantized, scales, Activation::None, rows.hidden);
        for (x, residual) in rows.hidden.chunks_exact_mut(hidden).zip(attended.chunks_exact(hidden)) {
            kernel.add_layer_norm(x, residual, &self.output_norm);
        }
        if !is_last {
            quantize(kernel, rows.hidden, hidden, hidden_bytes, rows.quantized, rows.scales);
        }
    }
}

/// Quantizes rows of `width` values to `row_bytes` bytes each.
fn quantize(
    kernel: &dyn Kernel,
    x: &[f32],
    width: usize,
    row_bytes: usize,
    quantized: &mut [u8],
    scales: &mut [RowScale],
) {
    let each = x.chunks_exact(width).zip(quantized.chunks_exact_mut(row_bytes)).zip(scales);
    for ((x, quantized), scale) in each {
        *scale = kernel.quantize(x, quantized);
    }
}

/// The linear layers of these names side by side, each multiplied by its factor.
fn pack(
    file: &ModelFile,
    kernel: &'static dyn Kernel,
    parts: &[(String, f32)],
) -> Result<PackedMatrix, ModelError> {
    let mut matrices = Vec::with_capacity(parts.len());
    for (name, factor) in parts {
        let bias = file.floats(&bias(name))?;
        matrices.push((file.matrix(&weight(name))?, bias, *factor));
    }
    let n = matrices.iter().map(|(matrix, _, _)| matrix.rows()).sum();
    let k = matrices.first().map_or(0, |(matrix, _, _)| matrix.columns());
    let mut packed = PackedMatrix::zeros(kernel, n, k);
    let mut weights = vec![0f32; k];
    let mut column = 0;
    for (matrix, bias, factor) in &matrices {
        for (row, bias) in bias.iter().enumerate() {
            matrix.read_row(row, &mut weights);
            packed.set_column(column, &weights, *bias, *factor);
            column += 1;
        }
    }
    Ok(packed)
}

/// The LayerNorm of this name.
pub(super) fn norm(file: &ModelFile, name: &str) -> Result<LayerNorm, ModelError> {
    Ok(LayerNorm {
        weight: file.floats(&weight(name))?,
        bias: file.floats(&bias(name))?,
        eps: file.metadata().encoder.layer_norm_eps as f32,
    })
}
