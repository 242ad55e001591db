//! `run.json`: where a run comes from: what `export` writes into the model file as provenance.

use super::folder::{CHECKPOINT, CONFIG, Place, RunFolder};
use super::selection::{self, Selected};
use crate::base::base_model::BaseModel;
use crate::base::origin::{Reading, Stage, TextFile};
use crate::config::schema::Config;
use crate::data::hash::sha256_hex;
use crate::data::held_out::HeldOut;
use crate::data::labelled::Dataset;
use anyhow::{Context, ensure};
use encoder::EncoderConfig;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// File of the record in a run's folder.
pub const FILE: &str = "run.json";

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
    /// File name of the labelled data; empty without any.
    pub data: String,
    /// SHA-256 of the labelled data.
    pub data_sha256: String,
    /// SHA-256 of every other file that was learned from, by name: unlabelled texts and teachers.
    pub inputs: IndexMap<String, String>,
    /// SHA-256 of the resolved configuration but for its paths: what lies there has hashes of its own.
    pub config_sha256: String,
    /// The run's seed.
    pub seed: u64,
    /// Worker threads: they decide the order of the sums.
    pub num_threads: usize,
    /// Sizes of the encoder.
    pub encoder: EncoderConfig,
    /// Which texts decided the base's vocabulary and weights, as far as that is recorded.
    pub base_origin: Vec<Stage>,
    /// SHA-256 of the texts that the run holds out ([`HeldOut::sha256`]); empty without labelled data.
    pub held_out_sha256: String,
    /// What is chosen by the score on the validation rows; the rest is decided by the configuration.
    pub selected_on_validation: Vec<Selected>,
}

impl RunRecord {
    /// The record of a run that is about to start, on labelled data, of which `held_out` is kept, or on texts alone.
    ///
    /// # Errors
    /// A configuration that cannot be written as TOML, a file that cannot be read.
    pub fn new(
        config: &Config,
        dataset: Option<&Dataset>,
        held_out: Option<&HeldOut>,
        base: &BaseModel,
        num_threads: usize,
    ) -> anyhow::Result<Self> {
        let mut inputs = IndexMap::new();
        let teachers = config.distillation.teachers.iter().map(|teacher| match teacher.is_dir() {
            true => teacher.join(CHECKPOINT),
            false => teacher.clone(),
        });
        for path in config.data.unlabelled.iter().cloned().chain(teachers) {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // A teacher's file is named after its folder: they are all called the same.
            let folder = path.parent().filter(|_| path.ends_with(CHECKPOINT)).map(file_name);
            inputs.insert(folder.unwrap_or_else(|| file_name(&path)), sha256_hex(&bytes));
        }
        Ok(Self {
            trainer_version: env!("CARGO_PKG_VERSION").to_owned(),
            candle_version: "0.11.1".to_owned(),
            base_model: base.name.clone(),
            base_sha256: base.sha256.clone(),
            data: dataset.map(|dataset| file_name(&dataset.path)).unwrap_or_default(),
            data_sha256: dataset.map(|dataset| dataset.sha256.clone()).unwrap_or_default(),
            inputs,
            config_sha256: sha256_hex(config.without_paths().to_toml()?.as_bytes()),
            seed: config.seed,
            num_threads,
            encoder: base.config.clone(),
            base_origin: base.origin.clone(),
            held_out_sha256: held_out.map(HeldOut::sha256).unwrap_or_default(),
            selected_on_validation: selection::selected(&config.train),
        })
    }

    /// The files of texts that it reads.
    pub fn texts(&self) -> Vec<TextFile> {
        let file =
            |(name, sha256): (&String, &String)| TextFile { name: name.clone(), sha256: sha256.clone() };
        let labelled = (!self.data.is_empty()).then_some((&self.data, &self.data_sha256));
        labelled.into_iter().chain(&self.inputs).map(file).collect()
    }

    /// Whether a stage of the base has, or may have, read what the run holds out of its own data.
    pub fn has_read_held_out(&self, stage: &Stage) -> bool {
        matches!(stage.reading(&self.data_sha256, &self.held_out_sha256), Reading::Read | Reading::OtherSplit)
    }

    /// Writes the record and the configuration into the run folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &RunFolder, config: &Config) -> anyhow::Result<()> {
        folder.write(CONFIG, config.to_toml()?.as_bytes())?;
        folder.write(FILE, &serde_json::to_vec_pretty(self)?)
    }

    /// Whether this very run has begun at this place already; `false` for a folder without a run.
    ///
    /// # Errors
    /// A folder of another run.
    pub fn is_at(&self, place: &Place) -> anyhow::Result<bool> {
        let Some(folder) = place.existing().filter(|folder| folder.has(FILE)) else { return Ok(false) };
        let found = Self::read(folder.path())?;
        ensure!(
            found == *self,
            "{}: expected the run of this configuration, data and base, found another one{}. Choose another folder, \
             or remove this one",
            folder.path().display(),
            difference(&found, self)
        );
        Ok(true)
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

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// ` (its KEY is A, not B)` for the first key in which two records differ.
fn difference(found: &RunRecord, expected: &RunRecord) -> String {
    let table = |record: &RunRecord| serde_json::to_value(record).ok();
    let (Some(found), Some(expected)) = (table(found), table(expected)) else { return String::new() };
    let keys = expected.as_object().into_iter().flatten();
    let differing = keys.map(|(key, expected)| (key, expected, &found[key])).find(|(_, a, b)| a != b);
    differing
        .map_or(String::new(), |(key, expected, found)| format!(" (its {key} is {found}, not {expected})"))
}
