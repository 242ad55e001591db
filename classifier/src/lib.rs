//! Text in, sentiment out: normalization, tokenizer, BERT encoder, classification head, labels.
//!
//! What server, browser and trainer have in common: they run its [`Classifier`], and the crate `encoder`, which learns,
//! reads and writes the same model files. It does no I/O: bytes in, values out. The life of a text:
//!
//! ```text
//! normalization → tokenizer → inference → pooled vector → logits → temperature → Prediction
//! ```
//!
//! One GGUF file ([`model_file`]) carries all of it: weights, tokenizer, normalization, labels, temperature.

mod classifier;
mod error;
mod explanation;
mod inference;
mod kernels;
pub mod model_file;
pub mod normalization;
pub mod tokenizer;

pub use classifier::{Classifier, Depth, Prediction, softmax};
pub use error::{ClassifyError, ModelError, TextError};
pub use explanation::{Explanation, MAX_EXPLAINED_WORDS, WordContribution};

/// How numbers are rounded to integers, for training that rounds as inference does.
pub mod rounding {
    pub use crate::kernels::{RowScale, WEIGHT_STEPS, inverse};
}

/// The kernels, for tests and benches: no part of the interface.
#[doc(hidden)]
pub mod testing {
    pub use crate::kernels::*;
}
