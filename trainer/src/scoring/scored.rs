//! Calibrated predictions on held-out rows, and everything that is said of them.

use super::bootstrap;
use super::bootstrap::Intervals;
use super::calibration;
use super::calibration::{Calibration, Kept};
use super::exit::{Answers, ExitUse};
use super::metrics;
use super::metrics::Evaluation;
use classifier::model_file::EncoderConfig;

/// Calibrated predictions on the test rows, which calibration is not fitted to.
#[derive(Debug)]
pub struct Scored {
    /// Fitted on the validation rows.
    pub calibration: Calibration,
    /// A row a test row.
    pub answers: Answers,
    /// The test rows' label ids.
    pub labels: Vec<usize>,
    /// How good they are.
    pub evaluation: Evaluation,
    /// How sure that is.
    pub intervals: Intervals,
}

impl Scored {
    /// Of these answers to the test rows, of which `groups` are near-duplicates; `seconds` is what computing them took.
    pub fn new(
        calibration: Calibration,
        answers: Answers,
        labels: Vec<usize>,
        groups: &[Vec<usize>],
        names: &[String],
        seconds: f64,
    ) -> Self {
        let evaluation = metrics::evaluate(&answers.probabilities, &labels, names, seconds);
        let intervals = bootstrap::intervals(&answers.probabilities, &labels, groups, names);
        Self { calibration, answers, labels, evaluation, intervals }
    }

    /// What the threshold of uncertainty does on the test rows.
    pub fn kept(&self) -> Kept {
        calibration::kept(&self.answers.probabilities, &self.labels, self.calibration.uncertain_threshold)
    }
    /// What the exit of `model`, if it has one, does on those of the test rows that stand at these positions.
    pub fn exit_use(&self, rows: &[usize], model: &EncoderConfig) -> Option<ExitUse> {
        let layer = model.exit_layer?;
        Some(ExitUse::of(&self.answers, &self.labels, rows, layer, model.num_hidden_layers))
    }
}
