//! What a run holds out: the texts of its validation and test rows, and what says the same.
//!
//! Stages that read texts before a run does (`prune`, `adapt`) leave these out, and record by a hash which ones they
//! were: so a run knows whether they were its own.

use super::collection::Collection;
use super::hash::sha256_hex;
use super::near_duplicates::NearDuplicates;
use super::split::{Split, split};
use crate::config::schema::Config;
use anyhow::Context;
use std::collections::BTreeSet;

/// The held-out texts of a run, near-duplicates being one.
#[derive(Debug)]
pub struct HeldOut {
    near_duplicates: NearDuplicates,
    keys: BTreeSet<String>,
}

impl HeldOut {
    /// Of a run on these rows with this split.
    pub fn new(near_duplicates: NearDuplicates, rows: &Collection, split: &Split) -> Self {
        let indices = split.validation.iter().chain(&split.test);
        let keys = indices.map(|&index| near_duplicates.key(&rows.examples[index].text)).collect();
        Self { near_duplicates, keys }
    }

    /// Of a run by this configuration, which has not begun.
    ///
    /// # Errors
    /// Labelled data that cannot be read or divided.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let rows = Collection::read(&config.data, false)
            .context("the labelled data, whose held-out rows are left out")?;
        let near_duplicates = NearDuplicates::new(&config.model.normalization)?;
        let split = split(&rows, &config.data.labels, &near_duplicates, &config.split)?;
        Ok(Self::new(near_duplicates, &rows, &split))
    }

    /// Whether the text is held out, in these words or in others that a model reads as the same.
    pub fn holds(&self, text: &str) -> bool {
        self.keys.contains(&self.near_duplicates.key(text))
    }

    /// SHA-256 of all of them, in an order of their own: the same for the same held-out texts, whatever file they are in.
    pub fn sha256(&self) -> String {
        let lines: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        sha256_hex(lines.join("\n").as_bytes())
    }
}
