//! `run.json`: where a run comes from: what `export` writes into the model file as provenance.

use crate::base_model::BaseModel;
use crate::config::Config;
use crate::data::{Dataset, sha256_hex};
use crate::run_folder::RunFolder;
use anyhow::Context;
use classifier::encoder::EncoderConfig;
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "run.json";

/// Hashes and versions of everything that decided a run, and the sizes of its encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of the trainer.
    pub trainer_version: String,
    /// Version of candle.
    pub candle_version: String,
    /// Name of the base model's folder.
    pub base_model: String,
    /// SHA-256 of the base model's weights.
    pub base_sha256: String,
    /// File name of the data.
    pub data: String,
    /// SHA-256 of the data.
    pub data_sha256: String,
    /// SHA-256 of the resolved configuration, `config.toml` of the run folder.
    pub config_sha256: String,
    /// The run's seed.
    pub seed: u64,
    /// Worker threads: they decide the order of the sums.
    pub num_threads: usize,
    /// Sizes of the encoder.
    pub encoder: EncoderConfig,
}

impl RunRecord {
    /// The record of a run that is about to start.
    ///
    /// # Errors
    /// A configuration that cannot be written as TOML.
    pub fn new(
        config: &Config,
        dataset: &Dataset,
        base: &BaseModel,
        num_threads: usize,
    ) -> anyhow::Result<Self> {
        let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self {
            trainer_version: env!("CARGO_PKG_VERSION").to_owned(),
            candle_version: "0.11.1".to_owned(),
            base_model: base.name.clone(),
            base_sha256: base.sha256.clone(),
            data: name(&dataset.path),
            data_sha256: dataset.sha256.clone(),
            config_sha256: sha256_hex(config.to_toml()?.as_bytes()),
            seed: config.seed,
            num_threads,
            encoder: base.config.clone(),
        })
    }

    /// Writes the record into the run folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &RunFolder) -> anyhow::Result<()> {
        folder.write(FILE, &serde_json::to_vec_pretty(self)?)
    }

    /// Reads the record of a run folder.
    ///
    /// # Errors
    /// A folder without one, or one that another version wrote.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let bytes = std::fs::read(&path).with_context(|| {
            format!("cannot read {}: expected a folder that `trainer train` wrote", path.display())
        })?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} was not written by this version of the trainer", path.display()))
    }
}
