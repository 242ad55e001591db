//! The trainer from outside: the real program, real files, the shipped model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapting;
mod bench;
mod challenge;
mod configuration;
mod data;
mod distilling;
mod early_exit;
mod edits;
mod evaluate;
mod export;
mod hugging_face;
mod mpnet;
mod overwriting;
mod parquet;
mod places;
mod predict;
mod program;
mod prune;
mod rebuilding;
mod report;
mod resuming;
mod sources;
mod sweeping;
mod teaching;
mod tiny_base;
mod training;
