//! The sections that say how a run learns: optimizer, loss, distillation, masking.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    pub device: Device,
    /// Share of a text's tokens that a training pass leaves out, other ones each time, 0 ≤ f < 1.
    pub token_dropout: f64,
    /// Run folder of a model of the same shape, from whose weights, heads and all, this run goes on; "": from the base's.
    pub start_from: PathBuf,
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
            device: Device::Cpu,
            token_dropout: 0.0,
            start_from: PathBuf::new(),
        }
    }
}

/// Where a run computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "snake_case")]
pub enum Device {
    /// The processor's cores.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            _ => Err(format!("expected one of cpu, cuda, found {name:?}")),
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
    /// Weight of R-Drop (Liang et al. 2021): two passes with different dropout must agree; 0: one pass. It multiplies
    /// ½ (KL(p‖q) + KL(q‖p)) beside the *mean* cross-entropy of both passes; equation 4 has their sum, so that this is
    /// half the paper's α.
    pub r_drop: f64,
    /// Weight of the exit's loss beside the head's, > 0; without `model.exit_layer` it does nothing.
    pub exit_weight: f64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { label_smoothing: 0.05, class_weights: ClassWeights::None, r_drop: 0.0, exit_weight: 0.5 }
    }
}

/// Distillation (Hinton et al. 2015): the teachers' mean logits as soft targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DistillationConfig {
    /// Run folders or model files with the same labels, or `hf:FOLDER` for the checkpoint folder of a Hugging Face
    /// sequence classifier; several are averaged.
    pub teachers: Vec<PathBuf>,
    /// Files of `trainer teach` with what teachers have said of every training text, instead of teachers; several are
    /// averaged.
    pub answers: Vec<PathBuf>,
    /// Softens both distributions, > 0.
    pub temperature: f64,
    /// Share of the soft targets in the loss of labelled rows, 0 ..= 1; unlabelled rows have only these.
    pub weight: f64,
    /// Weight of the squared distance to the first teacher's pooled hidden state; 0: none. Needs a run folder of
    /// the same width.
    pub hidden_weight: f64,
    /// Accepts teachers that cut texts into other pieces than the student.
    pub allow_other_tokenizer: bool,
    /// Accepts teachers that do not say which rows they learned from: held-out rows may be among them.
    pub allow_unknown_teacher_data: bool,
    /// What the `config.json` of a Hugging Face checkpoint calls a label → the label's name.
    pub label_map: IndexMap<String, String>,
}

/// The folder of a teacher that is a Hugging Face checkpoint.
pub fn hugging_face_folder(teacher: &Path) -> Option<&Path> {
    teacher.to_str()?.strip_prefix("hf:").map(Path::new)
}

impl DistillationConfig {
    /// Whether there is anybody to learn from.
    pub fn is_on(&self) -> bool {
        !self.teachers.is_empty() || !self.answers.is_empty()
    }
}

impl Default for DistillationConfig {
    fn default() -> Self {
        Self {
            teachers: Vec::new(),
            answers: Vec::new(),
            temperature: 2.0,
            weight: 0.7,
            hidden_weight: 0.0,
            allow_other_tokenizer: false,
            allow_unknown_teacher_data: false,
            label_map: IndexMap::new(),
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
