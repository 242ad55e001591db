//! A finished run, read back: what `export` and `report` make models of and measure.
//!
//! The checkpoint is scored in f32 as it was trained; a [`Variant`] is the same checkpoint as a model file in memory,
//! loaded and scored through the very code that users run. Both are calibrated on the validation rows, each on its
//! own logits, and reported on the test rows.

mod variant;

pub use variant::Variant;

use crate::calibration::{self, Calibration, Kept, ThresholdRule};
use crate::config::Config;
use crate::data::{Dataset, Example, read_labelled_again};
use crate::metrics::{self, Evaluation, Intervals};
use crate::parameters::Parameters;
use crate::run_record::RunRecord;
use crate::split::Split;
use crate::tensor_storage::TensorStorage;
use crate::train::{self, Workers};
use crate::unlabelled;
use anyhow::{Context, ensure};
use candle_core::Device;
use encoder::NoDropout;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A run folder's content, and the data it was made from.
#[derive(Debug)]
pub struct Run {
    /// The run folder.
    pub folder: PathBuf,
    /// Resolved.
    pub config: Config,
    /// Hashes, versions, sizes.
    pub record: RunRecord,
    /// All rows.
    pub dataset: Dataset,
    /// Which rows are held out.
    pub split: Split,
    parameters: Parameters,
    tokenizer_json: String,
}

/// Calibrated predictions on the test rows, which neither training nor calibration saw.
#[derive(Debug)]
pub struct Scored {
    /// Fitted on the validation rows.
    pub calibration: Calibration,
    /// A row a test row, in label order.
    pub probabilities: Vec<Vec<f32>>,
    /// The test rows' label ids.
    pub labels: Vec<usize>,
    /// How good they are.
    pub evaluation: Evaluation,
    /// How sure that is.
    pub intervals: Intervals,
}

impl Scored {
    fn new(
        calibration: Calibration,
        logits: &[Vec<f32>],
        labels: Vec<usize>,
        names: &[String],
        seconds: f64,
    ) -> Self {
        let probabilities = calibration::probabilities(logits, calibration.temperature);
        let evaluation = metrics::evaluate(&probabilities, &labels, names, seconds);
        let intervals = metrics::intervals(&probabilities, &labels, names);
        Self { calibration, probabilities, labels, evaluation, intervals }
    }

    /// What the threshold of uncertainty does on the test rows.
    pub fn kept(&self) -> Kept {
        calibration::kept(&self.probabilities, &self.labels, self.calibration.uncertain_threshold)
    }
}

impl Run {
    /// Reads a run folder and its data.
    ///
    /// # Errors
    /// A folder that `trainer train` did not write, or not to its end; data that changed since.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let record = RunRecord::read(folder)?;
        let config = Config::load(&folder.join("config.toml"), &[])?;
        ensure!(
            folder.join(train::EVALUATION).exists(),
            "{}: expected a finished run with an {}, found one that is under way or was interrupted. Wait for it, or \
             go on with `trainer train --resume`",
            folder.display(),
            train::EVALUATION
        );
        let checkpoint = folder.join(train::CHECKPOINT);
        let parameters = Parameters::from_checkpoint(&checkpoint, &record.encoder, &Device::Cpu)?;
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let tokenizer_json = read("tokenizer.json")?;
        let split: Split = serde_json::from_str(&read("split.json")?).context("split.json of the run")?;
        let dataset = read_labelled_again(&config.data.train, &config.data.labels)
            .context("the model is scored on the run's held-out rows, which needs the run's data")?;
        ensure!(
            dataset.sha256 == record.data_sha256,
            "{}: expected the data of the run (SHA-256 {}), found {}",
            dataset.path.display(),
            record.data_sha256,
            dataset.sha256
        );
        let folder = folder.to_owned();
        Ok(Self { folder, config, record, dataset, split, parameters, tokenizer_json })
    }

    /// The storage that the configuration asks for, with these exceptions on top (pattern → format).
    ///
    /// # Errors
    /// Names that are no formats.
    pub fn storage(
        &self,
        quantization: Option<&str>,
        exceptions: &[(String, String)],
    ) -> anyhow::Result<TensorStorage> {
        Ok(TensorStorage::configured(&self.config.export)?.with(quantization, exceptions)?)
    }

    /// How the configuration wants the threshold of uncertainty found.
    ///
    /// # Errors
    /// A selective accuracy that is no share.
    pub fn threshold_rule(&self, selective_accuracy: Option<f64>) -> anyhow::Result<ThresholdRule> {
        let fixed = self.config.export.uncertain_threshold;
        ThresholdRule::new(fixed, selective_accuracy.unwrap_or(self.config.export.selective_accuracy))
            .context("selective accuracy")
    }

    /// The checkpoint itself, in f32.
    ///
    /// # Errors
    /// Rows that cannot be tokenized, tensor operations.
    pub fn score_checkpoint(&self, rule: ThresholdRule) -> anyhow::Result<Scored> {
        let rows = train::tokenize(&self.dataset, &self.tokenizer_json, &self.config)?;
        let workers = Workers::new(self.record.num_threads, &Device::Cpu)?;
        let encoder = self.parameters.frozen_encoder()?;
        let logits = |indices: &[usize]| workers.logits(&encoder, &train::select(&rows, indices));
        let validation = self.labels(&self.split.validation);
        let calibration = Calibration::fit(&logits(&self.split.validation)?, &validation, rule);
        let start = Instant::now();
        let test = logits(&self.split.test)?;
        let seconds = start.elapsed().as_secs_f64();
        let labels = self.labels(&self.split.test);
        Ok(Scored::new(calibration, &test, labels, &self.config.data.labels, seconds))
    }

    /// The checkpoint's pooled hidden states of any texts, a row a text.
    ///
    /// # Errors
    /// Texts that cannot be tokenized, tensor operations.
    pub fn pooled(&self, texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
        let ids = unlabelled::tokenize(texts, &self.tokenizer_json, &self.config)?;
        let encoder = self.parameters.frozen_encoder()?;
        workers.rows(&ids, |batch| encoder.pooled(batch, &mut NoDropout))
    }

    /// The test rows, in the order of [`Scored::probabilities`].
    pub fn test_examples(&self) -> Vec<&Example> {
        self.examples(&self.split.test)
    }

    /// Where a row comes from, for messages: file and line.
    pub fn place_of(&self, example: &Example) -> String {
        format!("{}:{}", self.dataset.path.display(), example.line)
    }

    fn examples(&self, indices: &[usize]) -> Vec<&Example> {
        indices.iter().map(|&index| &self.dataset.examples[index]).collect()
    }

    fn labels(&self, indices: &[usize]) -> Vec<usize> {
        self.examples(indices).iter().map(|example| example.label).collect()
    }
}
