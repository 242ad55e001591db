//! Labelled rows as token ids, as the encoder reads them.

use super::collection::Collection;
use crate::config::schema::Config;
use anyhow::{Context, ensure};
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;

/// A tokenized labelled row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Token ids with the special ones.
    pub input_ids: Vec<u32>,
    /// Label id.
    pub label: usize,
}

impl AsRef<[u32]> for Row {
    fn as_ref(&self) -> &[u32] {
        &self.input_ids
    }
}

/// Normalizes and tokenizes every row, cut to the training length.
///
/// # Errors
/// A tokenizer that cannot be read, a row without anything to read.
pub fn tokenize(rows: &Collection, tokenizer_json: &str, config: &Config) -> anyhow::Result<Vec<Row>> {
    let tokenizer = Tokenizer::from_json(tokenizer_json).context("the base model's tokenizer.json")?;
    let normalization = Normalization::new(&config.model.normalization)?;
    let tokenize = |index: usize| {
        let example = &rows.examples[index];
        let encoding = tokenizer.encode(&normalization.apply(&example.text), config.train.max_tokens)?;
        ensure!(
            encoding.input_ids.len() > tokenizer.num_special_tokens(),
            "{}: expected a text with at least one token, found none after normalization",
            rows.place_of(index)
        );
        Ok(Row { input_ids: encoding.input_ids, label: example.label })
    };
    (0..rows.examples.len()).map(tokenize).collect()
}

/// The rows at these positions.
pub fn select(rows: &[Row], indices: &[usize]) -> Vec<Row> {
    indices.iter().map(|&index| rows[index].clone()).collect()
}
