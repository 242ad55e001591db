//! What the JavaScript engine answers. Field names are the public contract of the npm package `tickertone`, whose
//! TypeScript types stand in `wasm-model/js/tickertone.js`: `messages/tests/contract.rs` and the type check of
//! `cargo xtask test` hold both against the same values.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// An explanation measures so many words of a text at most; the classifier's limit.
pub const MAX_EXPLAINED_WORDS: usize = 64;
/// `name` of the error about a text in which there is nothing to read.
pub const EMPTY_TEXT: &str = "EmptyText";
/// `name` of the error about a text that is larger than anything worth reading.
pub const TEXT_TOO_LONG: &str = "TextTooLong";

/// How far a download is, in bytes: doubles, since JavaScript counts in nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes that have arrived; never decreases.
    pub loaded: f64,
    /// Bytes there are, where the server says.
    pub total: Option<f64>,
}

/// One text's classification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The most probable label.
    pub label: String,
    /// Calibrated probability of every label, in label order; they sum to 1.
    pub scores: IndexMap<String, f32>,
    /// The highest probability lies below the threshold that the model file states, or the model knows nearly none of
    /// the text's words.
    pub uncertain: bool,
    /// Tokens the model read, `[CLS]` and `[SEP]` included.
    pub tokens: usize,
    /// Layers after which the answer was read: fewer than [`EngineInfo::layers`] where an exit was sure enough.
    pub layers: usize,
    /// The text was longer than the model reads; its end was left out.
    pub truncated: bool,
}

/// A classification and what each word did for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The classification of the whole text.
    pub prediction: Prediction,
    /// The first [`MAX_EXPLAINED_WORDS`] words of the text, in reading order.
    pub words: Vec<WordContribution>,
}

/// A part of an explanation: some of its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplanationPart {
    /// The classification of the whole text.
    pub prediction: Prediction,
    /// The words that were asked for, in reading order.
    pub words: Vec<WordContribution>,
    /// Words of the whole explanation.
    pub total: usize,
}

/// What became of one text of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was classified.
    Prediction(Prediction),
    /// It was not.
    Failure {
        /// Why.
        error: TextFailure,
    },
}

/// Why a text was not classified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFailure {
    /// [`EMPTY_TEXT`], [`TEXT_TOO_LONG`], or `Error`.
    pub name: String,
    /// What was expected, what was found, what to do.
    pub message: String,
}

/// What one word contributed, measured by leaving it out (occlusion; Zeiler & Fergus 2014, section 4.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordContribution {
    /// The word as it was written.
    pub word: String,
    /// p(label | text) − p(label | text without this word), in −1 ..= 1: positive speaks for the label.
    pub contribution: f32,
}

/// Which engine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Id of the loaded model, as in the manifest.
    pub model: String,
    /// Build of the engine: `relaxed` or `simd128`.
    pub engine: String,
    /// Why it is not the build that was wanted, if it is another one.
    #[serde(default)]
    pub fallback: Option<String>,
    /// What computes the matrix products, e.g. `wasm-relaxed-2way`.
    pub kernel: String,
    /// The model's labels, in label order.
    pub labels: Vec<String>,
    /// Longest input in tokens, `[CLS]` and `[SEP]` included.
    #[serde(rename = "maxTokens")]
    pub max_tokens: usize,
    /// Layers of the model.
    pub layers: usize,
    /// An answer whose highest probability lies below this is uncertain; one above it only where the model knows nearly
    /// none of the text's words.
    #[serde(rename = "uncertainBelow")]
    pub uncertain_below: f32,
}
