//! Texts without labels, for `adapt` and for distillation.
//!
//! What is held out must stay unseen, also without its label: texts with the same words as a validation or test row
//! are left out.

use crate::config::schema::Config;
use crate::data::labelled::Dataset;
use crate::data::near_duplicates::NearDuplicates;
use crate::data::split::Split;
use crate::data::texts::read_corpus;
use anyhow::Context;
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;
use std::collections::HashSet;

/// The texts of `data.unlabelled` in order, each set of words once, without those of held-out rows.
///
/// # Errors
/// A file that cannot be used.
pub fn read(config: &Config, labelled: Option<(&Dataset, &Split)>) -> anyhow::Result<Vec<String>> {
    let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
    let options = config.data.read_options();
    let mut seen = HashSet::new();
    if let Some((dataset, split)) = labelled {
        for &index in split.validation.iter().chain(&split.test) {
            seen.insert(near_duplicates.key(&dataset.examples[index].text));
        }
    }
    let mut texts = Vec::new();
    for path in &config.data.unlabelled {
        for text in read_corpus(path, &options)?.texts {
            if seen.insert(near_duplicates.key(&text)) {
                texts.push(text);
            }
        }
    }
    Ok(texts)
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
