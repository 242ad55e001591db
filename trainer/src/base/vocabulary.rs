//! Pruning: a base model without the word pieces that a corpus does not use.
//!
//! Stands before `train`: Hugging Face folder in, smaller Hugging Face folder out. Half of a small encoder's bytes
//! are its embedding table, and tweets use a third of it. Nothing is learned here: rows are chosen, none is changed.

mod corpus;
mod report;
mod selection;
mod tokenizer_file;
mod weights;

pub use report::Report;

use super::origin::{self, Decision, ORIGIN, REPORT, Stage, TextFile};
use crate::config::pruning::PruneConfig;
use crate::data::hash::sha256_hex;
use crate::data::held_out::HeldOut;
use crate::output::folder;
use crate::output::json;
use anyhow::{Context, ensure};
use classifier::normalization::Normalization;
use corpus::Corpus;
use tokenizer_file::TokenizerFile;

/// Writes the pruned folder and says what it cost. The same input gives the same bytes.
///
/// # Errors
/// A base or corpus that cannot be used, `max_pieces` below what must stay, an output folder that exists and holds
/// something else. Nothing is written then.
pub fn prune(settings: &PruneConfig) -> anyhow::Result<Report> {
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
    let options = settings.read_options();
    let held_out = settings.held_out.as_deref().map(HeldOut::of).transpose()?;
    let corpora: Vec<Corpus> = settings
        .corpus
        .iter()
        .map(|path| Corpus::read(path, &options, &normalization, settings.max_tokens, held_out.as_ref()))
        .collect::<Result<_, _>>()?;

    let selection = selection::select(&file, &corpora, settings)?;
    let kept: Vec<u32> = selection.kept.iter().copied().collect();
    let tokenizer = file.with_pieces(&selection.kept)?;
    let table = weights::select_rows(&weights, &kept, file.pieces().len())
        .with_context(|| settings.base.join("model.safetensors").display().to_string())?;
    let report = Report::new(settings, &selection, &corpora, table.width, sha256_hex(&weights));
    let texts =
        corpora.iter().map(|corpus| TextFile { name: corpus.name.clone(), sha256: corpus.sha256.clone() });
    let stage = Stage::new(Decision::Vocabulary, texts.collect(), held_out.as_ref());
    let stages = [origin::read(&settings.base)?, vec![stage]].concat();
    let mut files = vec![
        (ORIGIN, origin::to_json(&stages)?),
        ("config.json", config_json(&config, &kept).context("the base's config.json")?),
        ("tokenizer.json", tokenizer.into_bytes()),
        ("model.safetensors", table.safetensors),
        (REPORT, report.to_json()?),
    ];
    // transformers takes letter case from here where a model is cased; its ids are tokenizer.json's.
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
        if settings.base.join(name).exists() {
            files.push((name, renumber_added_tokens(&read(name)?, &kept).context(name)?));
        }
    }
    folder::write(&settings.output, &files)?;
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
    ensure!(
        model_type == "bert",
        "model_type: expected bert, found {model_type}. Prune what becomes a model file, a BERT: only there the size of the \
         vocabulary is downloaded"
    );
    for (key, value) in config.iter_mut().filter(|(key, _)| key.ends_with("_token_id")) {
        if !value.is_null() {
            *value = new_id(kept, value)
                .with_context(|| format!("`{key}`: expected the id of a special token, found {value}"))?
                .into();
        }
    }
    config.insert("vocab_size".to_owned(), kept.len().into());
    json::pretty(&config)
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
    json::pretty(&file)
}
