//! How good a set of predictions is: accuracy, F1, confusion, calibration.
//!
//! Fed by `train`, `evaluate` and `export`; serialized, [`Evaluation`] is the contract of `evaluate --json`.
//! As in scikit-learn, a label that occurs neither in the data nor in the predictions is left out of the macro
//! average, and a ratio without rows is 0.

use super::predictions::most_probable;
use super::reliability;
use indexmap::IndexMap;
use serde::Serialize;

/// Quality on a labelled data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Rows scored.
    pub rows: usize,
    /// Share of rows whose most probable label is the right one, 0 ..= 1.
    pub accuracy: f64,
    /// Unweighted mean of the labels' F1, 0 ..= 1.
    pub macro_f1: f64,
    /// By label name, in label order.
    pub per_class: IndexMap<String, ClassMetrics>,
    /// Row counts, `[true label][predicted label]`, in label order.
    pub confusion: Vec<Vec<usize>>,
    /// Expected calibration error, 0 ..= 1 (Guo et al. 2017, equation 3).
    pub ece: f64,
    /// Mean negative log-likelihood of the right label, in nats.
    pub nll: f64,
    /// Rows a second.
    pub tweets_per_second: f64,
}

/// One label against all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassMetrics {
    /// Share of the rows predicted to be of this label that are.
    pub precision: f64,
    /// Share of this label's rows that were found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Rows of this label.
    pub support: usize,
    /// Rows predicted to be of this label.
    #[serde(skip)]
    pub predicted: usize,
}

/// Scores `probabilities` (a row a text, in label order) against label ids; `seconds` is what computing them took.
///
/// ```
/// use trainer::scoring::metrics::evaluate;
///
/// let probabilities = [vec![0.75, 0.25], vec![0.5, 0.5], vec![0.25, 0.75], vec![0.75, 0.25]];
/// let names = ["Bearish", "Bullish"].map(str::to_owned);
/// let evaluation = evaluate(&probabilities, &[0, 0, 1, 1], &names, 2.0);
///
/// assert_eq!((evaluation.rows, evaluation.accuracy, evaluation.tweets_per_second), (4, 0.75, 2.0));
/// assert_eq!(evaluation.confusion, [[2, 0], [1, 1]], "of two that tie the first label counts");
/// assert_eq!(evaluation.per_class["Bullish"].recall, 0.5);
/// ```
pub fn evaluate(probabilities: &[Vec<f32>], labels: &[usize], names: &[String], seconds: f64) -> Evaluation {
    let rows = probabilities.iter().map(Vec::as_slice).zip(labels.iter().copied());
    evaluate_rows(rows, names, seconds)
}

/// [`evaluate`] for rows of `(probabilities, label)` that may occur several times.
pub fn evaluate_rows<'a>(
    scored: impl Iterator<Item = (&'a [f32], usize)>,
    names: &[String],
    seconds: f64,
) -> Evaluation {
    let mut confusion = vec![vec![0; names.len()]; names.len()];
    let mut bins = reliability::Bins::default();
    let (mut nll, mut rows) = (0.0, 0);
    for (row, label) in scored {
        let predicted = most_probable(row);
        confusion[label][predicted] += 1;
        bins.add(row[predicted], predicted == label);
        // A right label of probability 0 would make the mean infinite; JSON has no such number.
        nll -= f64::from(row[label].max(f32::MIN_POSITIVE)).ln();
        rows += 1;
    }
    let num_correct: usize = (0..names.len()).map(|label| confusion[label][label]).sum();
    let classes: Vec<_> = (0..names.len()).map(|label| class_metrics(&confusion, label)).collect();
    let occurring: Vec<_> = (0..names.len())
        .filter(|label| classes[*label].support + num_predicted(&confusion, *label) > 0)
        .collect();
    Evaluation {
        rows,
        accuracy: ratio(num_correct, rows),
        macro_f1: occurring.iter().map(|label| classes[*label].f1).sum::<f64>()
            / occurring.len().max(1) as f64,
        per_class: names.iter().cloned().zip(classes).collect(),
        confusion,
        ece: bins.calibration_error(),
        nll: nll / rows.max(1) as f64,
        tweets_per_second: rows as f64 / seconds.max(f64::MIN_POSITIVE),
    }
}

impl From<&Evaluation> for messages::Metrics {
    fn from(evaluation: &Evaluation) -> Self {
        let Evaluation { rows, accuracy, macro_f1, ece, nll, .. } = *evaluation;
        Self { rows, accuracy, macro_f1, ece, nll }
    }
}

impl ClassMetrics {
    /// Precision, recall and F1 as people read them: none where there are no rows to have a share of.
    pub fn shares(&self) -> [Option<f64>; 3] {
        let Self { precision, recall, f1, support, predicted } = *self;
        [(precision, predicted), (recall, support), (f1, support + predicted)]
            .map(|(share, rows)| (rows > 0).then_some(share))
    }
}

fn num_predicted(confusion: &[Vec<usize>], label: usize) -> usize {
    confusion.iter().map(|row| row[label]).sum()
}

fn class_metrics(confusion: &[Vec<usize>], label: usize) -> ClassMetrics {
    let support: usize = confusion[label].iter().sum();
    let num_predicted = num_predicted(confusion, label);
    let num_correct = confusion[label][label];
    ClassMetrics {
        precision: ratio(num_correct, num_predicted),
        recall: ratio(num_correct, support),
        f1: ratio(2 * num_correct, support + num_predicted),
        support,
        predicted: num_predicted,
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec()
    }

    fn close(lhs: f64, rhs: f64) -> bool {
        (lhs - rhs).abs() < 1e-6
    }

    /// Six rows worked out by hand; scikit-learn's `classification_report` says the same.
    #[test]
    fn hand_computed_values() {
        let probabilities = [
            vec![0.8, 0.1, 0.1],
            vec![0.6, 0.3, 0.1],
            vec![0.2, 0.7, 0.1],
            vec![0.1, 0.5, 0.4],
            vec![0.1, 0.1, 0.8],
            vec![0.3, 0.3, 0.4],
        ];
        let evaluation = evaluate(&probabilities, &[0, 1, 1, 2, 2, 2], &names(), 2.0);
        assert_eq!(evaluation.confusion, [[1, 0, 0], [1, 1, 0], [0, 1, 2]]);
        assert!(close(evaluation.accuracy, 4.0 / 6.0));
        let class = &evaluation.per_class["Bullish"];
        assert!(close(class.precision, 0.5) && close(class.recall, 0.5) && close(class.f1, 0.5));
        // F1: Bearish 2·1/(1+2), Bullish 2·1/(2+2), Neutral 2·2/(3+2).
        assert!(close(evaluation.macro_f1, (2.0 / 3.0 + 0.5 + 0.8) / 3.0));
        let nll = -(0.8f64.ln() + 0.3f64.ln() + 0.7f64.ln() + 0.4f64.ln() + 0.8f64.ln() + 0.4f64.ln()) / 6.0;
        assert!(close(evaluation.nll, nll), "{} {nll}", evaluation.nll);
        assert!(close(evaluation.tweets_per_second, 3.0));
        assert_eq!((evaluation.rows, class.support), (6, 2));
    }

    #[test]
    fn calibration_error_by_hand() {
        // Two rows in ((9, 10] / 15] (confidence 0.65), one right: |1 − 1.3|; one in (14, 15] / 15, wrong: 0.95.
        let probabilities = [vec![0.65, 0.35], vec![0.35, 0.65], vec![0.95, 0.05]];
        let evaluation = evaluate(&probabilities, &[0, 0, 1], &names()[..2], 1.0);
        assert!(close(evaluation.ece, (0.3 + 0.95) / 3.0), "{}", evaluation.ece);
        // Right rows elsewhere do not make up for wrong ones: 0.5 falls into another bin than 0.65.
        let apart = [vec![0.65, 0.35], vec![0.5, 0.5]];
        assert!(close(evaluate(&apart, &[0, 1], &names()[..2], 1.0).ece, (0.35 + 0.5) / 2.0));
    }

    #[test]
    fn a_label_that_occurs_nowhere_is_left_out_of_the_mean_and_one_never_right_counts_as_zero() {
        let bearish = vec![0.9, 0.05, 0.05];
        let neutral = vec![0.1, 0.2, 0.7];
        let evaluation = evaluate(&[bearish.clone(), bearish.clone()], &[0, 0], &names(), 1.0);
        assert!(close(evaluation.macro_f1, 1.0));
        // Neutral is predicted once and never right: Bearish 2/3, Neutral 0, Bullish absent.
        let evaluation = evaluate(&[bearish, neutral], &[0, 0], &names(), 1.0);
        assert!(close(evaluation.macro_f1, (2.0 / 3.0) / 2.0), "{}", evaluation.macro_f1);
        assert_eq!(evaluation.per_class["Bullish"].support, 0);
        // No row, no share; where there are rows, nothing right is a share as well.
        let shares = |label: &str| evaluation.per_class[label].shares();
        assert_eq!(shares("Bullish"), [None; 3]);
        assert_eq!(shares("Neutral"), [Some(0.0), None, Some(0.0)]);
        assert_eq!(shares("Bearish")[1], Some(0.5));
    }

    #[test]
    fn a_certain_error_stays_a_number() {
        let evaluation = evaluate(&[vec![1.0, 0.0]], &[1], &names()[..2], 1.0);
        assert!(evaluation.nll.is_finite() && evaluation.nll > 80.0);
    }
}
