//! The three files of a base folder, checked before anything is made of them: what cannot be read is refused by what it
//! is, with the way out.

use super::base_model::WEIGHTS;
use anyhow::{Context, bail, ensure};
use classifier::tokenizer::Tokenizer;
use encoder::{Architecture, EncoderConfig};
use serde::Deserialize;
use std::path::Path;

/// Rows of MPNet's position table before the first position's: RoBERTa's habit, whose padding has the id 1.
pub const MPNET_ROWS_BEFORE_POSITIONS: usize = 2;

/// The keys of Hugging Face's `config.json` that matter; the file has others.
#[derive(Debug, Deserialize)]
pub struct HuggingFaceConfig {
    hidden_act: String,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    type_vocab_size: usize,
    relative_attention_num_buckets: Option<usize>,
    layer_norm_eps: f64,
    /// Spread of new weights.
    pub initializer_range: f64,
}

impl HuggingFaceConfig {
    /// Reads `config.json`, and which network it is of.
    ///
    /// # Errors
    /// No such configuration, another architecture than BERT and MPNet, another activation than GELU.
    pub fn parse(json: &[u8]) -> anyhow::Result<(Self, Architecture)> {
        let values: serde_json::Value = serde_json::from_slice(json)?;
        let model_type = values.get("model_type").and_then(serde_json::Value::as_str).unwrap_or("none");
        // Before the sizes: every architecture has its own names for them.
        ensure!(
            ["bert", "mpnet"].contains(&model_type),
            "base model: expected model_type bert or mpnet, found {model_type}. Other encoders can be teachers, \
             `distillation.teachers`, but not be trained"
        );
        let config: Self = serde_json::from_value(values.clone())?;
        ensure!(
            config.hidden_act == "gelu",
            "base model: expected model_type bert or mpnet with gelu, found {model_type} with {}",
            config.hidden_act
        );
        let architecture = match (model_type, config.relative_attention_num_buckets) {
            ("mpnet", Some(relative_attention_num_buckets)) => {
                Architecture::MpNet { relative_attention_num_buckets }
            }
            ("mpnet", None) => bail!("base model: expected `relative_attention_num_buckets`, found none"),
            _ => Architecture::Bert,
        };
        Ok((config, architecture))
    }

    /// Layers of the base.
    pub fn num_hidden_layers(&self) -> usize {
        self.num_hidden_layers
    }

    /// Sizes of an encoder with as many of these layers, positions and labels.
    ///
    /// # Errors
    /// More positions than the base has, sizes that contradict each other.
    pub fn sizes(
        &self,
        architecture: Architecture,
        num_hidden_layers: usize,
        context_length: usize,
        num_labels: usize,
    ) -> anyhow::Result<EncoderConfig> {
        let longest = match architecture {
            Architecture::Bert => self.max_position_embeddings,
            Architecture::MpNet { relative_attention_num_buckets: buckets } => {
                ensure!(
                    buckets >= 4 && buckets.is_multiple_of(4),
                    "base model: expected `relative_attention_num_buckets` to be a multiple of 4, found {buckets}"
                );
                self.max_position_embeddings.saturating_sub(MPNET_ROWS_BEFORE_POSITIONS)
            }
        };
        ensure!(
            context_length <= longest,
            "`model.context_length`: expected at most the base's {longest}, found {context_length}"
        );
        Ok(EncoderConfig {
            architecture,
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            max_position_embeddings: context_length,
            type_vocab_size: if architecture.is_bert() { self.type_vocab_size } else { 0 },
            layer_norm_eps: self.layer_norm_eps,
            num_labels,
            exit_layer: None,
        })
    }
}

/// Reads a file of the folder.
///
/// # Errors
/// A file that is not there; of weights in another form which, and how to come by these.
pub fn read(folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| {
        let has = |name: &str| name != WEIGHTS && folder.join(name).exists();
        let is_of_weights = name == WEIGHTS;
        if is_of_weights && has("model.safetensors.index.json") {
            return format!(
                "{}: expected the weights in one file, {WEIGHTS}, found them in several parts (sharded). Save them with \
                 transformers' save_pretrained(…, max_shard_size=\"100GB\")",
                folder.display()
            );
        }
        if is_of_weights && (has("pytorch_model.bin") || has("pytorch_model.bin.index.json")) {
            return format!(
                "{}: expected {WEIGHTS}, found pytorch_model.bin alone: a pickle, which can run any code when it is read. \
                 Save the weights with transformers' save_pretrained(…, safe_serialization=True)",
                folder.display()
            );
        }
        format!(
            "cannot read {}: `model.base` must be a folder with config.json, tokenizer.json and {WEIGHTS}; the README says \
             where to get it",
            path.display()
        )
    })
}

/// Checks that the tokenizer puts every text between the two tokens that the encoder was trained with, and has no ids
/// beyond the embedding table.
///
/// # Errors
/// What is no tokenizer, or one of another model.
pub fn check_tokenizer(json: &str, config: &EncoderConfig) -> anyhow::Result<()> {
    let tokenizer = Tokenizer::from_json(json).context("the base model's tokenizer.json")?;
    let (first, last) = match config.architecture {
        Architecture::Bert => ("[CLS]", "[SEP]"),
        Architecture::MpNet { .. } => ("<s>", "</s>"),
    };
    let id = |token: &str| {
        tokenizer.token_id(token).with_context(|| {
            format!(
                "the base model's tokenizer.json: expected the special token {token}, which the encoder was trained with, \
                 found none. Take the tokenizer that came with these weights"
            )
        })
    };
    let expected = [id(first)?, id(last)?];
    let found = tokenizer.encode("", config.max_position_embeddings)?.input_ids;
    ensure!(
        found == expected,
        "the base model's tokenizer.json: expected it to put every text between {first} and {last}, ids {expected:?}, \
         found {found:?} of an empty text. Its post_processor must add them"
    );
    let (ids, rows) = (tokenizer.vocab_size(), config.vocab_size);
    ensure!(
        ids <= rows,
        "the base model's tokenizer.json: expected at most the embedding table's {rows} ids, found {ids}. Take the \
         tokenizer that came with these weights"
    );
    Ok(())
}
