//! `trainer prune`: a base model without the word pieces that a corpus does not use.
//!
//! Stands before `train`: Hugging Face folder in, smaller Hugging Face folder out. Half of a small encoder's bytes
//! are its embedding table, and tweets use a third of it. Nothing is learned here: rows are chosen, none is changed.

mod corpus;
mod output;
mod report;
mod selection;
mod tokenizer_file;
mod weights;

pub use report::Report;

use crate::config::{Delimiter, Encoding, ModelConfig, ReadOptions};
use crate::standard_output;
use anyhow::{Context, ensure};
use clap::ValueEnum;
use classifier::normalization::Normalization;
use corpus::Corpus;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tokenizer_file::TokenizerFile;

/// What is pruned, and how far: arguments of `trainer prune`, or a table of a recipe.
#[derive(Clone, Debug, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "Examples:
  trainer prune --base base/minilm --corpus tweets.csv topics.csv --output base/minilm-pruned
  trainer prune --base base/minilm --corpus tweets.csv --min-count 1 --max-pieces 8000 \\
    --output base/minilm-8k \\
    --normalization decode_html_entities,remove_urls,replace_cashtags,collapse_whitespace")]
pub struct Settings {
    /// Hugging Face folder of a BERT: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Texts whose pieces are counted, labelled or not
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub corpus: Vec<PathBuf>,
    /// A piece that the corpus has less often is dropped; its words are spelled with other pieces
    #[arg(long, value_name = "N", default_value_t = default_min_count())]
    #[serde(default = "default_min_count")]
    pub min_count: u64,
    /// Keeps only the most frequent pieces, special tokens and alphabet included
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub max_pieces: Option<usize>,
    /// Steps before tokenization, as the model will be trained with
    #[arg(long, value_name = "STEPS", value_delimiter = ',', default_values_t = default_normalization())]
    #[serde(default = "default_normalization")]
    pub normalization: Vec<String>,
    /// Texts are cut to this many tokens before their pieces are counted
    #[arg(long, value_name = "N", default_value_t = default_max_tokens())]
    #[serde(default = "default_max_tokens")]
    pub max_tokens: usize,
    /// Column or key of the texts
    #[arg(long, value_name = "NAME", default_value_t = default_text_column())]
    #[serde(default = "default_text_column")]
    pub text_column: String,
    /// Between the fields of a CSV: one character or `tab`; `auto` is a comma, and a tab in .tsv
    #[arg(long, value_name = "CHARACTER", default_value_t)]
    #[serde(default)]
    pub delimiter: Delimiter,
    /// Of files without a byte order mark: utf-8, utf-16le, windows-1252 or another name of the Encoding Standard
    #[arg(long, value_name = "NAME", default_value_t)]
    #[serde(default)]
    pub encoding: Encoding,
    /// Characters that stay readable: the base's, or the corpus's and all of ASCII
    #[arg(long, value_enum, default_value_t = Alphabet::default())]
    #[serde(default)]
    pub alphabet: Alphabet,
    /// Folder to write; it must not exist, unless as the result of the same call
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}

/// The characters of which every word can still be spelled.
///
/// A word with any other character becomes `[UNK]`; the report lists the characters which the base could read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Every character that the base has: no text gets an `[UNK]` that it did not have.
    Base,
    /// Characters that the corpus uses, and ASCII letters, digits and punctuation.
    #[default]
    Corpus,
}

fn default_min_count() -> u64 {
    2
}

fn default_text_column() -> String {
    ReadOptions::default().text_column
}

fn default_max_tokens() -> usize {
    96
}

fn default_normalization() -> Vec<String> {
    ModelConfig::default().normalization
}

/// Runs the subcommand.
///
/// # Errors
/// See [`prune`]; standard output cannot be written.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let report = prune(settings)?;
    standard_output::print(&format!("{}\n{}\n", report.table(), settings.output.display()))
}

/// Writes the pruned folder and says what it cost. The same input gives the same bytes.
///
/// # Errors
/// A base or corpus that cannot be used, `max_pieces` below what must stay, an output folder that exists and holds
/// something else. Nothing is written then.
pub fn prune(settings: &Settings) -> anyhow::Result<Report> {
    ensure!(settings.min_count >= 1, "`min_count`: expected at least 1, found 0. 1 keeps every piece in use");
    ensure!(!settings.corpus.is_empty(), "`corpus`: expected at least one file of texts, found none");
    let read = |name: &str| {
        let path = settings.base.join(name);
        std::fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: the base must be a folder with config.json, tokenizer.json and model.safetensors",
                path.display()
            )
        })
    };
    let (config, tokenizer, weights) =
        (read("config.json")?, read("tokenizer.json")?, read("model.safetensors")?);
    let file = TokenizerFile::parse(&tokenizer)
        .with_context(|| settings.base.join("tokenizer.json").display().to_string())?;
    let normalization = Normalization::new(&settings.normalization).context("`normalization`")?;
    let options = ReadOptions {
        text_column: settings.text_column.clone(),
        delimiter: settings.delimiter,
        encoding: settings.encoding,
        ..ReadOptions::default()
    };
    let corpora: Vec<Corpus> = settings
        .corpus
        .iter()
        .map(|path| Corpus::read(path, &options, &normalization, settings.max_tokens))
        .collect::<Result<_, _>>()?;

    let selection = selection::select(&file, &corpora, settings)?;
    let kept: Vec<u32> = selection.kept.iter().copied().collect();
    let tokenizer = file.with_pieces(&selection.kept)?;
    let table = weights::select_rows(&weights, &kept, file.pieces().len())
        .with_context(|| settings.base.join("model.safetensors").display().to_string())?;
    let report = Report::new(settings, &selection, &corpora, table.width, crate::data::sha256_hex(&weights));
    let mut files = vec![
        ("config.json", config_json(&config, &kept).context("the base's config.json")?),
        ("tokenizer.json", tokenizer.into_bytes()),
        ("model.safetensors", table.safetensors),
        ("vocabulary.json", report.to_json()?),
    ];
    // transformers takes letter case from here where a model is cased; its ids are tokenizer.json's.
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
        if settings.base.join(name).exists() {
            files.push((name, renumber_added_tokens(&read(name)?, &kept).context(name)?));
        }
    }
    output::write(&settings.output, &files)?;
    Ok(report)
}

/// Position among the kept ids: the new id.
fn new_id(kept: &[u32], id: &serde_json::Value) -> Option<usize> {
    let id = u32::try_from(id.as_u64()?).ok()?;
    kept.binary_search(&id).ok()
}

/// The configuration with the new size of the vocabulary and the new ids of its special tokens.
fn config_json(bytes: &[u8], kept: &[u32]) -> anyhow::Result<Vec<u8>> {
    let mut config: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes)?;
    let model_type = config.get("model_type").and_then(|value| value.as_str()).unwrap_or("none");
    ensure!(model_type == "bert", "model_type: expected bert, found {model_type}. Prune a BERT");
    for (key, value) in config.iter_mut().filter(|(key, _)| key.ends_with("_token_id")) {
        if !value.is_null() {
            *value = new_id(kept, value)
                .with_context(|| format!("`{key}`: expected the id of a special token, found {value}"))?
                .into();
        }
    }
    config.insert("vocab_size".to_owned(), kept.len().into());
    pretty(&config)
}

/// `added_tokens_decoder`, where a file has it, maps ids to tokens.
fn renumber_added_tokens(bytes: &[u8], kept: &[u32]) -> anyhow::Result<Vec<u8>> {
    let mut file: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes)?;
    if let Some(serde_json::Value::Object(tokens)) = file.get_mut("added_tokens_decoder") {
        let renumbered = std::mem::take(tokens).into_iter().map(|(id, token)| {
            let new = id.parse::<u64>().ok().and_then(|id| new_id(kept, &id.into()));
            let new = new.with_context(|| {
                format!("`added_tokens_decoder`: expected ids of tokenizer.json's added tokens, found {id}")
            })?;
            Ok((new.to_string(), token))
        });
        *tokens = renumbered.collect::<anyhow::Result<_>>()?;
    }
    pretty(&file)
}

fn pretty(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
