//! A run's weights, scored: in f32 as they were trained, or as a model file in one storage or another.
//!
//! A [`Variant`] is the file in memory, loaded and scored through the very code that users run. Each way is calibrated
//! on the validation rows, by its own logits, and reported on the test rows.

use super::storage::TensorStorage;
use crate::config::schema::ExportConfig;
use crate::data::domains::Domains;
use crate::data::tokens::{select, tokenize};
use crate::fit::workers::Workers;
use crate::run::finished::{FinishedRun, TestRows};
use crate::scoring::calibration::{Calibration, ThresholdRule};
use crate::scoring::edits;
use crate::scoring::edits::EditEffect;
use crate::scoring::predictions::classify_with;
use crate::scoring::scored::{Rows, Scored};
use anyhow::Context;
use candle_core::Device;
use classifier::Classifier;
use classifier::model_file::StorageFormat;
use indexmap::IndexMap;
use indicatif::ProgressBar;
use std::time::Instant;

/// A model file in memory, loaded and scored.
#[derive(Debug)]
pub struct Variant {
    /// The GGUF file: 24 MB for MiniLM-L6 in Q8_0.
    pub bytes: Vec<u8>,
    /// The file, loaded for this machine's fastest kernel.
    pub classifier: Classifier,
    /// Format of every tensor, in the order of the file.
    pub formats: IndexMap<String, StorageFormat>,
    /// What it says of the test rows.
    pub scored: Scored,
}

impl Variant {
    /// Makes the model file, fits temperature and threshold to what it says of the validation rows, scores it on the
    /// test rows. `bar` advances by a text.
    ///
    /// # Errors
    /// A storage that does not fit the model, a text that cannot be classified.
    pub fn new(
        test: &TestRows<'_>,
        id: &str,
        storage: &TensorStorage,
        rule: ThresholdRule,
        bar: &ProgressBar,
    ) -> anyhow::Result<Self> {
        let run = test.run;
        let formats = storage.formats(&run.record().encoder)?;
        let tensors = run.weights.stored(&formats)?;
        let file = |temperature, threshold| run.weights.model_file(id, &tensors, temperature, threshold);
        let load =
            |bytes: &[u8]| Classifier::from_gguf(bytes.to_vec()).context("the exported model does not load");
        let uncalibrated = load(&file(1.0, 0.0)?)?;
        let split = run.split();
        let validation = logits(run, &uncalibrated, &split.validation, bar)?;
        let calibration = calibrate(run, &validation, rule);
        let start = Instant::now();
        let logits = logits(run, &uncalibrated, test.indices(), bar)?;
        let seconds = start.elapsed().as_secs_f64();
        let scored = scored(test, calibration, &logits, seconds)?;
        let bytes = file(calibration.temperature, calibration.uncertain_threshold)?;
        let classifier = load(&bytes)?;
        Ok(Self { bytes, classifier, formats, scored })
    }

    /// What harmless edits of the test rows do to its labels.
    ///
    /// # Errors
    /// A text that cannot be classified.
    pub fn edits(&self, test: &TestRows<'_>, bar: &ProgressBar) -> anyhow::Result<Vec<EditEffect>> {
        let (run, examples) = (test.run, test.examples());
        edits::measure(
            &self.bytes,
            &self.classifier,
            &examples,
            |index| run.data.place_of(test.indices()[index]),
            bar,
        )
    }
}

/// How a configuration wants the threshold of uncertainty found, or what is asked for instead.
///
/// # Errors
/// A selective accuracy that is no share.
pub fn threshold_rule(
    export: &ExportConfig,
    selective_accuracy: Option<f64>,
) -> anyhow::Result<ThresholdRule> {
    let selective_accuracy = selective_accuracy.unwrap_or(export.selective_accuracy);
    ThresholdRule::new(export.uncertain_threshold, selective_accuracy).context("selective accuracy")
}

/// The checkpoint itself, in f32.
///
/// # Errors
/// Rows that cannot be tokenized, tensor operations.
pub fn score_checkpoint(test: &TestRows<'_>, rule: ThresholdRule) -> anyhow::Result<Scored> {
    let run = test.run;
    let (config, split) = (run.config(), run.split());
    let rows = tokenize(&run.data, &run.weights.tokenizer_json, config)?;
    let workers = Workers::new(run.record().num_threads, &Device::Cpu)?;
    let encoder = run.weights.parameters.frozen_encoder()?;
    let logits = |indices: &[usize]| workers.logits(&encoder, &select(&rows, indices));
    let calibration = calibrate(run, &logits(&split.validation)?, rule);
    let start = Instant::now();
    let logits = logits(test.indices())?;
    let seconds = start.elapsed().as_secs_f64();
    scored(test, calibration, &logits, seconds)
}

/// Temperature and threshold by these logits of the validation rows; every domain has the same say.
fn calibrate(run: &FinishedRun, logits: &[Vec<f32>], rule: ThresholdRule) -> Calibration {
    let rows = &run.split().validation;
    let weights = Domains::new(&run.data, rows).weights();
    Calibration::fit(logits, &run.labels(rows), &weights, rule)
}

/// What these logits of the test rows say.
fn scored(
    test: &TestRows<'_>,
    calibration: Calibration,
    logits: &[Vec<f32>],
    seconds: f64,
) -> anyhow::Result<Scored> {
    let rows = Rows {
        labels: test.run.labels(test.indices()),
        groups: test.groups()?,
        domains: Domains::new(&test.run.data, test.indices()),
        names: &test.run.config().data.labels,
    };
    Ok(Scored::new(calibration, logits, rows, seconds))
}

fn logits(
    run: &FinishedRun,
    classifier: &Classifier,
    indices: &[usize],
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let examples = run.examples(indices);
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let predictions = classify_with(classifier, &texts, |index| run.data.place_of(indices[index]), bar)?;
    Ok(predictions.into_iter().map(|prediction| prediction.logits).collect())
}
