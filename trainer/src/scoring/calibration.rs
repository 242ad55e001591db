//! Calibration: probabilities that mean what they say, and a threshold below which a prediction is called uncertain.
//!
//! Both are fitted on the validation rows, to the logits of the very model that is exported: quantization moves them.
//! One number each, so that a few hundred rows suffice.

use super::predictions::most_probable;
use thiserror::Error;

/// Range in which a sensible temperature lies.
const RANGE: (f64, f64) = (0.05, 20.0);
/// A share of fewer predictions than this says nothing: the first three may be right by luck.
const MIN_SELECTED: usize = 20;

/// How the threshold of uncertainty is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdRule {
    /// This probability, 0 ..= 1.
    Fixed(f64),
    /// The smallest threshold at which predictions that reach it are right this often, above 0 ..= 1.
    SelectiveAccuracy(f64),
}

/// A selective accuracy outside its range.
#[derive(Debug, Error, PartialEq)]
#[error("expected a share above 0 and at most 1 (or 0: the fixed threshold), found {found}")]
pub struct InvalidSelectiveAccuracy {
    found: f64,
}

impl ThresholdRule {
    /// `selective_accuracy`, where it is not 0; else the fixed `threshold`.
    ///
    /// # Errors
    /// A selective accuracy that is no share.
    pub fn new(threshold: f64, selective_accuracy: f64) -> Result<Self, InvalidSelectiveAccuracy> {
        match selective_accuracy {
            0.0 => Ok(Self::Fixed(threshold)),
            share if share > 0.0 && share <= 1.0 => Ok(Self::SelectiveAccuracy(share)),
            found => Err(InvalidSelectiveAccuracy { found }),
        }
    }
}

/// What is fitted on the validation rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Logits are divided by it.
    pub temperature: f32,
    /// A prediction whose highest probability lies below it is called uncertain, 0 ..= 1.
    pub uncertain_threshold: f32,
    /// How the threshold was chosen, where it was not given.
    pub selection: Option<Selection>,
}

impl Calibration {
    /// Fits the temperature to `logits` (a row a text), then finds the threshold by `rule`.
    pub fn fit(logits: &[Vec<f32>], labels: &[usize], rule: ThresholdRule) -> Self {
        let temperature = fit_temperature(logits, labels);
        let (uncertain_threshold, selection) = match rule {
            ThresholdRule::Fixed(threshold) => (threshold as f32, None),
            ThresholdRule::SelectiveAccuracy(target) => {
                let selection = select(&probabilities(logits, temperature), labels, target);
                (selection.threshold, Some(selection))
            }
        };
        Self { temperature, uncertain_threshold, selection }
    }
}

/// Calibrated probabilities of each row.
pub fn probabilities(logits: &[Vec<f32>], temperature: f32) -> Vec<Vec<f32>> {
    logits.iter().map(|logits| classifier::softmax(logits, temperature)).collect()
}

/// The temperature that minimizes the negative log-likelihood of `labels` under softmax(logits / T), to 1e-4
/// (Guo et al. 2017, section 4.2).
///
/// In 1 / T the likelihood is convex, so golden-section search (Kiefer 1953) finds the minimum.
fn fit_temperature(logits: &[Vec<f32>], labels: &[usize]) -> f32 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (1.0 / RANGE.1, 1.0 / RANGE.0);
    while high - low > 1e-5 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        match nll(logits, labels, left) < nll(logits, labels, right) {
            true => high = right,
            false => low = left,
        }
    }
    (2.0 / (low + high)) as f32
}

/// Σ −log softmax(logits · inverse temperature)\[label\].
fn nll(logits: &[Vec<f32>], labels: &[usize], inverse_temperature: f64) -> f64 {
    let row_nll = |(row, &label): (&Vec<f32>, &usize)| {
        let scaled: Vec<f64> = row.iter().map(|logit| f64::from(*logit) * inverse_temperature).collect();
        let max = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = scaled.iter().map(|x| (x - max).exp()).sum::<f64>().ln() + max;
        log_sum - scaled[label]
    };
    logits.iter().zip(labels).map(row_nll).sum()
}

/// A threshold and what it does on the rows it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    /// The accuracy that was asked for.
    pub target: f64,
    /// A highest probability, 0 ..= 1.
    pub threshold: f32,
    /// Of the predictions at or above the threshold.
    pub kept: Kept,
}

impl Selection {
    /// Whether the accuracy that was asked for is reached; else this is the best there is.
    pub fn is_reached(&self) -> bool {
        self.kept.accuracy >= self.target
    }
}

/// Predictions whose highest probability is at or above a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// Share of all predictions that is kept, 0 ..= 1.
    pub coverage: f64,
    /// Share of the kept ones that is right, 0 ..= 1; 0 where none is kept.
    pub accuracy: f64,
}

/// What a threshold keeps of these predictions: coverage and selective accuracy (Geifman & El-Yaniv 2017, "Selective
/// Classification for Deep Neural Networks", equations 1 and 2).
pub fn kept(probabilities: &[Vec<f32>], labels: &[usize], threshold: f32) -> Kept {
    let rows = probabilities.iter().zip(labels);
    let is_kept = |row: &[f32]| row[most_probable(row)] >= threshold;
    let kept: Vec<_> = rows.filter(|(row, _)| is_kept(row)).collect();
    let num_right = kept.iter().filter(|(row, label)| most_probable(row) == **label).count();
    Kept {
        coverage: kept.len() as f64 / probabilities.len().max(1) as f64,
        accuracy: num_right as f64 / kept.len().max(1) as f64,
    }
}

/// The smallest threshold at which the predictions at or above it are right at least as often as `target` says; where
/// there is none, the one at which they are right most often. At least [`MIN_SELECTED`] predictions are kept.
fn select(probabilities: &[Vec<f32>], labels: &[usize], target: f64) -> Selection {
    let confidence = |row: &Vec<f32>| row[most_probable(row)];
    let mut ordered: Vec<(f32, bool)> = probabilities
        .iter()
        .zip(labels)
        .map(|(row, label)| (confidence(row), most_probable(row) == *label))
        .collect();
    ordered.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut num_right = 0;
    let mut best = Selection { target, threshold: 0.0, kept: Kept { coverage: 0.0, accuracy: 0.0 } };
    for (index, (threshold, is_right)) in ordered.iter().enumerate() {
        num_right += usize::from(*is_right);
        let num_kept = index + 1;
        // Equal confidences are kept together or not at all.
        let ends_here = ordered.get(num_kept).is_none_or(|(next, _)| next < threshold);
        if !ends_here || num_kept < MIN_SELECTED.min(ordered.len()) {
            continue;
        }
        let kept = Kept {
            coverage: num_kept as f64 / ordered.len() as f64,
            accuracy: num_right as f64 / num_kept as f64,
        };
        if kept.accuracy >= target.min(best.kept.accuracy) {
            best = Selection { target, threshold: *threshold, kept };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels, logits ±1: right in 3 of 4 rows. σ(2 / T) = 3/4 ⇔ T = 2 / ln 3.
    #[test]
    fn finds_the_temperature_that_matches_the_accuracy() {
        let logits = vec![vec![1.0, -1.0]; 4];
        let temperature = fit_temperature(&logits, &[0, 0, 0, 1]);
        assert!((f64::from(temperature) - 2.0 / 3f64.ln()).abs() < 1e-3, "{temperature}");
    }

    /// 99 rows of falling confidence, 0.991 to 0.501 in steps of 0.005; wrong is every second of the last 39.
    fn rows() -> (Vec<Vec<f32>>, Vec<usize>) {
        let row = |index: usize| {
            let confidence = 0.996 - 0.005 * (index + 1) as f32;
            vec![confidence, 1.0 - confidence]
        };
        let label = |index: usize| usize::from(index >= 60 && index % 2 == 1);
        ((0..99).map(row).collect(), (0..99).map(label).collect())
    }

    #[test]
    fn the_smallest_threshold_that_reaches_the_accuracy() {
        let (probabilities, labels) = rows();
        // The first 60 are right; then every second one is: 7 of 75 wrong are 9 %, 8 of 76 are 11 %.
        for (target, num_kept) in [(1.0, 61), (0.9, 75), (0.5, 99)] {
            let selection = select(&probabilities, &labels, target);
            assert!(selection.is_reached());
            let kept_there = kept(&probabilities, &labels, selection.threshold);
            assert_eq!(kept_there, selection.kept);
            assert_eq!((kept_there.coverage * 99.0).round() as usize, num_kept, "{target}");
        }
    }

    #[test]
    fn an_accuracy_out_of_reach_gives_the_best_there_is_and_says_so() {
        let (probabilities, mut labels) = rows();
        labels[0] = 1;
        let selection = select(&probabilities, &labels, 1.0);
        // 60 of 61: more rows make it worse, fewer as well.
        assert!(!selection.is_reached());
        assert!((selection.kept.accuracy - 60.0 / 61.0).abs() < 1e-9, "{selection:?}");
        assert_eq!(selection.kept, kept(&probabilities, &labels, selection.threshold));
    }

    #[test]
    fn a_handful_of_lucky_rows_is_no_selection_and_equal_confidences_stay_together() {
        let (probabilities, mut labels) = rows();
        // Nothing but the first ten is right: with them alone the accuracy would be reached.
        labels.iter_mut().skip(10).for_each(|label| *label = 1);
        let selection = select(&probabilities, &labels, 0.9);
        assert!(!selection.is_reached() && selection.kept.coverage * 99.0 > 19.0, "{selection:?}");
        let equal = vec![vec![0.75, 0.25]; 40];
        let labels: Vec<usize> = (0..40).map(|index| usize::from(index >= 30)).collect();
        let selection = select(&equal, &labels, 1.0);
        assert_eq!((selection.kept.coverage, selection.kept.accuracy), (1.0, 0.75));
        assert_eq!(select(&[], &[], 0.9).kept.coverage, 0.0);
    }

    #[test]
    fn the_rule_is_the_fixed_threshold_unless_an_accuracy_is_asked_for() {
        assert_eq!(ThresholdRule::new(0.6, 0.0), Ok(ThresholdRule::Fixed(0.6)));
        assert_eq!(ThresholdRule::new(0.6, 0.95), Ok(ThresholdRule::SelectiveAccuracy(0.95)));
        for found in [-0.1, 1.1, f64::NAN] {
            assert!(ThresholdRule::new(0.6, found).is_err(), "{found}");
        }
        let logits = vec![vec![1.0, -1.0]; 40];
        let labels: Vec<usize> = (0..40).map(|index| usize::from(index % 4 == 3)).collect();
        let fixed = Calibration::fit(&logits, &labels, ThresholdRule::Fixed(0.6));
        assert_eq!((fixed.uncertain_threshold, fixed.selection), (0.6, None));
        let chosen = Calibration::fit(&logits, &labels, ThresholdRule::SelectiveAccuracy(0.7));
        assert!((chosen.uncertain_threshold - 0.75).abs() < 1e-3, "{chosen:?}");
    }
}
