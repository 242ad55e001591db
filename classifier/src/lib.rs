//! Text in, sentiment out: normalization, tokenizer, BERT encoder, classification head, labels.
//!
//! The one library of the project: the trainer trains its [`encoder`], the server and the browser engine run
//! its [`Classifier`]. It does no I/O: bytes in, values out. The life of a text:
//!
//! ```text
//! normalization → tokenizer → encoder → pooled vector → logits → temperature → Prediction
//! ```
//!
//! One GGUF file ([`model_file`]) carries all of it: weights, tokenizer, normalization, labels, temperature.

mod classifier;
pub mod encoder;
mod error;
mod explanation;
mod inference;
pub mod kernels;
pub mod model_file;
pub mod normalization;
pub mod tokenizer;

pub use classifier::{Classifier, Prediction, softmax};
pub use error::{ClassifyError, ModelError};
pub use explanation::{Explanation, MAX_EXPLAINED_WORDS, WordContribution};
