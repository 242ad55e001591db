//! Texts of one file, and how a tokenizer divides them.

use crate::config::reading::ReadOptions;
use crate::data::held_out::HeldOut;
use crate::data::texts::read_corpus;
use anyhow::{Context, ensure};
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;
use rayon::prelude::*;
use std::path::Path;

/// The normalized texts of one file.
pub struct Corpus {
    /// File name, with the folder's where there is one: many are called `train.csv`.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Texts that were left out because a run holds them out.
    pub num_held_out: usize,
    texts: Vec<String>,
    max_tokens: usize,
}

/// How often each piece occurs.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Occurrences by id.
    pub pieces: Vec<u64>,
    /// All tokens, special ones included.
    pub tokens: u64,
    /// Texts with at least one `[UNK]`.
    pub texts_with_unknown: u64,
}

impl Corpus {
    /// Reads and normalizes the texts, but for those that are held out; what is longer than `max_tokens` tokens counts as
    /// cut.
    ///
    /// # Errors
    /// A file that cannot be read as texts, or of which nothing is left.
    pub fn read(
        path: &Path,
        options: &ReadOptions,
        normalization: &Normalization,
        max_tokens: usize,
        held_out: Option<&HeldOut>,
    ) -> anyhow::Result<Self> {
        let mut corpus = read_corpus(path, options)?;
        let num_texts = corpus.texts.len();
        corpus.texts.retain(|text| !held_out.is_some_and(|held_out| held_out.holds(text)));
        let num_held_out = num_texts - corpus.texts.len();
        ensure!(
            num_held_out < num_texts,
            "{}: expected texts that are not held out, found {num_texts} that are. Leave the file out",
            path.display()
        );
        Ok(Self {
            name: name(path),
            sha256: corpus.sha256,
            num_held_out,
            texts: corpus.texts.iter().map(|text| normalization.apply(text).into_owned()).collect(),
            max_tokens,
        })
    }

    /// Number of texts; at least one.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Counts the pieces of the tokenizer, ids below `vocab_size`.
    ///
    /// # Errors
    /// Whatever the tokenizer cannot encode.
    pub fn count(&self, tokenizer: &Tokenizer, vocab_size: usize, unknown: u32) -> anyhow::Result<Counts> {
        let empty = || Counts { pieces: vec![0; vocab_size], ..Counts::default() };
        let add = |mut counts: Counts, text: &String| -> anyhow::Result<Counts> {
            let encoding = tokenizer.encode(text, self.max_tokens)?;
            counts.tokens += encoding.input_ids.len() as u64;
            counts.texts_with_unknown += u64::from(encoding.input_ids.contains(&unknown));
            for id in encoding.input_ids {
                *counts.pieces.get_mut(id as usize).context("an id beyond the vocabulary")? += 1;
            }
            Ok(counts)
        };
        self.texts
            .par_iter()
            .try_fold(empty, add)
            .try_reduce(empty, |lhs, rhs| Ok(lhs.plus(&rhs)))
            .with_context(|| format!("cannot tokenize {}", self.name))
    }
}

impl Counts {
    /// The sum.
    pub fn plus(mut self, other: &Self) -> Self {
        self.pieces.resize(self.pieces.len().max(other.pieces.len()), 0);
        self.pieces.iter_mut().zip(&other.pieces).for_each(|(count, more)| *count += more);
        self.tokens += other.tokens;
        self.texts_with_unknown += other.texts_with_unknown;
        self
    }
}

fn name(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}
