//! Calibrated predictions on held-out rows, and everything that is said of them, in each domain and together.

use super::bootstrap;
use super::bootstrap::Intervals;
use super::calibration;
use super::calibration::{Calibration, Kept};
use super::exit::{Answers, ExitUse};
use super::metrics;
use super::metrics::Evaluation;
use crate::data::domains::Domains;
use classifier::model_file::EncoderConfig;
use indexmap::IndexMap;

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
    /// The same of each domain, where there are several.
    pub domains: IndexMap<String, ScoredDomain>,
}

/// The test rows of one domain.
#[derive(Debug)]
pub struct ScoredDomain {
    /// How good the predictions are.
    pub evaluation: Evaluation,
    /// How sure that is.
    pub intervals: Intervals,
    /// What the threshold of uncertainty keeps of them.
    pub kept: Kept,
}

/// Held-out rows.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Their label ids.
    pub labels: Vec<usize>,
    /// Positions of those that are near-duplicates of each other; every row in one of them.
    pub groups: Vec<Vec<usize>>,
    /// What kind of text each is.
    pub domains: Domains,
    /// The labels' names.
    pub names: &'a [String],
}

impl Scored {
    /// Of these answers to the test rows; `seconds` is what computing them took.
    pub fn new(calibration: Calibration, answers: Answers, rows: Rows<'_>, seconds: f64) -> Self {
        let Rows { labels, groups, domains, names } = rows;
        let probabilities = &answers.probabilities;
        let evaluation = metrics::evaluate(probabilities, &labels, names, seconds);
        let intervals = bootstrap::intervals(probabilities, &labels, &groups, names);
        let domains = domains.each(|rows| {
            let (probabilities, labels): (Vec<Vec<f32>>, Vec<usize>) =
                rows.iter().map(|&row| (probabilities[row].clone(), labels[row])).unzip();
            let share = seconds * rows.len() as f64 / answers.probabilities.len() as f64;
            ScoredDomain {
                evaluation: metrics::evaluate(&probabilities, &labels, names, share),
                intervals: bootstrap::intervals(&probabilities, &labels, &among(&groups, rows), names),
                kept: calibration::kept(&probabilities, &labels, calibration.uncertain_threshold),
            }
        });
        Self { calibration, answers, labels, evaluation, intervals, domains }
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

    /// The evaluation of each domain, where there are several.
    pub fn evaluations(&self) -> IndexMap<String, Evaluation> {
        self.domains.iter().map(|(name, scored)| (name.clone(), scored.evaluation.clone())).collect()
    }
}

/// What of the groups lies among some of the rows (ascending), as positions among these.
fn among(groups: &[Vec<usize>], rows: &[usize]) -> Vec<Vec<usize>> {
    let inside = |group: &Vec<usize>| -> Vec<usize> {
        group.iter().filter_map(|row| rows.binary_search(row).ok()).collect()
    };
    groups.iter().map(inside).filter(|group| !group.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_those_of_the_domain_alone() {
        let groups = [vec![0, 3], vec![1], vec![2, 4], vec![5]];
        assert_eq!(among(&groups, &[0, 2, 3, 5]), [vec![0, 2], vec![1], vec![3]]);
    }
}
