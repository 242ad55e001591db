//! The encoder at inference: [`Kernel`] operations over the packed tokens of several texts, without padding.
//!
//! The same network as the crate `encoder`, which trains it, with the activations of every product rounded to 7 bits;
//! held against it by `encoder/tests/it`. A layer is two steps: queries, keys and values of all
//! rows; then, row by row, everything else. Between the two a row needs its whole text, within them only itself:
//! so threads share the rows of a long text, and a block of rows keeps what it computes in the cache.

mod layer;
mod workspace;

use crate::ModelError;
use crate::kernels::{Activation, Heads, Kernel, LayerNorm, MAX_K, RowScale};
use crate::model_file::{ModelFile, StoredMatrix, names};
use layer::Layer;
pub(crate) use workspace::Workspace;
use workspace::{Rows, split};

/// Fewer rows than this are not worth a thread of their own.
const MIN_ROWS_PER_THREAD: usize = 24;

/// A model's weights in the layout of one kernel.
#[derive(Debug)]
pub(crate) struct InferenceEncoder {
    setup: Setup,
    /// Rows as they are stored in the file, unpacked as they are looked up.
    token_embeddings: StoredMatrix<Vec<u8>>,
    /// Position + type 0: `[max_position_embeddings][hidden]`.
    position_embeddings: Vec<f32>,
    embeddings_norm: LayerNorm,
    layers: Vec<Layer>,
    /// `[labels][hidden]`.
    head_weight: Vec<f32>,
    head_bias: Vec<f32>,
}

/// What every part of the encoder must know.
#[derive(Clone, Copy, Debug)]
struct Setup {
    kernel: &'static dyn Kernel,
    hidden: usize,
    intermediate: usize,
    heads: Heads,
    /// Bytes of a quantized row of `hidden` activations.
    row_bytes: usize,
}

impl InferenceEncoder {
    /// Packs the matrices of a file for `kernel`; of the file itself the token embeddings are kept.
    ///
    /// # Errors
    /// A tensor that ends beyond the file or holds what is not a number; sizes whose accumulators could overflow.
    pub(crate) fn new(file: ModelFile, kernel: &'static dyn Kernel) -> Result<Self, ModelError> {
        let config = &file.metadata().encoder;
        let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
        if hidden.max(intermediate) > MAX_K {
            return Err(ModelError::Metadata {
                key: "bert.feed_forward_length".to_owned(),
                expected: format!("at most {MAX_K}, as bert.embedding_length"),
                found: hidden.max(intermediate).to_string(),
            });
        }
        let heads = Heads { num_heads: config.num_attention_heads, head_size: config.head_size() };
        let row_bytes = crate::kernels::row_bytes(kernel.layout().k_group, hidden);
        let token_type = file.floats(names::TOKEN_TYPES)?;
        let mut position_embeddings = file.floats(names::POSITION_EMBEDDINGS)?;
        for row in position_embeddings.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&token_type).for_each(|(x, y)| *x += y);
        }
        let layers = (0..config.num_hidden_layers).map(|index| Layer::new(&file, kernel, heads, index));
        Ok(Self {
            setup: Setup { kernel, hidden, intermediate, heads, row_bytes },
            position_embeddings,
            embeddings_norm: layer::norm(&file, names::EMBEDDINGS_NORM)?,
            layers: layers.collect::<Result<_, _>>()?,
            head_weight: file.floats(&names::weight(names::CLASSIFIER))?,
            head_bias: file.floats(&names::bias(names::CLASSIFIER))?,
            token_embeddings: file.into_matrix(names::TOKEN_EMBEDDINGS)?,
        })
    }

    /// What computes.
    pub(crate) fn kernel(&self) -> &'static dyn Kernel {
        self.setup.kernel
    }

    /// Logits of some texts, `num_labels` for each, one after the other. A text's logits are the same bits
    /// whatever the others are and however many threads there are.
    ///
    /// Every text has at least one id and at most `max_position_embeddings`; every id is below `vocab_size`.
    pub(crate) fn logits(&self, texts: &[&[u32]], threads: usize, workspace: &mut Workspace) -> Vec<f32> {
        let tokens = texts.iter().map(|text| text.len()).sum::<usize>();
        let threads = threads.min(tokens / MIN_ROWS_PER_THREAD).max(1);
        let setup = self.setup;
        workspace.prepare(texts, setup, threads);
        let Workspace { texts: ranges, hidden, quantized, scales, qkv, scratch } = workspace;
        let qkv = &mut qkv[..tokens * 3 * setup.hidden];
        let scratch = &mut scratch[..threads];
        let mut rows = Rows {
            first: 0,
            hidden: &mut hidden[..tokens * setup.hidden],
            quantized: &mut quantized[..tokens * setup.row_bytes],
            scales: &mut scales[..tokens],
        };
        split(rows.reborrow(), setup, scratch, &|rows, _| self.embed(texts, ranges, rows));
        for (index, layer) in self.layers.iter().enumerate() {
            let is_last = index + 1 == self.layers.len();
            layer.project(setup, rows.quantized, rows.scales, qkv, threads);
            split(rows.reborrow(), setup, scratch, &|rows, scratch| {
                layer.attend(setup, rows, qkv, ranges, is_last, scratch);
            });
        }
        let hidden = rows.hidden;
        let mut logits = Vec::with_capacity(texts.len() * self.head_bias.len());
        for range in ranges.iter() {
            let text = &hidden[range.start * setup.hidden..range.end * setup.hidden];
            self.classify(text, &mut scratch[0].pooled, &mut logits);
        }
        logits
    }

    /// The int8 products of a pass of `tokens` tokens and nothing else, over whatever activations; returns the number
    /// of multiplications and additions. For benches: what share of a pass it is.
    pub(crate) fn run_products(&self, tokens: usize) -> u64 {
        let Setup { hidden, intermediate, .. } = self.setup;
        let rows = tokens.min(workspace::BLOCK_ROWS);
        let (lhs, scales) =
            (vec![64u8; rows * 2 * intermediate.max(hidden)], vec![RowScale::default(); rows]);
        let mut out = vec![0f32; rows * intermediate.max(3 * hidden)];
        let mut operations = 0;
        for layer in &self.layers {
            for first in (0..tokens).step_by(workspace::BLOCK_ROWS) {
                let rows = rows.min(tokens - first);
                for matrix in layer.matrices() {
                    matrix.multiply(&lhs, &scales[..rows], Activation::None, &mut out);
                    operations += 2 * (rows * matrix.n() * matrix.k()) as u64;
                }
            }
        }
        operations
    }

    /// Embeddings of a run of rows.
    fn embed(&self, texts: &[&[u32]], ranges: &[std::ops::Range<usize>], rows: Rows<'_>) {
        let Setup { hidden, row_bytes, .. } = self.setup;
        let mut text = ranges.partition_point(|range| range.end <= rows.first);
        let each = rows.hidden.chunks_exact_mut(hidden).zip(rows.quantized.chunks_exact_mut(row_bytes));
        for ((row, (x, quantized)), scale) in (rows.first..).zip(each).zip(rows.scales) {
            if row == ranges[text].end {
                text += 1;
            }
            let position = row - ranges[text].start;
            self.token_embeddings.read_row(texts[text][position] as usize, x);
            let position = &self.position_embeddings[position * hidden..][..hidden];
            self.setup.kernel.add_layer_norm(x, position, &self.embeddings_norm);
            *scale = self.setup.kernel.quantize(x, quantized);
        }
    }

    /// Mean of a text's last hidden states, times the head.
    fn classify(&self, hidden: &[f32], pooled: &mut [f32], logits: &mut Vec<f32>) {
        pooled.fill(0.0);
        for row in hidden.chunks_exact(pooled.len()) {
            pooled.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let tokens = (hidden.len() / pooled.len()) as f32;
        pooled.iter_mut().for_each(|sum| *sum /= tokens);
        for (weights, bias) in self.head_weight.chunks_exact(pooled.len()).zip(&self.head_bias) {
            logits.push(pooled.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>() + bias);
        }
    }
}
