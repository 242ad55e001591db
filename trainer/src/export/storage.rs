//! In which format each tensor of an exported model is stored: one for all matrices, exceptions by pattern.
//!
//! `export.quantization` names the format of the matrices, `export.tensors` and `--tensor` the exceptions. Vectors
//! always stay f32. Quantization itself is candle's (round to nearest, a scale for 32 values) and deterministic.

use crate::config::schema::ExportConfig;
use crate::config::storage_format::TensorFormat;
use classifier::model_file::StorageFormat;
use encoder::names;
use encoder::{EncoderConfig, tensor_specs};
use indexmap::IndexMap;
use std::fmt;
use thiserror::Error;

/// A choice of formats that does not fit the model.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StorageError {
    /// A pattern names nothing that could be stored in another way.
    #[error(
        "tensor pattern `{pattern}`: expected one that matches a matrix of the model, found none that does. \
         The matrices are {matrices}; `*` stands for any characters"
    )]
    NoSuchTensor {
        /// As it was given.
        pattern: String,
        /// Names of all matrices, the blocks' once.
        matrices: String,
    },
    /// Rows that are no whole blocks.
    #[error(
        "tensor `{name}`: expected rows of a multiple of 32 values for {format}, found {columns}. \
         Store it as F32: `--tensor {name}=F32`"
    )]
    Rows {
        /// Name of the tensor.
        name: String,
        /// The format that was asked for.
        format: StorageFormat,
        /// Length of a row.
        columns: usize,
    },
}

/// The formats of a model's tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorStorage {
    matrices: StorageFormat,
    exceptions: Vec<TensorFormat>,
}

impl TensorStorage {
    /// `matrices` for every matrix, but for those that an exception's pattern matches. Where several match a tensor, the
    /// last one counts. Whether they match at all is known with the model: [`TensorStorage::formats`].
    pub fn new(matrices: StorageFormat, exceptions: Vec<TensorFormat>) -> Self {
        Self { matrices, exceptions }
    }

    /// What a configuration asks for.
    pub fn configured(export: &ExportConfig) -> Self {
        Self::new(export.quantization, export.tensors.clone())
    }

    /// The same with further exceptions, and another format of the matrices where one is given.
    pub fn with(self, quantization: Option<StorageFormat>, exceptions: &[TensorFormat]) -> Self {
        let matrices = quantization.unwrap_or(self.matrices);
        Self { matrices, exceptions: self.exceptions.into_iter().chain(exceptions.iter().cloned()).collect() }
    }

    /// The format of the matrices that no pattern matches.
    pub fn matrices(&self) -> StorageFormat {
        self.matrices
    }

    /// The arguments of `trainer export` that ask for it, each with a space in front.
    pub fn as_arguments(&self) -> String {
        let exceptions = self.exceptions.iter().map(|exception| format!(" --tensor '{exception}'"));
        format!(" --quantization {}{}", self.matrices, exceptions.collect::<String>())
    }

    /// The format of every tensor of a model with these sizes, in the order of the model file.
    ///
    /// # Errors
    /// A pattern that matches no matrix; a matrix whose rows are no whole blocks.
    pub fn formats(&self, encoder: &EncoderConfig) -> Result<IndexMap<String, StorageFormat>, StorageError> {
        let specs = tensor_specs(encoder);
        let matrices: Vec<_> = specs.iter().filter(|spec| spec.is_quantizable).collect();
        for TensorFormat { pattern, .. } in &self.exceptions {
            if !matrices.iter().any(|spec| matches(pattern, &spec.name)) {
                let names = matrices.iter().map(|spec| spec.name.as_str());
                let matrices = listed(names);
                return Err(StorageError::NoSuchTensor { pattern: pattern.clone(), matrices });
            }
        }
        let mut formats = IndexMap::with_capacity(specs.len());
        for spec in specs {
            let exception =
                self.exceptions.iter().rev().find(|exception| matches(&exception.pattern, &spec.name));
            let format = match (spec.is_quantizable, exception) {
                (false, _) => StorageFormat::F32,
                (true, Some(exception)) => exception.format,
                (true, None) => self.matrices,
            };
            let columns = spec.shape.last().copied().unwrap_or_default();
            if !format.fits(columns) {
                return Err(StorageError::Rows { name: spec.name, format, columns });
            }
            formats.insert(spec.name, format);
        }
        Ok(formats)
    }
}

impl fmt::Display for TensorStorage {
    /// `Q4_0, token_embd.weight as Q8_0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matrices.fmt(f)?;
        self.exceptions
            .iter()
            .try_for_each(|TensorFormat { pattern, format }| write!(f, ", {pattern} as {format}"))
    }
}

/// Whether `pattern` matches the whole name; `*` stands for any characters, none included.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    ends.into_iter().any(|at| matches(rest, &name[at..]))
}

/// The name with `*` for the number of a block: `blk.*.attn_q.weight`.
pub fn in_every_block(name: &str) -> String {
    match names::layer_of(name) {
        Some((_, rest)) => format!("{}*.{rest}", names::LAYER),
        None => name.to_owned(),
    }
}

/// Every name once, whatever the number of its block.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let distinct: indexmap::IndexSet<String> = names.map(in_every_block).collect();
    distinct.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::storage_format;
    use encoder::Architecture;

    fn encoder(hidden_size: usize) -> EncoderConfig {
        EncoderConfig {
            architecture: Architecture::Bert,
            vocab_size: 40,
            hidden_size,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            intermediate_size: 64,
            max_position_embeddings: 16,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            num_labels: 3,
            exit_layer: None,
        }
    }

    fn storage(quantization: &str, tensors: &[(&str, &str)]) -> anyhow::Result<TensorStorage> {
        let exceptions = tensors.iter().map(|(pattern, format)| format!("{pattern}={format}").parse());
        Ok(TensorStorage::new(storage_format::parse(quantization)?, exceptions.collect::<Result<_, _>>()?))
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("blk.*.ffn_down.weight", "blk.11.ffn_down.weight", true),
            ("blk.*.ffn_down.weight", "blk.1.ffn_up.weight", false),
            ("token_embd.weight", "token_embd.weight", true),
            ("token_embd", "token_embd.weight", false),
            ("*embd*", "position_embd.weight", true),
            ("*weight", "position_embd.weight", true),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("", "token_embd.weight", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn exceptions_count_in_order_and_vectors_stay_f32() {
        let tensors = [("*_embd.weight", "Q8_0"), ("blk.*", "Q8_0"), ("blk.1.*", "F32")];
        let formats = storage("Q4_0", &tensors).unwrap().formats(&encoder(32)).unwrap();
        for (name, expected) in [
            ("token_embd.weight", StorageFormat::Q8_0),
            ("position_embd.weight", StorageFormat::Q8_0),
            ("token_types.weight", StorageFormat::Q4_0),
            ("blk.0.attn_q.weight", StorageFormat::Q8_0),
            ("blk.0.attn_q.bias", StorageFormat::F32),
            ("blk.1.attn_q.weight", StorageFormat::F32),
            ("blk.0.attn_output_norm.weight", StorageFormat::F32),
            ("cls.output.weight", StorageFormat::F32),
        ] {
            assert_eq!(formats[name], expected, "{name}");
        }
    }

    /// Seen red when the exceptions were kept by their pattern: its first place in the list won.
    #[test]
    fn of_several_patterns_the_last_counts_also_where_one_is_given_twice() {
        let tensors = [("blk.*", "Q8_0"), ("blk.0.*", "F32"), ("blk.*", "Q4_0")];
        let formats = storage("Q8_0", &tensors).unwrap().formats(&encoder(32)).unwrap();
        assert_eq!(formats["blk.0.attn_q.weight"], StorageFormat::Q4_0);
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        let error = storage("Q5_1", &[]).unwrap_err().to_string();
        assert!(error.contains("Q5_1") && error.contains("Q4_0"), "{error}");
        let error = storage("Q8_0", &[("blk.*", "q4")]).unwrap_err().to_string();
        assert!(error.contains("`blk.*`") && error.contains("\"q4\""), "{error}");
        // A vector cannot be quantized: a pattern that finds only such is a mistake, too.
        for pattern in ["token_emb.weight", "blk.2.*", "*.bias", "cls.output.weight"] {
            let storage = storage("Q8_0", &[(pattern, "Q4_0")]).unwrap();
            let error = storage.formats(&encoder(32)).unwrap_err().to_string();
            let hint = "token_embd.weight, position_embd.weight, token_types.weight, blk.*.attn_q.weight";
            assert!(error.contains(pattern) && error.contains(hint), "{error}");
        }
        let error = storage("Q8_0", &[]).unwrap().formats(&encoder(48)).unwrap_err().to_string();
        assert!(error.contains("token_embd.weight") && error.contains("48"), "{error}");
        assert!(storage("F32", &[]).unwrap().formats(&encoder(48)).is_ok());
    }
}
