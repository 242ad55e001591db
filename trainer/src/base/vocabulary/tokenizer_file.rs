//! `tokenizer.json` of a WordPiece tokenizer, written anew with fewer pieces.
//!
//! Edited as JSON rather than through the `tokenizers` crate, so that everything which is not an id stays as it was.

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A parsed `tokenizer.json`.
pub struct TokenizerFile {
    json: Value,
    pieces: Vec<String>,
    special: BTreeSet<u32>,
    unknown: u32,
    continuation: String,
}

/// Special by name in every BERT, whether or not `added_tokens` lists them.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

impl TokenizerFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Another model than WordPiece, ids that are not 0, 1, 2 …, an unknown token without an id, a post-processor
    /// whose ids are not known to this module.
    pub fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut json: Value = serde_json::from_slice(bytes).context("expected a tokenizer.json")?;
        let model = &json["model"];
        let kind = model["type"].as_str().unwrap_or("none");
        ensure!(kind == "WordPiece", "expected a model of type WordPiece, found {kind}. Prune a BERT");
        let vocabulary = vocabulary(model)?.iter().map(|(piece, id)| (piece.as_str(), id));
        let no_tokens = Vec::new();
        let added = json["added_tokens"].as_array().unwrap_or(&no_tokens).iter();
        let added = added.map(|token| (token["content"].as_str().unwrap_or_default(), &token["id"]));
        let pieces = by_id(vocabulary.chain(added))?;
        let id_of = |name: &str| pieces.iter().position(|piece| piece == name).map(|id| id as u32);
        let unknown = model["unk_token"].as_str().and_then(id_of);
        let unknown = unknown.context("expected the unknown token in the vocabulary, found none")?;
        let continuation = model["continuing_subword_prefix"].as_str().unwrap_or("##").to_owned();
        let mut special: BTreeSet<u32> = SPECIAL.iter().filter_map(|name| id_of(name)).collect();
        special.insert(unknown);
        change_ids(&mut json, &mut |id| {
            let id = u32::try_from(id).ok().filter(|id| (*id as usize) < pieces.len());
            let id = id.context("expected ids of the vocabulary in added_tokens and post_processor")?;
            special.insert(id);
            Ok(id.into())
        })?;
        Ok(Self { json, pieces, special, unknown, continuation })
    }

    /// All pieces by id, added tokens included.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Every piece that is not special, with its id.
    pub fn words(&self) -> impl Iterator<Item = (u32, &str)> {
        let pieces = (0..).zip(self.pieces.iter().map(String::as_str));
        pieces.filter(|(id, _)| !self.special.contains(id))
    }

    /// Ids that something outside of the vocabulary names, and those that every BERT has.
    pub fn special(&self) -> &BTreeSet<u32> {
        &self.special
    }

    /// Id of `[UNK]`.
    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    /// What marks a piece that continues a word: `##`.
    pub fn continuation(&self) -> &str {
        &self.continuation
    }

    /// The file with these pieces alone, numbered anew in the order of their ids.
    ///
    /// # Errors
    /// A special token that is not among them.
    pub fn with_pieces(&self, kept: &BTreeSet<u32>) -> anyhow::Result<String> {
        let mut json = self.json.clone();
        let mut new_ids = vec![None; self.pieces.len()];
        let mut new_vocabulary = Map::new();
        for (new, old) in kept.iter().map(|id| *id as usize).enumerate() {
            new_ids[old] = Some(new as u64);
            // Added tokens need not be in the vocabulary.
            if vocabulary(&self.json["model"])?.contains_key(&self.pieces[old]) {
                new_vocabulary.insert(self.pieces[old].clone(), new.into());
            }
        }
        json["model"]["vocab"] = Value::Object(new_vocabulary);
        change_ids(&mut json, &mut |id| {
            let new = new_ids.get(id as usize).copied().flatten();
            new.with_context(|| format!("the special token with the id {id} must stay"))
        })?;
        serde_json::to_string(&json).context("cannot write tokenizer.json")
    }
}

fn vocabulary(model: &Value) -> anyhow::Result<&Map<String, Value>> {
    model["vocab"].as_object().context("expected a vocabulary of pieces with their ids, found none")
}

fn by_id<'a>(pieces: impl Iterator<Item = (&'a str, &'a Value)>) -> anyhow::Result<Vec<String>> {
    let mut numbered = BTreeSet::new();
    for (piece, id) in pieces {
        let id = id.as_u64().with_context(|| format!("`{piece}`: expected an id, found {id}"))?;
        numbered.insert((id, piece));
    }
    for (expected, (found, _)) in (0..).zip(&numbered) {
        ensure!(
            expected == *found,
            "expected one piece for each of the ids 0, 1, 2 and so on, found {} for {}",
            if *found < expected { "two" } else { "none" },
            expected.min(*found)
        );
    }
    Ok(numbered.into_iter().map(|(_, piece)| piece.to_owned()).collect())
}

/// Every id that the file names outside of its vocabulary, replaced by what `change` says.
fn change_ids(json: &mut Value, change: &mut impl FnMut(u64) -> anyhow::Result<u64>) -> anyhow::Result<()> {
    if let Some(tokens) = json["added_tokens"].as_array_mut() {
        tokens.iter_mut().try_for_each(|token| change_id(&mut token["id"], change))?;
    }
    if json["padding"].is_object() {
        change_id(&mut json["padding"]["pad_id"], change)?;
    }
    change_post_processor(&mut json["post_processor"], change)
}

fn change_post_processor(
    processor: &mut Value,
    change: &mut impl FnMut(u64) -> anyhow::Result<u64>,
) -> anyhow::Result<()> {
    if processor.is_null() {
        return Ok(());
    }
    match processor["type"].as_str().unwrap_or("none") {
        "TemplateProcessing" => {
            let tokens = processor["special_tokens"].as_object_mut().into_iter().flatten();
            let ids = tokens.filter_map(|(_, token)| token["ids"].as_array_mut()).flatten();
            ids.into_iter().try_for_each(|id| change_id(id, change))
        }
        "BertProcessing" | "RobertaProcessing" => {
            change_id(&mut processor["sep"][1], change)?;
            change_id(&mut processor["cls"][1], change)
        }
        found => bail!("post_processor: expected TemplateProcessing or BertProcessing, found {found}"),
    }
}

fn change_id(id: &mut Value, change: &mut impl FnMut(u64) -> anyhow::Result<u64>) -> anyhow::Result<()> {
    *id = change(id.as_u64().with_context(|| format!("expected the id of a token, found {id}"))?)?.into();
    Ok(())
}
