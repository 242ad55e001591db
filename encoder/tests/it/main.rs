//! The encoder from outside: values and gradients, and what they are held against: compositions, finite differences,
//! PyTorch, and the classifier's int8 inference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod encoder;
#[path = "../../../classifier/tests/it/fixture.rs"]
mod fixture;
mod golden;
mod gradients;
mod inference;
mod mpnet;
mod quantization;
