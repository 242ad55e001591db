//! How the training went: `metrics.jsonl` of a run folder, read back for its curves.

use crate::plots::EpochRecord;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Losses of all steps and records of all epochs, in the order of the log.
#[derive(Debug, Default, PartialEq)]
pub struct History {
    /// `(step, loss)`.
    pub steps: Vec<(usize, f64)>,
    /// One an epoch.
    pub epochs: Vec<EpochRecord>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Record {
    Step {
        step: usize,
        loss: f64,
    },
    Epoch(EpochRecord),
    /// What other versions log, too.
    #[serde(other)]
    Other,
}

impl History {
    /// Reads the log of a run folder.
    ///
    /// # Errors
    /// No log, or a line that is no record; named by line.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("metrics.jsonl");
        let log =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut history = Self::default();
        for (index, line) in log.lines().enumerate() {
            let record = serde_json::from_str(line).with_context(|| {
                format!("{}:{}: expected a record of `trainer train`", path.display(), index + 1)
            })?;
            match record {
                Record::Step { step, loss } => history.steps.push((step, loss)),
                Record::Epoch(record) => history.epochs.push(record),
                Record::Other => {}
            }
        }
        Ok(history)
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
        let history = History::read(folder.path()).unwrap();
        assert_eq!(history.steps, [(3, 0.25)]);
        assert_eq!(history.epochs[0].validation_accuracy, 0.8);
        std::fs::write(folder.path().join("metrics.jsonl"), "{\"kind\":\"other\"}\n{").unwrap();
        let error = History::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("metrics.jsonl:2"), "{error}");
    }
}
