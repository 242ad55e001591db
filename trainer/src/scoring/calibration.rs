//! Calibration: probabilities that mean what they say, and a threshold below which a prediction is called uncertain; of an
//! exit, its own probabilities and the threshold from which on it answers.
//!
//! All are fitted on the validation rows, to the logits of the very model that is exported: quantization moves them.
//! One number each, so that a few hundred rows suffice. Of several domains each has the same say in the temperatures; the
//! threshold's bound holds for rows in the shares in which they are there.

use super::exit::{self, Answers, Logits};
use super::predictions::most_probable;
use classifier::model_file::Exit;
use thiserror::Error;

/// Range in which a sensible temperature lies.
const RANGE: (f64, f64) = (0.05, 20.0);
/// Where the search for the temperature ends: this much of it is left open.
const TOLERANCE: f64 = 1e-5;
/// How sure a guaranteed accuracy is: on so many sets of validation rows of 100 the bound holds.
pub const CONFIDENCE: f64 = 0.95;

/// How the threshold of uncertainty is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdRule {
    /// This probability, 0 ..= 1.
    Fixed(f64),
    /// The smallest threshold found at which predictions that reach it are right this often, by a bound that holds with
    /// [`CONFIDENCE`]; above 0 ..= 1.
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
    /// When the exit answers, where the model has one.
    pub exit: Option<Exit>,
}

/// The rows that calibration is fitted to.
#[derive(Clone, Copy, Debug)]
pub struct Validation<'a> {
    /// Their label ids.
    pub labels: &'a [usize],
    /// What each counts in the temperatures.
    pub weights: &'a [f64],
    /// Positions of the rows of each domain.
    pub domains: &'a [Vec<usize>],
}

impl Calibration {
    /// Fits a temperature to the logits of each depth, then finds the threshold of the exit, which must keep accuracy and
    /// macro-F1 of each domain within `exit_tolerance`, and at last that of uncertainty by `rule`.
    pub fn fit(
        logits: &Logits,
        validation: Validation<'_>,
        rule: ThresholdRule,
        exit_tolerance: f64,
    ) -> Self {
        let Validation { labels, weights, domains } = validation;
        let temperature = fit_temperature(&logits.full, labels, weights);
        let exit = logits.exit.as_ref().map(|rows| {
            let exit_temperature = fit_temperature(rows, labels, weights);
            let full = probabilities(&logits.full, temperature);
            let early = probabilities(rows, exit_temperature);
            let threshold = exit::threshold(&full, &early, labels, domains, exit_tolerance);
            Exit { temperature: exit_temperature, threshold }
        });
        let answers = Answers::new(logits, temperature, exit);
        let (uncertain_threshold, selection) = match rule {
            ThresholdRule::Fixed(threshold) => (threshold as f32, None),
            ThresholdRule::SelectiveAccuracy(target) => {
                let selection = select(&answers.probabilities, labels, target);
                (selection.threshold, Some(selection))
            }
        };
        Self { temperature, uncertain_threshold, selection, exit }
    }
}

/// Calibrated probabilities of each row.
fn probabilities(logits: &[Vec<f32>], temperature: f32) -> Vec<Vec<f32>> {
    logits.iter().map(|logits| classifier::softmax(logits, temperature)).collect()
}

/// The temperature that minimizes the negative log-likelihood of `labels` under softmax(logits / T), to a relative
/// [`TOLERANCE`] (Guo et al. 2017, section 4.2).
///
/// In 1 / T the likelihood is convex, so that in ln T it has one minimum, too: golden-section search (Kiefer 1953) finds
/// it, with the same relative error everywhere.
fn fit_temperature(logits: &[Vec<f32>], labels: &[usize], weights: &[f64]) -> f32 {
    let nll = |inverse_temperature: f64| nll(logits, labels, weights, inverse_temperature);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (RANGE.0.ln(), RANGE.1.ln());
    while high - low > TOLERANCE {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        match nll((-left).exp()) < nll((-right).exp()) {
            true => high = right,
            false => low = left,
        }
    }
    ((low + high) / 2.0).exp() as f32
}

/// Σ −weight · log softmax(logits · inverse temperature)\[label\].
fn nll(logits: &[Vec<f32>], labels: &[usize], weights: &[f64], inverse_temperature: f64) -> f64 {
    let row_nll = |(row, &label): (&Vec<f32>, &usize)| {
        let scaled: Vec<f64> = row.iter().map(|logit| f64::from(*logit) * inverse_temperature).collect();
        let max = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = scaled.iter().map(|x| (x - max).exp()).sum::<f64>().ln() + max;
        log_sum - scaled[label]
    };
    logits.iter().zip(labels).zip(weights).map(|(row, weight)| weight * row_nll(row)).sum()
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
    /// Accuracy that such predictions have at least on any rows of this kind, with [`CONFIDENCE`], 0 ..= 1. It takes the
    /// model and its temperature as given; where the same rows chose an epoch, it is a little too good.
    pub guaranteed: f64,
}

impl Selection {
    /// Whether the accuracy that was asked for is guaranteed; else this is the best guarantee found.
    pub fn is_reached(&self) -> bool {
        self.guaranteed >= self.target
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

/// The smallest threshold found at which the predictions at or above it are guaranteed to be right as often as `target`
/// says; where there is none, the one of the best guarantee (Geifman & El-Yaniv 2017, algorithm 1).
///
/// Binary search over the different confidences. Each of its steps may be wrong by chance, so each gets an equal part of
/// the doubt (Bonferroni).
fn select(probabilities: &[Vec<f32>], labels: &[usize], target: f64) -> Selection {
    let confidence = |row: &Vec<f32>| row[most_probable(row)];
    let mut ordered: Vec<(f32, bool)> = probabilities
        .iter()
        .zip(labels)
        .map(|(row, label)| (confidence(row), most_probable(row) == *label))
        .collect();
    ordered.sort_by(|a, b| b.0.total_cmp(&a.0));
    // (threshold, kept, right) where the confidence changes: equal ones are kept together or not at all.
    let (mut candidates, mut num_right) = (Vec::new(), 0);
    for (index, (threshold, is_right)) in ordered.iter().enumerate() {
        num_right += usize::from(*is_right);
        if ordered.get(index + 1).is_none_or(|(next, _)| next < threshold) {
            candidates.push((*threshold, index + 1, num_right));
        }
    }
    let num_steps = (candidates.len() + 1).next_power_of_two().ilog2();
    let doubt = (1.0 - CONFIDENCE) / f64::from(num_steps.max(1));
    let nothing = Kept { coverage: 0.0, accuracy: 0.0 };
    let mut best = Selection { target, threshold: 0.0, kept: nothing, guaranteed: 0.0 };
    let (mut low, mut high) = (0, candidates.len());
    while low < high {
        let middle = (low + high).div_ceil(2);
        let (threshold, num_kept, num_right) = candidates[middle - 1];
        let guaranteed = guaranteed_accuracy(num_right, num_kept, doubt);
        let accuracy = num_right as f64 / num_kept as f64;
        let kept = Kept { coverage: num_kept as f64 / ordered.len() as f64, accuracy };
        let found = Selection { target, threshold, kept, guaranteed };
        match found.is_reached() {
            true => low = middle,
            false => high = middle - 1,
        }
        // Of those that reach the target the search finds ever larger ones.
        if found.is_reached() || (!best.is_reached() && guaranteed > best.guaranteed) {
            best = found;
        }
    }
    best
}

/// The accuracy below which so many right predictions have at most the probability `doubt`: the exact binomial bound
/// (Clopper & Pearson 1934; Geifman & El-Yaniv 2017, lemma 3.1).
fn guaranteed_accuracy(num_right: usize, num_kept: usize, doubt: f64) -> f64 {
    let num_wrong = num_kept - num_right;
    // P(at most so many wrong), where each is wrong with this probability.
    let tail = |risk: f64| {
        let (log_risk, log_safe) = (risk.ln(), (-risk).ln_1p());
        let (mut log_ways, mut sum) = (0.0, 0.0);
        for wrong in 0..=num_wrong {
            sum += (log_ways + wrong as f64 * log_risk + (num_kept - wrong) as f64 * log_safe).exp();
            log_ways += ((num_kept - wrong) as f64 / (wrong + 1) as f64).ln();
        }
        sum
    };
    if num_right == 0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        match tail(middle) > doubt {
            true => low = middle,
            false => high = middle,
        }
    }
    1.0 - high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels, logits ±1: right in 3 of 4 rows. σ(2 / T) = 3/4 ⇔ T = 2 / ln 3.
    #[test]
    fn finds_the_temperature_that_matches_the_accuracy() {
        let logits = vec![vec![1.0, -1.0]; 4];
        let temperature = fit_temperature(&logits, &[0, 0, 0, 1], &[1.0; 4]);
        assert!((f64::from(temperature) - 2.0 / 3f64.ln()).abs() < 1e-3, "{temperature}");
    }

    /// Two domains of which the larger is right in 5 of 6 rows, the smaller in 1 of 2: with equal say in 2 of 3.
    #[test]
    fn rows_count_by_their_weights() {
        let logits = vec![vec![1.0, -1.0]; 8];
        let labels = [0, 0, 0, 0, 0, 1, 0, 1];
        let weights = [[2.0 / 3.0; 6].as_slice(), &[2.0; 2]].concat();
        let temperature = fit_temperature(&logits, &labels, &weights);
        assert!((f64::from(temperature) - 2.0 / 2f64.ln()).abs() < 1e-3, "{temperature}");
    }

    /// The error is relative, also where temperatures are large. Seen red when the search was in 1 / T.
    #[test]
    fn the_temperature_scales_with_the_logits() {
        for scale in [0.05f32, 0.5, 1.0, 5.0, 10.0] {
            let temperature = fit_temperature(&vec![vec![scale, -scale]; 4], &[0, 0, 0, 1], &[1.0; 4]);
            let expected = f64::from(scale) * 2.0 / 3f64.ln();
            assert!((f64::from(temperature) / expected - 1.0).abs() < TOLERANCE, "{scale}: {temperature}");
        }
    }

    /// Figures of an exact binomial interval.
    #[test]
    fn the_bound_is_the_exact_one() {
        for (num_right, num_kept, doubt, expected) in [
            (59, 59, 0.05, 0.950494),
            (95, 100, 0.05, 0.897747),
            (1900, 2000, 0.01, 0.937490),
            (0, 9, 0.05, 0.0),
        ] {
            let found = guaranteed_accuracy(num_right, num_kept, doubt);
            assert!((found - expected).abs() < 1e-5, "{num_right} of {num_kept}: {found}");
        }
    }

    /// 990 rows of falling confidence; the first 600 are right, then every second one.
    fn rows() -> (Vec<Vec<f32>>, Vec<usize>) {
        let row = |index: usize| {
            let confidence = 0.996 - 0.0005 * (index + 1) as f32;
            vec![confidence, 1.0 - confidence]
        };
        let label = |index: usize| usize::from(index >= 600 && index % 2 == 1);
        ((0..990).map(row).collect(), (0..990).map(label).collect())
    }

    #[test]
    fn the_smallest_threshold_that_guarantees_the_accuracy() {
        let (probabilities, labels) = rows();
        let doubt = (1.0 - CONFIDENCE) / 10.0;
        let guaranteed = |num_kept: usize| {
            let num_right = (0..num_kept).filter(|&index| labels[index] == 0).count();
            guaranteed_accuracy(num_right, num_kept, doubt)
        };
        for target in [0.98, 0.9, 0.8] {
            let selection = select(&probabilities, &labels, target);
            assert!(selection.is_reached());
            assert_eq!(kept(&probabilities, &labels, selection.threshold), selection.kept);
            // The guarantee costs accuracy on the rows themselves, and one pair of rows more would break it.
            let num_kept = (selection.kept.coverage * 990.0).round() as usize;
            assert!(selection.kept.accuracy > target + 0.005, "{selection:?}");
            assert!((guaranteed(num_kept) - selection.guaranteed).abs() < 1e-12);
            assert!(guaranteed(num_kept + 2) < target, "{num_kept}");
        }
        assert_eq!(select(&probabilities, &labels, 0.5).kept.coverage, 1.0);
    }

    /// What the bound is for: of many sets of rows hardly one breaks it. Seen red (103 of 200) when the share of the validation rows
    /// themselves was taken.
    #[test]
    fn the_guarantee_holds_on_other_rows() {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let mut num_broken = 0;
        for _ in 0..200 {
            // Right with the probability that is its confidence: the true accuracy above a threshold t is (1 + t) / 2.
            let confidences: Vec<f32> = (0..300).map(|_| rng.random_range(0.5..1.0)).collect();
            let labels: Vec<usize> = confidences
                .iter()
                .map(|confidence| usize::from(rng.random_range(0.0..1.0) >= *confidence))
                .collect();
            let rows: Vec<Vec<f32>> =
                confidences.iter().map(|confidence| vec![*confidence, 1.0 - confidence]).collect();
            let selection = select(&rows, &labels, 0.8);
            num_broken += usize::from(selection.is_reached() && (1.0 + selection.threshold) / 2.0 < 0.8);
        }
        assert!(num_broken <= 10, "{num_broken} of 200");
    }

    #[test]
    fn an_accuracy_out_of_reach_gives_the_best_guarantee_and_says_so() {
        let (probabilities, _) = rows();
        let labels: Vec<usize> = (0..990).map(|index| usize::from(index % 3 == 0)).collect();
        let selection = select(&probabilities, &labels, 0.9);
        assert!(!selection.is_reached() && selection.guaranteed > 0.5, "{selection:?}");
        assert_eq!(selection.kept, kept(&probabilities, &labels, selection.threshold));
        // A handful of lucky rows guarantees nothing.
        let labels: Vec<usize> = (0..990).map(|index| usize::from(index >= 10)).collect();
        assert!(!select(&probabilities, &labels, 0.9).is_reached());
    }

    #[test]
    fn equal_confidences_stay_together() {
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
        let logits = Logits { full: vec![vec![1.0, -1.0]; 40], exit: None };
        let labels: Vec<usize> = (0..40).map(|index| usize::from(index % 4 == 3)).collect();
        let validation = Validation { labels: &labels, weights: &[1.0; 40], domains: &[] };
        let fit = |rule| Calibration::fit(&logits, validation, rule, 0.0);
        let fixed = fit(ThresholdRule::Fixed(0.6));
        assert_eq!((fixed.uncertain_threshold, fixed.selection), (0.6, None));
        let chosen = fit(ThresholdRule::SelectiveAccuracy(0.7));
        assert!((chosen.uncertain_threshold - 0.75).abs() < 1e-3, "{chosen:?}");
    }
}
