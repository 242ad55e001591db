//! The encoder at inference: [`Kernel`] operations over the packed tokens of several texts, without padding.
//!
//! The same network as the crate `encoder`, which trains it, with the activations of every product rounded to 7 bits;
//! held against it by `encoder/tests/it`. A layer is two steps: queries, keys and values of all
//! rows; then, row by row, everything else. Between the two a row needs its whole text, within them only itself:
//! so threads share the rows of a long text, and a block of rows keeps what it computes in the cache.
//!
//! A model may have an exit: a head that reads after some of the layers. What it is not sure enough of comes back as hidden
//! states, and goes on in another pass (Xin et al. 2020, "DeeBERT").

mod head;
mod layer;
mod workspace;

use crate::ModelError;
use crate::kernels::{Activation, Heads, Kernel, LayerNorm, MAX_K, RowScale};
use crate::model_file::{ModelFile, StoredMatrix, names};
use head::Head;
use layer::Layer;
use std::ops::Range;
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
    head: Head,
    /// Layers before the exit, and its head.
    exit: Option<(usize, Head)>,
}

/// A text as it enters a pass.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    /// Before the first layer: at least one id and at most `max_position_embeddings`, every id below `vocab_size`.
    Ids(&'a [u32]),
    /// Between two layers: [`Outcome::waiting`].
    Hidden(&'a [f32]),
}

/// What a pass makes of a text.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// In label order.
    pub(crate) logits: Vec<f32>,
    /// Where the logits were not enough: hidden states, `[tokens][hidden]`, for the layers that are left.
    pub(crate) waiting: Option<Vec<f32>>,
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
            head: Head::new(&file, names::CLASSIFIER)?,
            exit: match config.exit_layer {
                Some(layer) => Some((layer, Head::new(&file, names::EXIT)?)),
                None => None,
            },
            token_embeddings: file.into_matrix(names::TOKEN_EMBEDDINGS)?,
        })
    }

    /// What computes.
    pub(crate) fn kernel(&self) -> &'static dyn Kernel {
        self.setup.kernel
    }

    /// Number of layers.
    pub(crate) fn num_layers(&self) -> usize {
        self.layers.len()
    }

    /// Layers before the exit, at least one and fewer than all.
    pub(crate) fn exit_layer(&self) -> Option<usize> {
        self.exit.as_ref().map(|(layer, _)| *layer)
    }

    /// Tokens of a text.
    pub(crate) fn num_tokens(&self, text: Text<'_>) -> usize {
        match text {
            Text::Ids(ids) => ids.len(),
            Text::Hidden(hidden) => hidden.len() / self.setup.hidden,
        }
    }

    /// Takes texts through `layers`, which end at the exit or at the last layer; ids begin with the first. What a text's
    /// logits are there is enough after the last layer, and where `is_enough` says so. A text's outcome is the same bits
    /// whatever the others are and however many threads there are.
    pub(crate) fn pass(
        &self,
        texts: &[Text<'_>],
        layers: Range<usize>,
        threads: usize,
        workspace: &mut Workspace,
        is_enough: &dyn Fn(&[f32]) -> bool,
    ) -> Vec<Outcome> {
        let setup = self.setup;
        workspace.texts.clear();
        let mut tokens = 0;
        for text in texts {
            let start = tokens;
            tokens += self.num_tokens(*text);
            workspace.texts.push(start..tokens);
        }
        let threads = threads.min(tokens / MIN_ROWS_PER_THREAD).max(1);
        workspace.prepare(tokens, setup, threads);
        let Workspace { texts: ranges, hidden, quantized, scales, qkv, scratch } = workspace;
        let qkv = &mut qkv[..tokens * 3 * setup.hidden];
        let scratch = &mut scratch[..threads];
        let mut rows = Rows {
            first: 0,
            hidden: &mut hidden[..tokens * setup.hidden],
            quantized: &mut quantized[..tokens * setup.row_bytes],
            scales: &mut scales[..tokens],
        };
        split(rows.reborrow(), setup, scratch, &|rows, _| self.enter(texts, ranges, rows));
        for index in layers.clone() {
            let (layer, is_last) = (&self.layers[index], index + 1 == layers.end);
            layer.project(setup, rows.quantized, rows.scales, qkv, threads);
            split(rows.reborrow(), setup, scratch, &|rows, scratch| {
                layer.attend(setup, rows, qkv, ranges, is_last, scratch);
            });
        }
        let hidden = rows.hidden;
        let head = match &self.exit {
            Some((layer, head)) if *layer == layers.end => head,
            _ => &self.head,
        };
        let outcome = |range: &Range<usize>| {
            let hidden = &hidden[range.start * setup.hidden..range.end * setup.hidden];
            let logits = head.logits(hidden, &mut scratch[0].pooled);
            let is_last = layers.end == self.layers.len() || is_enough(&logits);
            Outcome { logits, waiting: (!is_last).then(|| hidden.to_vec()) }
        };
        ranges.iter().map(outcome).collect()
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

    /// What the first layer of a pass reads of a run of rows: embeddings, or what an earlier pass left.
    fn enter(&self, texts: &[Text<'_>], ranges: &[Range<usize>], rows: Rows<'_>) {
        let Setup { hidden, row_bytes, .. } = self.setup;
        let mut text = ranges.partition_point(|range| range.end <= rows.first);
        let each = rows.hidden.chunks_exact_mut(hidden).zip(rows.quantized.chunks_exact_mut(row_bytes));
        for ((row, (x, quantized)), scale) in (rows.first..).zip(each).zip(rows.scales) {
            if row == ranges[text].end {
                text += 1;
            }
            let position = row - ranges[text].start;
            match texts[text] {
                Text::Hidden(states) => x.copy_from_slice(&states[position * hidden..][..hidden]),
                Text::Ids(ids) => {
                    self.token_embeddings.read_row(ids[position] as usize, x);
                    let position = &self.position_embeddings[position * hidden..][..hidden];
                    self.setup.kernel.add_layer_norm(x, position, &self.embeddings_norm);
                }
            }
            *scale = self.setup.kernel.quantize(x, quantized);
        }
    }
}
