//! What a run holds out: the texts of its validation and test rows, and what says the same.
//!
//! Stages that read texts before a run does (`prune`, `adapt`) leave these out, and record by a hash which ones they
//! were: so a run knows whether they were its own.

use super::labelled::{Dataset, read_labelled_again, sha256_hex};
use super::split::{Split, near_duplicate_key, split};
use crate::config::schema::Config;
use anyhow::Context;
use std::collections::BTreeSet;

/// The held-out texts of a run, near-duplicates being one.
pub struct HeldOut {
    key: Box<dyn Fn(&str) -> String + Send + Sync>,
    keys: BTreeSet<String>,
}

impl HeldOut {
    /// Of a run on these rows with this split.
    ///
    /// # Errors
    /// A normalization that is not known.
    pub fn new(_: &Config, dataset: &Dataset, split: &Split) -> anyhow::Result<Self> {
        let key = Box::new(near_duplicate_key()?);
        let rows = split.validation.iter().chain(&split.test);
        let keys = rows.map(|&index| key(&dataset.examples[index].text)).collect();
        Ok(Self { key, keys })
    }

    /// Of a run by this configuration, which has not begun.
    ///
    /// # Errors
    /// Labelled data that cannot be read or divided.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let dataset = read_labelled_again(&config.data.train, &config.data.labels)
            .context("`data.train`, whose held-out rows are left out")?;
        let split = split(&dataset.examples, &config.split)?;
        Self::new(config, &dataset, &split)
    }

    /// Whether the text is held out, in these words or in others that a model reads as the same.
    pub fn holds(&self, text: &str) -> bool {
        self.keys.contains(&(self.key)(text))
    }

    /// SHA-256 of all of them, in an order of their own: the same for the same held-out texts, whatever file they are in.
    pub fn sha256(&self) -> String {
        let lines: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        sha256_hex(lines.join("\n").as_bytes())
    }
}
