//! Calibrated predictions on held-out rows, and everything that is said of them.

use super::bootstrap;
use super::bootstrap::Intervals;
use super::calibration;
use super::calibration::{Calibration, Kept};
use super::metrics;
use super::metrics::Evaluation;

/// Calibrated predictions on the test rows, which calibration is not fitted to.
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
    /// Of these logits of the test rows, of which `groups` are near-duplicates; `seconds` is what computing them took.
    pub fn new(
        calibration: Calibration,
        logits: &[Vec<f32>],
        labels: Vec<usize>,
        groups: &[Vec<usize>],
        names: &[String],
        seconds: f64,
    ) -> Self {
        let probabilities = calibration::probabilities(logits, calibration.temperature);
        let evaluation = metrics::evaluate(&probabilities, &labels, names, seconds);
        let intervals = bootstrap::intervals(&probabilities, &labels, groups, names);
        Self { calibration, probabilities, labels, evaluation, intervals }
    }

    /// What the threshold of uncertainty does on the test rows.
    pub fn kept(&self) -> Kept {
        calibration::kept(&self.probabilities, &self.labels, self.calibration.uncertain_threshold)
    }
}
