//! `metrics.jsonl` of a run folder: how the training goes, a line a step and a line an epoch; written as it goes, read
//! back for its curves. It grows in place: what a checkpoint counts is made durable before it, and what a crash has lost
//! of it all the same costs a piece of the curves, never the run.

use crate::config::training::Keep;
use crate::output::file::sync_folder;
use crate::output::plots::curves::{EpochPoint, LearningCurves};
use crate::scoring::metrics::Evaluation;
use anyhow::Context;
use indexmap::IndexMap;
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
    /// Of the validation rows of each domain, where there are several.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub domains: IndexMap<String, DomainScore>,
    /// At the end of the epoch.
    pub learning_rate: f64,
    /// What the epoch's training took.
    pub seconds: f64,
    /// Training rows a second.
    pub tweets_per_second: f64,
}

/// How good an epoch is in one domain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainScore {
    /// Validation rows of the domain.
    pub rows: usize,
    /// 0 ..= 1.
    pub accuracy: f64,
    /// 0 ..= 1.
    pub macro_f1: f64,
}

impl From<&Evaluation> for DomainScore {
    fn from(evaluation: &Evaluation) -> Self {
        let Evaluation { rows, accuracy, macro_f1, .. } = *evaluation;
        Self { rows, accuracy, macro_f1 }
    }
}

/// What is to be maximized: macro-F1, of several domains its mean over these, however many rows each has; or else the
/// negative loss.
pub fn value(loss: f64, macro_f1: Option<f64>, domains: &IndexMap<String, DomainScore>) -> f64 {
    let mean = domains.values().map(|domain| domain.macro_f1).sum::<f64>() / domains.len() as f64;
    if domains.is_empty() { macro_f1.unwrap_or(-loss) } else { mean }
}

impl Epoch {
    /// See [`value`].
    pub fn value(&self) -> f64 {
        value(self.validation_loss, self.validation_macro_f1, &self.domains)
    }
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
        // Lost steps leave a gap.
        let mut step_losses = vec![f64::NAN; self.steps.iter().map(|(step, _)| step + 1).max().unwrap_or(0)];
        self.steps.iter().for_each(|(step, loss)| step_losses[*step] = *loss);
        LearningCurves { step_losses, epochs: self.epochs.iter().map(point).collect() }
    }

    /// The epoch whose weights a run of this history keeps: of several that are equally good, the first.
    pub fn kept(&self, keep: Keep) -> Option<&Epoch> {
        match keep {
            Keep::Last => self.epochs.last(),
            Keep::Best => self
                .epochs
                .iter()
                .reduce(|best, epoch| if epoch.value() > best.value() { epoch } else { best }),
        }
    }

    /// Whether it has every epoch up to its last.
    pub fn is_whole(&self) -> bool {
        self.epochs.iter().map(|epoch| epoch.epoch).eq(1..=self.epochs.len())
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Step(Step { step, loss, .. }) => self.steps.push((step, loss)),
            Record::Epoch(epoch) => self.epochs.push(epoch),
            Record::Other => {}
        }
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
            history.add(record);
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

    /// Cuts it to the bytes that a checkpoint counts, and reads them: what was logged after it is logged again. Where they
    /// are not all there any more, or no records, it ends before that, with a warning on standard error.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn resume(&self, bytes: u64) -> anyhow::Result<History> {
        let content = match std::fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read {}", self.path.display()))?,
        };
        let counted = content.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
        let (mut history, mut whole) = (History::default(), 0);
        for line in content[..counted].split_inclusive(|byte| *byte == b'\n') {
            let record = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok());
            let Some(record) = record else { break };
            history.add(record);
            whole += line.len();
        }
        if (whole as u64) < bytes {
            eprintln!(
                "warning: {}: expected {bytes} bytes of records, found {whole}: a crash has lost the rest. The run goes on, \
                 its curves have a gap",
                self.path.display()
            );
        }
        if whole < content.len() {
            let cut =
                OpenOptions::new().write(true).open(&self.path).and_then(|file| file.set_len(whole as u64));
            cut.with_context(|| format!("cannot write {}", self.path.display()))?;
        }
        Ok(history)
    }

    /// Makes what was appended durable; nothing where there is no log yet.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub fn sync(&self) -> anyhow::Result<()> {
        let synced = match std::fs::File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            file => file.and_then(|file| file.sync_all()).and_then(|()| sync_folder(&self.path)),
        };
        synced.with_context(|| format!("cannot write {}", self.path.display()))
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
        log.resume(line(1).len() as u64).unwrap();
        assert_eq!(log.read().unwrap().steps, [(1, 0.5)]);
    }

    /// After a power loss: bytes that a checkpoint counts are missing, cut within a line, or zeros.
    #[test]
    fn a_log_that_lost_its_end_goes_on_after_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let (log, path) = (Log::of(folder.path()), folder.path().join("metrics.jsonl"));
        let append = |step| {
            log.append(&Record::Step(Step { step, loss: 0.5, learning_rate: 0.1, gradient_norm: 2.0 }))
        };
        (0..3).for_each(|step| append(step).unwrap());
        log.sync().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let line = whole.len() / 3;
        let zeros = [&whole[..2 * line], &vec![0; line][..]].concat();
        for (content, num_left) in [
            (&whole[..2 * line], 2),
            (&whole[..2 * line + 5], 2),
            (&zeros[..], 2),
            (&whole[..line - 1], 0),
            (&whole[..], 3),
        ] {
            std::fs::write(&path, content).unwrap();
            let history = log.resume(whole.len() as u64).unwrap();
            assert_eq!(history.steps.len(), num_left);
            append(3).unwrap();
            let steps: Vec<usize> = log.read().unwrap().steps.into_iter().map(|(step, _)| step).collect();
            assert_eq!(steps, (0..num_left).chain([3]).collect::<Vec<_>>());
            let curves = log.read().unwrap().curves();
            assert_eq!(curves.step_losses.iter().filter(|loss| loss.is_nan()).count(), 3 - num_left);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(log.resume(whole.len() as u64).unwrap(), History::default());
        log.sync().unwrap();
    }

    #[test]
    fn the_first_of_the_best_epochs_is_kept_or_the_last_of_all() {
        let epoch = |epoch, macro_f1| Epoch {
            epoch,
            train_loss: 0.5,
            validation_loss: 1.0 / epoch as f64,
            validation_accuracy: 0.5,
            validation_macro_f1: macro_f1,
            domains: IndexMap::new(),
            learning_rate: 0.1,
            seconds: 1.0,
            tweets_per_second: 1.0,
        };
        let kept = |values: [Option<f64>; 4], keep| {
            let epochs = (1..).zip(values).map(|(number, value)| epoch(number, value)).collect();
            History { steps: Vec::new(), epochs }.kept(keep).map(|epoch| epoch.epoch)
        };
        assert_eq!(kept([0.1, 0.3, 0.3, 0.2].map(Some), Keep::Best), Some(2));
        assert_eq!(kept([0.1, 0.3, 0.3, 0.2].map(Some), Keep::Last), Some(4));
        assert_eq!(kept([None; 4], Keep::Best), Some(4));
        assert_eq!(History::default().kept(Keep::Best), None);
        // Of several domains the mean counts, not the rows of the larger one.
        let score = |rows, macro_f1| DomainScore { rows, accuracy: 0.5, macro_f1 };
        let in_both = |number, all, news, social| Epoch {
            domains: [("news", score(900, news)), ("social", score(100, social))]
                .map(|(name, score)| (name.to_owned(), score))
                .into(),
            ..epoch(number, Some(all))
        };
        let epochs = vec![in_both(1, 0.78, 0.8, 0.4), in_both(2, 0.73, 0.75, 0.5)];
        assert_eq!(History { steps: Vec::new(), epochs }.kept(Keep::Best).map(|epoch| epoch.epoch), Some(2));
    }
}
