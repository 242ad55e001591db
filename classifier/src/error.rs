//! What can go wrong, in two kinds: a model that cannot be loaded, a text that cannot be classified.
//!
//! Everything about a model is checked once, in [`Classifier::from_gguf`](crate::Classifier::from_gguf);
//! after that only a text can be at fault ([`TextError`]).

use thiserror::Error;

/// Why a model file was refused.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The bytes are no GGUF file, or one cut short.
    #[error(
        "not a usable GGUF file: {reason} (found {found_bytes} bytes). Expected a whole model file as `trainer export` writes it; download it again"
    )]
    Malformed {
        /// What the reader stumbled over.
        reason: String,
        /// Length of what was given.
        found_bytes: usize,
    },
    /// A metadata key is missing or holds something else than expected.
    #[error(
        "model metadata `{key}`: expected {expected}, found {found}. Re-export the model with this version's trainer"
    )]
    Metadata {
        /// The metadata key.
        key: String,
        /// What the key must hold.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// A tensor is missing or has another shape or type than the hyper-parameters ask for.
    #[error(
        "model tensor `{name}`: expected {expected}, found {found}. Re-export the model with this version's trainer"
    )]
    Tensor {
        /// The tensor's name.
        name: String,
        /// Shape or types that are accepted.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// The embedded `tokenizer.json` cannot be used.
    #[error(
        "tokenizer: {0}. Expected a Hugging Face tokenizer.json with an id for every row of the embedding table"
    )]
    Tokenizer(String),
    /// The text normalization that the file names is unknown to this version.
    #[error(transparent)]
    Normalization(#[from] crate::normalization::UnknownStep),
    /// The tensor library failed.
    #[error("tensor operation failed while loading: {0}")]
    Candle(#[from] candle_core::Error),
}

/// Why a text was not classified. It does not say which one: whoever has a batch counts in its own way.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing was left to read.
    #[error(
        "empty text: expected at least one word, found nothing to read (URLs, whitespace and control characters do not count). Leave it out or send other text"
    )]
    Empty,
    /// The text is larger than anything worth tokenizing.
    #[error("expected a text of at most {limit_bytes} bytes, found {found_bytes}. Send its beginning")]
    TooLong {
        /// Largest accepted text in UTF-8 bytes.
        limit_bytes: usize,
        /// Its size in UTF-8 bytes.
        found_bytes: usize,
    },
    /// The tokenizer failed.
    #[error("expected a text that can be tokenized, found: {reason}")]
    Tokenizer {
        /// The tokenizer's own words.
        reason: String,
    },
    /// The model computed something that is not a number.
    #[error(
        "expected probabilities, found what is no number: the model's weights are damaged. Load another model file"
    )]
    NotANumber,
}

/// The first text of a batch that was not classified.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the text at index {index}: {error}")]
pub struct ClassifyError {
    /// Position in the batch, from 0.
    pub index: usize,
    /// Why it was not.
    pub error: TextError,
}
