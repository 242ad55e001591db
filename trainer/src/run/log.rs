//! `metrics.jsonl` of a run folder: how the training goes, a line a step and a line an epoch; written as it goes, read
//! back for its curves.

use crate::output::plots::curves::{EpochPoint, LearningCurves};
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

const FILE: &str = "metrics.jsonl";

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// One step of the optimizer.
    Step(Step),
    /// One pass over the training rows.
    Epoch(Epoch),
    /// What other versions log, too.
    #[serde(other)]
    Other,
}

/// One step of the optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Counted from 0.
    pub step: usize,
    /// Before the step.
    pub loss: f64,
    /// Of the step.
    #[serde(default)]
    pub learning_rate: f64,
    /// Before it was clipped.
    #[serde(default)]
    pub gradient_norm: f64,
}

/// What one epoch showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss over the epoch's training rows.
    pub train_loss: f64,
    /// Mean loss over the validation rows, without dropout.
    pub validation_loss: f64,
    /// Of labels or of masked tokens, 0 ..= 1.
    pub validation_accuracy: f64,
    /// 0 ..= 1; masked language modelling has none.
    pub validation_macro_f1: Option<f64>,
    /// At the end of the epoch.
    pub learning_rate: f64,
    /// What the epoch's training took.
    pub seconds: f64,
    /// Training rows a second.
    pub tweets_per_second: f64,
}

/// Losses of all steps and records of all epochs, in the order of the log.
#[derive(Debug, Default, PartialEq)]
pub struct History {
    /// `(step, loss)`.
    pub steps: Vec<(usize, f64)>,
    /// One an epoch.
    pub epochs: Vec<Epoch>,
}

impl History {
    /// As a plot shows it.
    pub fn curves(&self) -> LearningCurves {
        let point = |epoch: &Epoch| EpochPoint {
            epoch: epoch.epoch,
            train_loss: epoch.train_loss,
            validation_loss: epoch.validation_loss,
            validation_accuracy: epoch.validation_accuracy,
            validation_macro_f1: epoch.validation_macro_f1,
        };
        let step_losses = self.steps.iter().map(|(_, loss)| *loss).collect();
        LearningCurves { step_losses, epochs: self.epochs.iter().map(point).collect() }
    }
}

/// The log of a run folder.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    /// The log in this folder, whether it is there already or not.
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join(FILE) }
    }

    /// All of it.
    ///
    /// # Errors
    /// No log, or a line that is no record; named by line.
    pub fn read(&self) -> anyhow::Result<History> {
        let path = self.path.display();
        let log = std::fs::read_to_string(&self.path).with_context(|| format!("cannot read {path}"))?;
        let mut history = History::default();
        for (index, line) in log.lines().enumerate() {
            let record = serde_json::from_str(line)
                .with_context(|| format!("{path}:{}: expected a record of `trainer train`", index + 1))?;
            match record {
                Record::Step(Step { step, loss, .. }) => history.steps.push((step, loss)),
                Record::Epoch(epoch) => history.epochs.push(epoch),
                Record::Other => {}
            }
        }
        Ok(history)
    }

    /// Its length; 0 where there is none.
    ///
    /// # Errors
    /// A file that cannot be looked at.
    pub fn size_bytes(&self) -> anyhow::Result<u64> {
        match std::fs::metadata(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            found => Ok(found.with_context(|| format!("cannot read {}", self.path.display()))?.len()),
        }
    }

    /// Cuts it to its first bytes: what a run logged after its last checkpoint is logged again.
    ///
    /// # Errors
    /// A file that cannot be written, or is shorter.
    pub fn truncate(&self, bytes: u64) -> anyhow::Result<()> {
        let found = self.size_bytes()?;
        ensure!(found >= bytes, "{}: expected at least {bytes} bytes, found {found}", self.path.display());
        if found == bytes {
            return Ok(());
        }
        let cut = OpenOptions::new().write(true).open(&self.path).and_then(|file| file.set_len(bytes));
        cut.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Appends one line.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(&self, record: &Record) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(record).context("cannot write the metrics as JSON")?;
        line.push(b'\n');
        let appended = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(&line));
        appended.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_unknown_kinds_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let epoch = r#"{"kind":"epoch","epoch":1,"train_loss":0.5,"validation_loss":0.4,"validation_accuracy":0.8,
            "validation_macro_f1":0.7,"learning_rate":1e-5,"seconds":3.0,"tweets_per_second":9.0}"#;
        let log = format!(
            "{{\"kind\":\"step\",\"step\":3,\"loss\":0.25,\"gradient_norm\":1}}\n{}\n{{\"kind\":\"teacher\",\"x\":1}}\n",
            epoch.replace('\n', "")
        );
        std::fs::write(folder.path().join("metrics.jsonl"), log).unwrap();
        let history = Log::of(folder.path()).read().unwrap();
        assert_eq!(history.steps, [(3, 0.25)]);
        assert_eq!(history.epochs[0].validation_accuracy, 0.8);
        std::fs::write(folder.path().join("metrics.jsonl"), "{\"kind\":\"other\"}\n{").unwrap();
        let error = Log::of(folder.path()).read().unwrap_err().to_string();
        assert!(error.contains("metrics.jsonl:2"), "{error}");
    }

    #[test]
    fn the_log_grows_line_by_line_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::of(folder.path());
        for step in [1, 2] {
            let step = Step { step, loss: 0.5, learning_rate: 1e-3, gradient_norm: 2.0 };
            log.append(&Record::Step(step)).unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("metrics.jsonl")).unwrap();
        let line = |step| {
            format!(
                "{{\"kind\":\"step\",\"step\":{step},\"loss\":0.5,\"learning_rate\":0.001,\"gradient_norm\":2.0}}\n"
            )
        };
        assert_eq!(text, line(1) + &line(2));
        assert_eq!(log.read().unwrap().steps, [(1, 0.5), (2, 0.5)]);
        log.truncate(line(1).len() as u64).unwrap();
        assert_eq!(log.read().unwrap().steps, [(1, 0.5)]);
    }
}
