//! The trainer from outside: the real program, real files, the shipped model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod configuration;
mod data;
mod edits;
mod evaluate;
mod export;
mod predict;
mod program;
mod report;
mod tiny_base;
mod training;
