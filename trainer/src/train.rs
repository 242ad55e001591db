//! `trainer train`: from a base model and labelled rows to the best checkpoint of a run.
//!
//! Everything random is drawn from generators seeded by the configuration, one purpose a stream, so that the
//! same configuration on the same number of threads writes the same bytes.

pub mod batches;
mod progress;
mod workers;

pub use workers::{Loss, Row, Workers};

use crate::base_model::BaseModel;
use crate::config::{ClassWeights, Config};
use crate::data::{Dataset, read_labelled};
use crate::metrics::{self, Evaluation};
use crate::optimizer::AdamW;
use crate::parameters::Parameters;
use crate::plots::{self, EpochRecord};
use crate::run_folder::RunFolder;
use crate::run_record::RunRecord;
use crate::schedule::Schedule;
use crate::split::{Split, split};
use anyhow::{Context, bail, ensure};
use candle_core::Device;
use classifier::normalization::Normalization;
use classifier::tokenizer::Tokenizer;
use progress::Progress;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// File of the best checkpoint in a run folder.
pub const CHECKPOINT: &str = "best.safetensors";

/// Streams of the run's generator, one a purpose.
const HEAD_STREAM: u64 = 0;
const BATCH_STREAM: u64 = 1;

/// A finished run.
#[derive(Debug)]
pub struct Trained {
    /// The run folder.
    pub folder: PathBuf,
    /// The best epoch, counted from 1.
    pub best_epoch: usize,
    /// The best checkpoint on the validation rows.
    pub validation: Evaluation,
    /// The best checkpoint on the test rows.
    pub test: Evaluation,
}

/// A line of `metrics.jsonl`: a step or an epoch.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Record<'a> {
    Step { step: usize, loss: f64, learning_rate: f64, gradient_norm: f64 },
    Epoch(&'a EpochRecord),
}

/// Runs the whole training.
///
/// # Errors
/// Data, base model or configuration that cannot be used, each named; a loss that is not a number (the best
/// checkpoint so far stays). The run folder keeps what was written until then.
pub fn run(config: &Config, runs_dir: &Path) -> anyhow::Result<Trained> {
    let device = device(config)?;
    let dataset = read_labelled(&config.data.train, &config.data.labels)?;
    let split = split(&dataset.examples, &config.split)?;
    let base = BaseModel::load(&config.model, config.data.labels.len())?;
    let rows = tokenize(&dataset, &base.tokenizer_json, config)?;
    let parameters = base.parameters(&device, &mut generator(config, HEAD_STREAM))?;
    let class_weights = class_weights(config, &dataset, &split)?;
    let folder = RunFolder::create(runs_dir, &config.name)?;
    folder.write("config.toml", config.to_toml()?.as_bytes())?;
    folder.write("tokenizer.json", base.tokenizer_json.as_bytes())?;
    folder.write("split.json", &serde_json::to_vec(&split)?)?;
    RunRecord::new(config, &dataset, &base, num_threads(config))?.write(&folder)?;

    let mut session = Session {
        config,
        folder: &folder,
        workers: Workers::new(num_threads(config), &device)?,
        loss: Loss { label_smoothing: config.train.label_smoothing, class_weights },
        optimizer: AdamW::new(&config.train),
        parameters,
    };
    let (best_epoch, validation) = session.fit(&rows, &split)?;
    let best = Parameters::from_checkpoint(&folder.path().join(CHECKPOINT), &base.config, &device)?;
    let test = session.evaluate(&best, &select(&rows, &split.test))?.0;
    folder.write("evaluation.json", &serde_json::to_vec_pretty(&test)?)?;
    plots::confusion_matrix(&folder.path().join("confusion.svg"), &test, &config.data.labels)?;
    Ok(Trained { folder: folder.path().to_owned(), best_epoch, validation, test })
}

/// The device of `train.device`.
///
/// # Errors
/// A CUDA device that this build or machine does not have.
fn device(config: &Config) -> anyhow::Result<Device> {
    match config.train.device.as_str() {
        "cpu" => Ok(Device::Cpu),
        _ => Device::new_cuda(0).context(
            "`train.device` is \"cuda\": expected a CUDA device and a build with `--features cuda`, found none",
        ),
    }
}

fn num_threads(config: &Config) -> usize {
    match config.train.num_threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

fn generator(config: &Config, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    rng.set_stream(stream);
    rng
}

/// Normalizes and tokenizes every row, cut to the training length.
///
/// # Errors
/// A tokenizer that cannot be read, a row without anything to read.
pub fn tokenize(dataset: &Dataset, tokenizer_json: &str, config: &Config) -> anyhow::Result<Vec<Row>> {
    let tokenizer = Tokenizer::from_json(tokenizer_json).context("the base model's tokenizer.json")?;
    let normalization = Normalization::new(&config.model.normalization)?;
    let tokenize = |example: &crate::data::Example| {
        let encoding = tokenizer.encode(&normalization.apply(&example.text), config.train.max_tokens)?;
        let place = || format!("{} line {}", dataset.path.display(), example.line);
        ensure!(
            encoding.input_ids.len() > tokenizer.num_special_tokens(),
            "{}: expected a text with at least one token, found none after normalization",
            place()
        );
        Ok(Row { input_ids: encoding.input_ids, label: example.label })
    };
    dataset.examples.iter().map(tokenize).collect()
}

/// The rows at these positions.
pub fn select(rows: &[Row], indices: &[usize]) -> Vec<Row> {
    indices.iter().map(|&index| rows[index].clone()).collect()
}

fn class_weights(config: &Config, dataset: &Dataset, split: &Split) -> anyhow::Result<Vec<f64>> {
    let labels = config.data.labels.len();
    let mut counts = vec![0usize; labels];
    for &index in &split.train {
        counts[dataset.examples[index].label] += 1;
    }
    if let Some(label) = counts.iter().position(|count| *count == 0) {
        let name = &config.data.labels[label];
        bail!("{}: expected rows of every label, found none of {name} ({label})", dataset.path.display());
    }
    match &config.train.class_weights {
        ClassWeights::None => Ok(vec![1.0; labels]),
        ClassWeights::Balanced => {
            let rows = split.train.len() as f64;
            Ok(counts.iter().map(|&count| rows / (labels as f64 * count as f64)).collect())
        }
        ClassWeights::Explicit(weights) if weights.len() == labels => Ok(weights.clone()),
        ClassWeights::Explicit(weights) => {
            bail!("`train.class_weights`: expected {labels} weights, one a label, found {}", weights.len())
        }
    }
}

/// What stays the same over the epochs of one run.
struct Session<'a> {
    config: &'a Config,
    folder: &'a RunFolder,
    workers: Workers,
    loss: Loss,
    optimizer: AdamW,
    parameters: Parameters,
}

impl Session<'_> {
    /// All epochs; returns the best one and its evaluation on the validation rows.
    fn fit(&mut self, rows: &[Row], split: &Split) -> anyhow::Result<(usize, Evaluation)> {
        let train = &self.config.train;
        let (training, validation) = (select(rows, &split.train), select(rows, &split.validation));
        let steps_per_epoch = training.len().div_ceil(train.batch_size);
        let schedule =
            Schedule::new(train.learning_rate, train.warmup_fraction, steps_per_epoch * train.epochs);
        let progress = Progress::new(training.len(), train.epochs);
        let mut batch_rng = generator(self.config, BATCH_STREAM);
        let (mut step, mut losses, mut epochs) = (0, Vec::new(), Vec::new());
        let mut best: Option<(usize, Evaluation)> = None;
        for epoch in 1..=train.epochs {
            progress.start_epoch(epoch);
            let start = Instant::now();
            let mut epoch_loss = 0.0;
            for indices in batches::by_length(&training, train.batch_size, &mut batch_rng) {
                let batch: Vec<&Row> = indices.iter().map(|&index| &training[index]).collect();
                let learning_rate = schedule.learning_rate(step);
                let (loss, gradient_norm) = self.step(&batch, learning_rate, step)?;
                self.folder.append_metrics(&Record::Step { step, loss, learning_rate, gradient_norm })?;
                epoch_loss += loss * batch.len() as f64;
                losses.push((step, loss));
                progress.advance(batch.len(), loss, learning_rate);
                step += 1;
            }
            let seconds = start.elapsed().as_secs_f64();
            let (evaluation, validation_loss) = self.evaluate(&self.parameters, &validation)?;
            let record = EpochRecord {
                epoch,
                train_loss: epoch_loss / training.len() as f64,
                validation_loss,
                validation_accuracy: evaluation.accuracy,
                validation_macro_f1: evaluation.macro_f1,
                learning_rate: schedule.learning_rate(step.saturating_sub(1)),
                seconds,
                tweets_per_second: training.len() as f64 / seconds,
            };
            self.folder.append_metrics(&Record::Epoch(&record))?;
            progress.finish_epoch(&record);
            epochs.push(record);
            plots::learning_curves(&self.folder.path().join("learning_curves.svg"), &losses, &epochs)?;
            if best.as_ref().is_none_or(|(_, best)| evaluation.macro_f1 > best.macro_f1) {
                self.folder.write(CHECKPOINT, &self.parameters.to_safetensors()?)?;
                best = Some((epoch, evaluation));
            }
        }
        best.context("`train.epochs`: expected at least 1, found 0")
    }

    /// One optimizer step; returns the loss before it and the gradient's norm.
    fn step(&mut self, batch: &[&Row], learning_rate: f64, step: usize) -> anyhow::Result<(f64, f64)> {
        // Distinct from every stream of the run's own generator: those share its seed.
        let seed = self.config.seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step as u64;
        let (loss, gradients) =
            self.workers.gradients(&self.parameters, batch, &self.loss, &self.config.model, seed)?;
        let kept = "The best checkpoint so far is kept in the run folder";
        ensure!(loss.is_finite(), "step {step}: the loss is {loss}. Lower `train.learning_rate`. {kept}");
        let (optimizer, parameters) = (&mut self.optimizer, &self.parameters);
        let norm = self.workers.install(|| optimizer.step(parameters, &gradients, learning_rate));
        Ok((loss, norm.with_context(|| format!("step {step}. {kept}"))?))
    }

    /// Scores parameters on rows; also the mean loss, smoothed and weighted as in training.
    fn evaluate(&self, parameters: &Parameters, rows: &[Row]) -> anyhow::Result<(Evaluation, f64)> {
        let start = Instant::now();
        let logits = self.workers.logits(&parameters.frozen_encoder()?, rows)?;
        let seconds = start.elapsed().as_secs_f64();
        let probabilities: Vec<Vec<f32>> =
            logits.iter().map(|logits| classifier::softmax(logits, 1.0)).collect();
        let labels: Vec<usize> = rows.iter().map(|row| row.label).collect();
        let evaluation = metrics::evaluate(&probabilities, &labels, &self.config.data.labels, seconds);
        Ok((evaluation, self.loss.mean(&logits, rows)?))
    }
}
