//! What `prune` drops and how far: arguments of the subcommand, or a table of a recipe.

use super::reading::{Delimiter, Encoding, ReadOptions};
use super::schema::Config;
use super::schema::ModelConfig;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is pruned, and how far.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneConfig {
    /// Hugging Face folder of a BERT: `config.json`, `tokenizer.json`, `model.safetensors`.
    pub base: PathBuf,
    /// Texts whose pieces are counted, labelled or not.
    pub corpus: Vec<PathBuf>,
    /// A piece that the corpus has less often is dropped; its words are spelled with other pieces.
    #[serde(default = "default_min_count")]
    pub min_count: u64,
    /// Keeps only the most frequent pieces, special tokens and alphabet included.
    #[serde(default)]
    pub max_pieces: Option<usize>,
    /// Steps before tokenization, as the model will be trained with.
    #[serde(default = "default_normalization")]
    pub normalization: Vec<String>,
    /// Texts are cut to this many tokens before their pieces are counted.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: usize,
    /// Column or key of the texts.
    #[serde(default = "default_text_column")]
    pub text_column: String,
    /// Between the fields of a CSV.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// Of files without a byte order mark.
    #[serde(default)]
    pub encoding: Encoding,
    /// Characters that stay readable.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// The run whose validation and test rows are left out of the corpus, with their near-duplicates.
    #[serde(skip)]
    pub held_out: Option<Box<Config>>,
    /// Folder to write; it must not exist, unless as the result of the same call.
    pub output: PathBuf,
}

impl PruneConfig {
    /// Leaves out what a run by this configuration holds out, and normalizes as it does.
    pub fn set_held_out(&mut self, config: Box<Config>) {
        self.normalization = config.model.normalization.clone();
        self.held_out = Some(config);
    }
}

/// The characters of which every word can still be spelled.
///
/// A word with any other character becomes `[UNK]`; the report lists the characters which the base could read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Every character that the base has: no text gets an `[UNK]` that it did not have.
    Base,
    /// Characters that the corpus uses, and ASCII letters, digits and punctuation.
    #[default]
    Corpus,
}

/// Of `min_count`.
pub fn default_min_count() -> u64 {
    2
}

fn default_text_column() -> String {
    ReadOptions::default().text_column
}

impl PruneConfig {
    /// How the texts are read.
    pub fn read_options(&self) -> ReadOptions {
        ReadOptions {
            text_column: self.text_column.clone(),
            delimiter: self.delimiter,
            encoding: self.encoding,
            ..ReadOptions::default()
        }
    }
}

/// Of `max_tokens`.
pub fn default_max_tokens() -> usize {
    96
}

/// Of `normalization`: as a model is trained where nobody says anything.
pub fn default_normalization() -> Vec<String> {
    ModelConfig::default().normalization
}
