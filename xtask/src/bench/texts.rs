//! The tweets that are classified, invented for the project and committed beside this crate.
//!
//! Their lengths are what is measured, so the browser's measurement checks them against what the model says it
//! has read.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::PathBuf;

/// Tweets by their length in tokens, `[CLS]` and `[SEP]` included.
#[derive(Deserialize)]
pub struct Texts {
    /// As long as a tweet is on average.
    pub tokens20: Vec<Text>,
    /// Longer than 99 of 100 tweets.
    pub tokens64: Vec<Text>,
    /// As many of each length as among real tweets.
    pub mix: Vec<Text>,
}

/// One tweet.
#[derive(Deserialize)]
pub struct Text {
    /// What is classified.
    pub text: String,
}

/// Where they are.
pub fn file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/bench/texts.json")
}

/// Reads them.
///
/// # Errors
/// The file is not there, or of another shape.
pub fn read(workspace: &Workspace) -> Result<Texts> {
    let file = file(workspace);
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} holds no tweets", file.display()))
}
