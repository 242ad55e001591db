//! The loop that every training stage shares: batches, steps, epochs, checkpoints, and going on after a stop.
//!
//! What is learned is an [`Objective`]: fine-tuning ([`train`](mod@crate::train)) or masked language modelling
//! ([`adapt`](mod@crate::adapt)). Everything random is a function of the seed and the step or epoch, so that a
//! checkpoint needs no generator's state: a run that was interrupted and resumed writes the same bytes as one
//! that was not.

mod average;
mod batches;
mod checkpoint;
mod interruption;
mod progress;
mod workers;

pub use batches::by_length;
pub use checkpoint::STATE;
pub use workers::Workers;

use crate::config::{Config, Keep};
use crate::history::History;
use crate::optimizer::{AdamW, Gradients};
use crate::parameters::Parameters;
use crate::plots::{self, EpochRecord};
use crate::run_folder::RunFolder;
use crate::schedule::Schedule;
use anyhow::{Context, ensure};
use average::Average;
use candle_core::{Device, Tensor};
use checkpoint::{Kept, State};
use encoder::{Dropout, Encoder};
use progress::Progress;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// File of the kept weights in a run folder.
pub const CHECKPOINT: &str = "best.safetensors";

/// Streams of the run's generator: initial weights, then one an epoch for the order of its batches.
const INITIAL_STREAM: u64 = 0;
const FIRST_EPOCH_STREAM: u64 = 1;

/// What is learned, on which items.
pub trait Objective: Sync {
    /// Length of every item in tokens; batches hold items of about the same length.
    fn lengths(&self) -> &[usize];

    /// What the sum of these items' losses is divided by; 0 where they say nothing.
    fn weight(&self, items: &[usize]) -> f64;

    /// Σ loss of the items / `pass.total_weight`: a scalar, differentiable in `parameters`.
    ///
    /// # Errors
    /// Tensor operations.
    fn loss(
        &self,
        encoder: &Encoder,
        parameters: &Parameters,
        items: &[usize],
        pass: Pass<'_>,
    ) -> candle_core::Result<Tensor>;

    /// How good the parameters are on the validation items.
    ///
    /// # Errors
    /// Tensor operations.
    fn evaluate(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Score>;
}

/// What a worker's pass needs besides weights and items.
pub struct Pass<'a> {
    /// [`Objective::weight`] of the whole step.
    pub total_weight: f64,
    /// Masks.
    pub dropout: &'a mut dyn Dropout,
    /// For anything else that is drawn.
    pub rng: ChaCha8Rng,
    /// Where to compute.
    pub device: &'a Device,
}

/// What the validation items say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// As in training, without dropout.
    pub loss: f64,
    /// Of labels or of masked tokens, 0 ..= 1.
    pub accuracy: f64,
    /// Of labels, 0 ..= 1; masked tokens have none.
    pub macro_f1: Option<f64>,
}

impl Score {
    /// What is to be maximized: macro-F1, or else the negative loss.
    fn value(&self) -> f64 {
        self.macro_f1.unwrap_or(-self.loss)
    }
}

/// A finished fit: the kept epoch, counted from 1, and its score. Its weights are in [`CHECKPOINT`].
#[derive(Clone, Copy, Debug)]
pub struct Fitted {
    /// Counted from 1.
    pub epoch: usize,
    /// On the validation items.
    pub score: Score,
}

/// A line of `metrics.jsonl`: a step or an epoch.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Record {
    Step { step: usize, loss: f64, learning_rate: f64, gradient_norm: f64 },
    Epoch(EpochRecord),
}

/// The device of `train.device`.
///
/// # Errors
/// A CUDA device that this build or machine does not have.
pub fn device(config: &Config) -> anyhow::Result<Device> {
    match config.train.device.as_str() {
        "cpu" => Ok(Device::Cpu),
        _ => Device::new_cuda(0).context(
            "`train.device` is \"cuda\": expected a CUDA device and a build with `--features cuda`, found none",
        ),
    }
}

/// Worker threads of `train.num_threads`.
pub fn num_threads(config: &Config) -> usize {
    match config.train.num_threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

/// The generator of initial weights.
pub fn initial_generator(config: &Config) -> ChaCha8Rng {
    generator(config, INITIAL_STREAM)
}

fn generator(config: &Config, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    rng.set_stream(stream);
    rng
}

/// Runs all epochs, from the folder's checkpoint where there is one. The parameters end where the last step left
/// them; what is kept is in the folder.
///
/// # Errors
/// A loss or gradient that is not a number, an interruption, a file that cannot be written. The folder keeps what
/// was written until then, and the same call goes on from its last checkpoint.
pub fn fit(
    config: &Config,
    folder: &RunFolder,
    workers: &Workers,
    parameters: &Parameters,
    objective: &impl Objective,
) -> anyhow::Result<Fitted> {
    let train = &config.train;
    let num_batches = objective.lengths().len().div_ceil(train.batch_size);
    let steps_per_epoch = num_batches.div_ceil(train.accumulation);
    let total_steps = steps_per_epoch * train.epochs;
    let mut fit = Fit {
        config,
        folder,
        workers,
        parameters,
        objective,
        optimizer: AdamW::new(train, parameters.config().num_hidden_layers),
        average: Average::new(train),
        schedule: Schedule::new(train.learning_rate, train.warmup_fraction, total_steps),
        steps_per_epoch,
        state: State::default(),
        saved: Instant::now(),
    };
    let _watch = interruption::Watch::new()?;
    fit.run()
}

/// What stays the same over a fit, and how far it has come.
struct Fit<'a, O> {
    config: &'a Config,
    folder: &'a RunFolder,
    workers: &'a Workers,
    parameters: &'a Parameters,
    objective: &'a O,
    optimizer: AdamW,
    average: Average,
    schedule: Schedule,
    steps_per_epoch: usize,
    state: State,
    saved: Instant,
}

impl<O: Objective> Fit<'_, O> {
    fn run(&mut self) -> anyhow::Result<Fitted> {
        let History { steps: mut losses, mut epochs } = self.resume()?;
        let train = &self.config.train;
        let items = self.objective.lengths().len();
        let progress =
            Progress::new(items, train.epochs, self.state.step as f64 / self.steps_per_epoch as f64);
        let first_epoch = self.state.step / self.steps_per_epoch + 1;
        for epoch in first_epoch..=train.epochs {
            if self.is_enough() {
                break;
            }
            progress.start_epoch(epoch);
            let (start, mut trained) = (Instant::now(), 0);
            let mut rng = generator(self.config, FIRST_EPOCH_STREAM + epoch as u64);
            let batches = by_length(self.objective.lengths(), train.batch_size, &mut rng);
            let done = self.state.step % self.steps_per_epoch;
            for (index, batches) in batches.chunks(train.accumulation).enumerate().skip(done) {
                let step = self.state.step;
                let learning_rate = self.schedule.learning_rate(step);
                let rows = batches.iter().map(Vec::len).sum::<usize>();
                let (loss, gradient_norm) = self.step(batches, learning_rate)?;
                self.folder.append_metrics(&Record::Step { step, loss, learning_rate, gradient_norm })?;
                self.state.epoch_loss += loss * rows as f64;
                self.state.step += 1;
                losses.push((step, loss));
                trained += rows;
                progress.advance(rows, loss, learning_rate);
                if index + 1 < self.steps_per_epoch {
                    self.save_if_due()?;
                }
            }
            self.average.end_epoch(self.parameters, epoch, train.epochs)?;
            let seconds = start.elapsed().as_secs_f64();
            let evaluated = self.average.parameters(self.parameters)?;
            let evaluated = evaluated.as_ref().unwrap_or(self.parameters);
            let score = self.objective.evaluate(evaluated, self.workers)?;
            let record = EpochRecord {
                epoch,
                train_loss: self.state.epoch_loss / items as f64,
                validation_loss: score.loss,
                validation_accuracy: score.accuracy,
                validation_macro_f1: score.macro_f1,
                learning_rate: self.schedule.learning_rate(self.state.step.saturating_sub(1)),
                seconds,
                tweets_per_second: trained as f64 / seconds,
            };
            progress.finish_epoch(&record);
            epochs.push(record.clone());
            self.folder.append_metrics(&Record::Epoch(record))?;
            plots::learning_curves(&self.folder.path().join("learning_curves.svg"), &losses, &epochs)?;
            let is_best = self.state.best.is_none_or(|best| score.value() > best);
            if is_best || train.keep == Keep::Last {
                self.folder.write(CHECKPOINT, &evaluated.to_safetensors()?)?;
                self.state.kept = Some(Kept { epoch, score });
            }
            match is_best {
                true => (self.state.best, self.state.since_best) = (Some(score.value()), 0),
                false => self.state.since_best += 1,
            }
            self.state.epoch_loss = 0.0;
            self.save_if_due()?;
        }
        let kept = self.state.kept.context("`train.epochs`: expected at least 1, found 0")?;
        Ok(Fitted { epoch: kept.epoch, score: kept.score })
    }

    fn is_enough(&self) -> bool {
        let patience = self.config.train.patience;
        patience > 0 && self.state.since_best >= patience
    }

    /// One optimizer step over some batches; returns the loss before it and the gradient's norm.
    fn step(&mut self, batches: &[Vec<usize>], learning_rate: f64) -> anyhow::Result<(f64, f64)> {
        let step = self.state.step;
        let kept = match self.state.saved_step {
            Some(saved) => format!("{} holds the run as it was after step {saved}", self.path(STATE)),
            None => "No checkpoint was written yet".to_owned(),
        };
        let total_weight: f64 = batches.iter().map(|batch| self.objective.weight(batch)).sum();
        let (mut loss, mut gradients) = (0.0, Vec::new());
        for (index, batch) in batches.iter().enumerate() {
            let seed = self.seed(step * self.config.train.accumulation + index);
            let model = &self.config.model;
            let (batch_loss, batch_gradients) =
                self.workers.gradients(self.objective, self.parameters, batch, total_weight, model, seed)?;
            loss += batch_loss;
            add(&mut gradients, batch_gradients)?;
        }
        ensure!(loss.is_finite(), "step {step}: the loss is {loss}. Lower `train.learning_rate`. {kept}");
        let (optimizer, parameters) = (&mut self.optimizer, self.parameters);
        let norm = self.workers.install(|| optimizer.step(parameters, &gradients, learning_rate));
        let norm = norm.with_context(|| format!("step {step}. {kept}"))?;
        let average = &mut self.average;
        self.workers.install(|| average.end_step(parameters))?;
        Ok((loss, norm))
    }

    /// Seed of a batch's masks, distinct from every stream of the run's own generator: those share its seed.
    fn seed(&self, batch: usize) -> u64 {
        self.config.seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ batch as u64
    }

    /// Takes up the folder's checkpoint; returns what its log holds.
    fn resume(&mut self) -> anyhow::Result<History> {
        let saved = State::load(self.folder, self.parameters, &mut self.optimizer, &mut self.average)?;
        self.state = saved.unwrap_or_default();
        self.folder.truncate_metrics(self.state.metrics_bytes)?;
        match self.state.metrics_bytes {
            0 => Ok(History::default()),
            _ => History::read(self.folder.path()),
        }
    }

    /// Writes a checkpoint where the last one is old, or where somebody wants to stop.
    fn save_if_due(&mut self) -> anyhow::Result<()> {
        let is_interrupted = interruption::is_wanted();
        let interval = Duration::from_secs(self.config.train.checkpoint_seconds);
        if !is_interrupted && self.saved.elapsed() < interval {
            return Ok(());
        }
        self.state.metrics_bytes = self.folder.metrics_bytes()?;
        self.state.saved_step = Some(self.state.step);
        self.state.save(self.folder, self.parameters, &self.optimizer, &self.average)?;
        self.saved = Instant::now();
        ensure!(
            !is_interrupted,
            "interrupted after step {}. The same command with --resume {} goes on from there",
            self.state.step,
            self.folder.path().display()
        );
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// Adds the gradients of a further batch, worker by worker.
fn add(sums: &mut Vec<Gradients>, gradients: Vec<Gradients>) -> candle_core::Result<()> {
    for (worker, gradients) in gradients.into_iter().enumerate() {
        match sums.get_mut(worker) {
            None => sums.push(gradients),
            Some(sum) => {
                for (name, gradient) in gradients {
                    let total = match sum.get(&name) {
                        Some(before) => (before + &gradient)?,
                        None => gradient,
                    };
                    sum.insert(name, total);
                }
            }
        }
    }
    Ok(())
}
