//! The trainer from outside: the real program, real files, the shipped model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapting;
mod bench;
mod configuration;
mod data;
mod distilling;
mod edits;
mod evaluate;
mod export;
mod parquet;
mod predict;
mod program;
mod rebuilding;
mod resuming;
mod sweeping;
mod prune;
mod report;
mod tiny_base;
mod training;
