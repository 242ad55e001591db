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
use crate::scoring::calibration::{Calibration, ThresholdRule, Validation};
use crate::scoring::challenge;
use crate::scoring::edits;
use crate::scoring::edits::EditEffect;
use crate::scoring::exit::{Answers, Logits};
use crate::scoring::predictions::{classify_at, classify_with};
use crate::scoring::scored::{Rows, Scored};
use anyhow::Context;
use candle_core::Device;
use classifier::model_file::{Exit, StorageFormat};
use classifier::{Classifier, Depth};
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

/// What a run's model file makes of the challenge set.
#[derive(Debug)]
pub struct Challenged {
    /// Kind by kind.
    pub scores: challenge::Scores,
    /// Texts of the set whose words are those of a text that the run, or a teacher that lists them, learned from.
    pub num_learned: usize,
}

impl Variant {
    /// Makes the model file, fits temperatures and thresholds to what it says of the validation rows, scores it on the
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
        let file =
            |temperature, threshold, exit| run.weights.model_file(id, &tensors, temperature, threshold, exit);
        let load =
            |bytes: &[u8]| Classifier::from_gguf(bytes.to_vec()).context("the exported model does not load");
        let as_it_is = run.record().encoder.exit_layer.map(|_| Exit { temperature: 1.0, threshold: 1.0 });
        let uncalibrated = load(&file(1.0, 0.0, as_it_is)?)?;
        let calibration = calibrate(run, &logits(run, &uncalibrated, &run.split().validation, bar)?, rule);
        let bytes = file(calibration.temperature, calibration.uncertain_threshold, calibration.exit)?;
        let classifier = load(&bytes)?;
        let start = Instant::now();
        let answers = answers(test, &classifier, bar)?;
        let seconds = start.elapsed().as_secs_f64();
        let scored = scored(test, calibration, answers, seconds)?;
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

    /// What it makes of the challenge set; none where its labels are not those of the set.
    ///
    /// # Errors
    /// Weights that are damaged.
    pub fn challenge(&self, run: &FinishedRun) -> anyhow::Result<Option<Challenged>> {
        let Some(scores) = challenge::measure(&self.classifier)? else { return Ok(None) };
        let cases = challenge::cases()?;
        let num_learned = run.weights.seen.num_learned(cases.iter().map(|case| case.text.as_str()))?;
        Ok(Some(Challenged { scores, num_learned }))
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
    let config = run.config();
    let rows = tokenize(&run.data, &run.weights.tokenizer_json, config)?;
    let workers = Workers::new(run.record().num_threads, &Device::Cpu)?;
    let encoder = run.weights.parameters.frozen_encoder()?;
    let num_labels = config.data.labels.len();
    let logits =
        |indices: &[usize]| workers.logits_at_each_depth(&encoder, &select(&rows, indices), num_labels);
    let calibration = calibrate(run, &logits(&run.split().validation)?, rule);
    let start = Instant::now();
    let logits = logits(test.indices())?;
    let seconds = start.elapsed().as_secs_f64();
    scored(test, calibration, Answers::new(&logits, calibration.temperature, calibration.exit), seconds)
}

/// What these logits of the validation rows are calibrated by; every domain has the same say.
fn calibrate(run: &FinishedRun, logits: &Logits, rule: ThresholdRule) -> Calibration {
    let rows = &run.split().validation;
    let domains = Domains::new(&run.data, rows);
    let groups: Vec<Vec<usize>> = domains.all(<[usize]>::to_vec).into_values().collect();
    let validation = Validation { labels: &run.labels(rows), weights: &domains.weights(), domains: &groups };
    Calibration::fit(logits, validation, rule, run.config().export.exit_tolerance)
}

/// What these answers to the test rows are worth.
fn scored(
    test: &TestRows<'_>,
    calibration: Calibration,
    answers: Answers,
    seconds: f64,
) -> anyhow::Result<Scored> {
    let rows = Rows {
        labels: test.run.labels(test.indices()),
        groups: test.groups()?,
        domains: Domains::new(&test.run.data, test.indices()),
        names: &test.run.config().data.labels,
    };
    Ok(Scored::new(calibration, answers, rows, seconds))
}

/// What the file says of rows, at each depth.
fn logits(
    run: &FinishedRun,
    classifier: &Classifier,
    indices: &[usize],
    bar: &ProgressBar,
) -> anyhow::Result<Logits> {
    let examples = run.examples(indices);
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let name_of = |index: usize| run.data.place_of(indices[index]);
    let at = |depth, bar: &ProgressBar| -> anyhow::Result<Vec<Vec<f32>>> {
        let predictions = classify_at(classifier, &texts, depth, name_of, bar)?;
        Ok(predictions.into_iter().map(|prediction| prediction.logits).collect())
    };
    let exit = classifier.exit_layer().map(|_| at(Depth::Exit, &ProgressBar::hidden())).transpose()?;
    Ok(Logits { full: at(Depth::Full, bar)?, exit })
}

/// What the file answers to the test rows.
fn answers(test: &TestRows<'_>, classifier: &Classifier, bar: &ProgressBar) -> anyhow::Result<Answers> {
    let examples = test.examples();
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let predictions =
        classify_with(classifier, &texts, |index| test.run.data.place_of(test.indices()[index]), bar)?;
    let each = predictions.into_iter();
    let (probabilities, is_early) = each
        .map(|prediction| (prediction.probabilities, prediction.num_layers < classifier.num_layers()))
        .unzip();
    Ok(Answers { probabilities, is_early })
}
