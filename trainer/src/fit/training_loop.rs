//! The loop that every training stage shares: batches, steps, epochs, checkpoints, and going on after a stop.
//!
//! What is learned is an [`Objective`]. A run that was interrupted and resumed writes the same bytes as one that was
//! not.

use super::average::Average;
use super::batches::by_length;
use super::checkpoint::{Kept, STATE, State};
use super::gradients::{add, gradients};
use super::interruption;
use super::objective::{Objective, Score};
use super::optimizer::AdamW;
use super::progress::Progress;
use super::randomness;
use super::schedule::Schedule;
use super::workers::Workers;
use crate::base::parameters::Parameters;
use crate::config::schema::Config;
use crate::config::training::Keep;
use crate::output::plots::curves::learning_curves;
use crate::run::folder::{CHECKPOINT, RunFolder};
use crate::run::log::{Epoch, History, Log, Record, Step};
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};

/// A finished fit: the kept epoch, counted from 1, and its score. Its weights are in [`CHECKPOINT`].
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Counted from 1.
    pub epoch: usize,
    /// On the validation items.
    pub score: Score,
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
        log: folder.log(),
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
    log: Log,
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
        let mut history = self.resume()?;
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
            let mut rng = randomness::epoch_generator(self.config, epoch);
            let batches = by_length(self.objective.lengths(), train.batch_size, &mut rng);
            let done = self.state.step % self.steps_per_epoch;
            for (index, batches) in batches.chunks(train.accumulation).enumerate().skip(done) {
                let step = self.state.step;
                let learning_rate = self.schedule.learning_rate(step);
                let rows = batches.iter().map(Vec::len).sum::<usize>();
                let (loss, gradient_norm) = self.step(batches, learning_rate)?;
                self.log.append(&Record::Step(Step { step, loss, learning_rate, gradient_norm }))?;
                self.state.epoch_loss += loss * rows as f64;
                self.state.step += 1;
                history.steps.push((step, loss));
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
            let record = Epoch {
                epoch,
                train_loss: self.state.epoch_loss / items as f64,
                validation_loss: score.loss,
                validation_accuracy: score.accuracy,
                validation_macro_f1: score.macro_f1,
                domains: score.domains.clone(),
                learning_rate: self.schedule.learning_rate(self.state.step.saturating_sub(1)),
                seconds,
                tweets_per_second: trained as f64 / seconds,
            };
            progress.finish_epoch(&record);
            history.epochs.push(record.clone());
            self.log.append(&Record::Epoch(record))?;
            learning_curves(&self.folder.path().join("learning_curves.svg"), &history.curves())?;
            let is_best = self.state.best.is_none_or(|best| score.value() > best);
            if is_best || train.keep == Keep::Last {
                self.folder.write(CHECKPOINT, &evaluated.to_safetensors()?)?;
                self.state.kept = Some(Kept { epoch, score: score.clone() });
            }
            match is_best {
                true => (self.state.best, self.state.since_best) = (Some(score.value()), 0),
                false => self.state.since_best += 1,
            }
            self.state.epoch_loss = 0.0;
            self.save_if_due()?;
        }
        self.log.sync()?;
        let kept = self.state.kept.clone().context("`train.epochs`: expected at least 1, found 0")?;
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
        let (mut loss, mut sums) = (0.0, Vec::new());
        for (index, batch) in batches.iter().enumerate() {
            let seed = randomness::batch_seed(self.config, step * self.config.train.accumulation + index);
            let model = &self.config.model;
            let (batch_loss, batch_gradients) =
                gradients(self.workers, self.objective, self.parameters, batch, total_weight, model, seed)?;
            loss += batch_loss;
            add(&mut sums, batch_gradients)?;
        }
        ensure!(loss.is_finite(), "step {step}: the loss is {loss}. Lower `train.learning_rate`. {kept}");
        let (optimizer, parameters) = (&mut self.optimizer, self.parameters);
        let norm = self.workers.install(|| optimizer.step(parameters, &sums, learning_rate));
        let norm = norm.with_context(|| format!("step {step}. {kept}"))?;
        let average = &mut self.average;
        self.workers.install(|| average.end_step(parameters))?;
        Ok((loss, norm))
    }

    /// Takes up the folder's checkpoint; returns what its log holds.
    fn resume(&mut self) -> anyhow::Result<History> {
        let saved = State::load(self.folder, self.parameters, &mut self.optimizer, &mut self.average)?;
        self.state = saved.unwrap_or_default();
        self.log.resume(self.state.metrics_bytes)
    }

    /// Writes a checkpoint where the last one is old, or where somebody wants to stop.
    fn save_if_due(&mut self) -> anyhow::Result<()> {
        let is_interrupted = interruption::is_wanted();
        let interval = Duration::from_secs(self.config.train.checkpoint_seconds);
        if !is_interrupted && self.saved.elapsed() < interval {
            return Ok(());
        }
        // First the log, then the checkpoint that counts its bytes.
        self.log.sync()?;
        self.state.metrics_bytes = self.log.size_bytes()?;
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
