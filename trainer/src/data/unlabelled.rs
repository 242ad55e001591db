//! Texts without labels, for `adapt` and for distillation.
//!
//! What is held out must stay unseen, also without its label: texts with the same words as a validation or test row
//! are left out.

use crate::config::schema::Config;
use crate::data::collection::Collection;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::Split;
use crate::data::texts::read_corpus;
use anyhow::Context;
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;
use std::collections::HashSet;

/// Texts without labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unlabelled {
    /// As the files have them.
    pub texts: Vec<String>,
    /// Weight of each in the loss.
    pub weights: Vec<f64>,
}

/// The texts of `data.unlabelled` and of the sources without labels in order, each set of words once, without those of
/// held-out rows.
///
/// # Errors
/// A file that cannot be used.
pub fn read(config: &Config, labelled: Option<(&Collection, &Split)>) -> anyhow::Result<Unlabelled> {
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let mut seen = HashSet::new();
    if let Some((rows, split)) = labelled {
        for &index in split.validation.iter().chain(&split.test) {
            seen.insert(near_duplicates.key(&rows.examples[index].text));
        }
    }
    let mut unlabelled = Unlabelled::default();
    for source in config.data.texts() {
        let corpus = read_corpus(&source.path, &source.read_options(&config.data));
        let corpus = match source.name.as_str() {
            "" => corpus?,
            name => corpus.with_context(|| format!("source {name}"))?,
        };
        for text in corpus.texts {
            if seen.insert(near_duplicates.key(&text)) {
                unlabelled.texts.push(text);
                unlabelled.weights.push(source.weight);
            }
        }
    }
    Ok(unlabelled)
}

/// Token ids of the texts, cut to the training length; a text that the tokenizer finds empty keeps its special
/// tokens.
///
/// # Errors
/// A tokenizer that cannot be read, whatever it refuses.
pub fn tokenize<T: AsRef<str>>(
    texts: &[T],
    tokenizer_json: &str,
    config: &Config,
) -> anyhow::Result<Vec<Vec<u32>>> {
    let tokenizer = Tokenizer::from_json(tokenizer_json).context("the base model's tokenizer.json")?;
    let normalization = Normalization::new(&config.model.normalization)?;
    let encode = |text: &T| {
        Ok(tokenizer.encode(&normalization.apply(text.as_ref()), config.train.max_tokens)?.input_ids)
    };
    texts.iter().map(encode).collect()
}
