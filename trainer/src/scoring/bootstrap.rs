//! How far a metric would move on other rows of the same kind: percentile bootstrap intervals.
//!
//! Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife"; percentile intervals, Efron & Tibshirani
//! 1993, section 13.3. What is drawn with replacement are groups of near-duplicates, as wholes (Davison & Hinkley 1997,
//! section 3.8): rows that say the same are right or wrong together, and drawn one by one would seem surer than they
//! are. The generator has a fixed seed: the same predictions always get the same intervals. They say nothing of other
//! seeds of the training, or of other kinds of texts.

use super::metrics::{Evaluation, evaluate_rows};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const NUM_RESAMPLES: usize = 2000;
const SEED: u64 = 1;
/// What lies outside a 95 % interval on either side.
const TAIL: f64 = 0.025;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// 95 % intervals of an [`Evaluation`].
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Of the accuracy.
    pub accuracy: Interval,
    /// Of the macro-F1.
    pub macro_f1: Interval,
    /// Of the expected calibration error. It leans upwards: rows drawn twice make bins uneven.
    pub ece: Interval,
    /// Of each label's F1, by name.
    pub f1: IndexMap<String, Interval>,
}

/// Intervals of what [`evaluate`](super::metrics::evaluate) says of the same predictions; `groups` are positions of rows that
/// stand or fall together, every row in one of them.
pub fn intervals(
    probabilities: &[Vec<f32>],
    labels: &[usize],
    groups: &[Vec<usize>],
    names: &[String],
) -> Intervals {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut resample = || {
        let drawn = (0..groups.len()).map(|_| rng.random_range(0..groups.len()));
        let rows = drawn.flat_map(|group| groups[group].iter().copied());
        evaluate_rows(rows.map(|row| (probabilities[row].as_slice(), labels[row])), names, 1.0)
    };
    let evaluations: Vec<Evaluation> = (0..NUM_RESAMPLES).map(|_| resample()).collect();
    let of = |metric: &dyn Fn(&Evaluation) -> f64| percentiles(evaluations.iter().map(metric).collect());
    Intervals {
        accuracy: of(&|evaluation| evaluation.accuracy),
        macro_f1: of(&|evaluation| evaluation.macro_f1),
        ece: of(&|evaluation| evaluation.ece),
        f1: names
            .iter()
            .map(|name| (name.clone(), of(&|evaluation| evaluation.per_class[name].f1)))
            .collect(),
    }
}

fn percentiles(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let outside = (TAIL * values.len() as f64) as usize;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    Interval { low: at(outside), high: at(values.len().saturating_sub(1 + outside)) }
}

#[cfg(test)]
mod tests {
    use super::super::metrics::evaluate;
    use super::*;

    fn names() -> Vec<String> {
        ["Down", "Up"].map(str::to_owned).to_vec()
    }

    /// `rows` predictions of the first label, every n-th of them wrong.
    fn predictions(rows: usize, nth: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
        (vec![vec![0.9, 0.1]; rows], (0..rows).map(|row| usize::from(row % nth == 0)).collect())
    }

    /// Every row by itself.
    fn alone(rows: usize) -> Vec<Vec<usize>> {
        (0..rows).map(|row| vec![row]).collect()
    }

    /// A share's bootstrap distribution is binomial: ± 1.96 √(p (1 − p) / n), here ± 0.0294.
    #[test]
    fn the_interval_of_a_share_is_the_binomial_one() {
        let (probabilities, labels) = predictions(400, 10);
        let Intervals { accuracy, .. } = intervals(&probabilities, &labels, &alone(400), &names());
        assert!((accuracy.low - (0.9 - 0.0294)).abs() < 0.005, "{accuracy:?}");
        assert!((accuracy.high - (0.9 + 0.0294)).abs() < 0.005, "{accuracy:?}");
    }

    /// Four times the same 100 rows are no surer than these: ± 1.96 √(p (1 − p) / 100), here ± 0.0588.
    #[test]
    fn near_duplicates_are_drawn_together() {
        let (probabilities, labels): (Vec<_>, Vec<_>) = (0..4).map(|_| predictions(100, 10)).unzip();
        let (probabilities, labels) = (probabilities.concat(), labels.concat());
        let groups: Vec<_> = (0..100).map(|row| vec![row, row + 100, row + 200, row + 300]).collect();
        let Intervals { accuracy, .. } = intervals(&probabilities, &labels, &groups, &names());
        assert!((accuracy.low - (0.9 - 0.0588)).abs() < 0.011, "{accuracy:?}");
        assert!((accuracy.high - (0.9 + 0.0588)).abs() < 0.011, "{accuracy:?}");
    }

    #[test]
    fn more_rows_are_surer_and_the_same_rows_give_the_same_interval() {
        let width = |rows: usize| {
            let (probabilities, labels) = predictions(rows, 4);
            let found = intervals(&probabilities, &labels, &alone(rows), &names());
            assert_eq!(found, intervals(&probabilities, &labels, &alone(rows), &names()));
            let evaluation = evaluate(&probabilities, &labels, &names(), 1.0);
            for (interval, value) in [
                (found.accuracy, evaluation.accuracy),
                (found.macro_f1, evaluation.macro_f1),
                (found.f1["Down"], evaluation.per_class["Down"].f1),
            ] {
                assert!(interval.low <= value && value <= interval.high, "{interval:?} {value}");
            }
            found.accuracy.high - found.accuracy.low
        };
        assert!(width(100) > 1.5 * width(400));
    }

    #[test]
    fn no_rows_are_no_reason_to_fail() {
        assert_eq!(intervals(&[], &[], &[], &names()).accuracy, Interval { low: 0.0, high: 0.0 });
    }
}
