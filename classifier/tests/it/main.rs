//! The classifier from outside: model files, texts, gradients, and oracles for all three.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod encoder;
mod fixture;
mod golden;
mod gradients;
mod inference;
mod model_file;
mod quantization;
mod texts;
