//! A sequence classifier of Hugging Face as a frozen teacher: its checkpoint folder, as `save_pretrained` writes it.
//!
//! candle-transformers computes the encoder, always in f32, a head of ours the rest. What it computes otherwise than
//! PyTorch is refused by name or run around ([`architecture`]); tests hold every family against PyTorch's logits. Texts
//! are read as they are: such a model has a tokenizer, and no normalization of ours.

mod architecture;
mod checkpoint;
mod head;
mod labels;
mod settings;

use crate::fit::workers::Workers;
use anyhow::{Context, ensure};
use architecture::Encoder;
use candle_core::{Device, Result, Tensor};
use checkpoint::Checkpoint;
use classifier::tokenizer::Tokenizer;
use head::Head;
use indexmap::IndexMap;
use indicatif::ProgressBar;
use std::path::Path;

/// Texts are cut to this many tokens, or to what the model can read where that is less: headlines and tweets are shorter.
const MAX_TOKENS: usize = 512;
/// Texts between two steps of the progress bar.
const CHUNK: usize = 1024;

/// A checkpoint that answers in the student's labels.
pub struct HuggingFace {
    encoder: Encoder,
    head: Head,
    tokenizer: Tokenizer,
    unknown_id: Option<u32>,
    pad_token_id: u32,
    max_tokens: usize,
    /// Its label for each of the student's.
    order: Vec<usize>,
    device: Device,
}

impl HuggingFace {
    /// Loads a folder; `label_map` is from its labels to the student's.
    ///
    /// # Errors
    /// A folder without one of its files, weights in several files or in no safetensors, an architecture that is not
    /// known or computed otherwise, labels that are not the student's.
    pub fn open(
        folder: &Path,
        labels: &[String],
        label_map: &IndexMap<String, String>,
        device: &Device,
    ) -> anyhow::Result<Self> {
        let checkpoint = Checkpoint::read(folder)?;
        let order = labels::order(&checkpoint.labels()?, labels, label_map)?;
        let architecture = architecture::load(&checkpoint, order.len(), device)?;
        let tokenizer = Tokenizer::from_json(&checkpoint.tokenizer_json).context("tokenizer.json")?;
        ensure!(
            tokenizer.num_special_tokens() >= 2,
            "tokenizer.json: expected a tokenizer that puts special tokens around every text, found one that adds {}. \
             Write it with its `post_processor`: AutoTokenizer.from_pretrained(…).save_pretrained(…)",
            tokenizer.num_special_tokens()
        );
        ensure!(
            tokenizer.vocab_size() <= architecture.vocab_size,
            "tokenizer.json: expected ids below the {} of `vocab_size`, found {}. Take the tokenizer of this checkpoint",
            architecture.vocab_size,
            tokenizer.vocab_size() - 1
        );
        let unknown_id = ["[UNK]", "<unk>"].iter().find_map(|token| tokenizer.token_id(token));
        Ok(Self {
            encoder: architecture.encoder,
            head: architecture.head,
            tokenizer,
            unknown_id,
            pad_token_id: architecture.pad_token_id,
            max_tokens: architecture.max_tokens.min(MAX_TOKENS),
            order,
            device: device.clone(),
        })
    }

    /// Its logits in the order of the student's labels, a row a text; the bar advances by a text.
    ///
    /// # Errors
    /// A text that its tokenizer refuses, tensor operations.
    pub fn logits(
        &self,
        texts: &[&str],
        workers: &Workers,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let (mut rows, mut unknown) = (Vec::with_capacity(texts.len()), 0);
        for texts in texts.chunks(CHUNK) {
            let encode = |text: &&str| Ok(self.tokenizer.encode(text, self.max_tokens)?.input_ids);
            let ids: Vec<Vec<u32>> = texts.iter().map(encode).collect::<anyhow::Result<_>>()?;
            unknown += ids.iter().filter(|ids| self.unknown_id.is_some_and(|id| ids.contains(&id))).count();
            rows.extend(workers.rows_of(&ids, |ids| self.batch(ids))?);
            bar.inc(texts.len() as u64);
        }
        if unknown > 0 {
            bar.suspend(|| {
                eprintln!("warning: a teacher's tokenizer knows not all pieces of {unknown} texts")
            });
        }
        let in_order = |row: Vec<f32>| self.order.iter().map(|&label| row[label]).collect();
        Ok(rows.into_iter().map(in_order).collect())
    }

    /// Logits of a batch, padded at the end.
    fn batch(&self, texts: &[&[u32]]) -> Result<Tensor> {
        let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or_default();
        let padded = |of: fn(u32) -> u32, padding: u32| {
            let row = |ids: &&[u32]| {
                let padding = std::iter::repeat_n(padding, longest - ids.len());
                ids.iter().map(|id| of(*id)).chain(padding).collect::<Vec<u32>>()
            };
            let rows: Vec<u32> = texts.iter().flat_map(row).collect();
            Tensor::from_vec(rows, (texts.len(), longest), &self.device)
        };
        let (ids, mask) = (padded(|id| id, self.pad_token_id)?, padded(|_| 1, 0)?);
        self.head.forward(&self.encoder.hidden_states(&ids, &mask)?, &mask)
    }
}
