//! An exit: where it answers instead of the last layer, and what that costs.
//!
//! It answers where its calibrated probability reaches a threshold (Xin et al. 2020, "DeeBERT"; Liu et al. 2020,
//! "FastBERT"), the lowest one at which, on the validation rows, all answers together are about as good as those after all
//! layers: by accuracy and by macro-F1, and in every group of rows.

use super::predictions::most_probable;
use classifier::model_file::Exit;

/// What a model says of some rows at each depth, a row a text.
#[derive(Clone, Debug)]
pub struct Logits {
    /// After all layers.
    pub full: Vec<Vec<f32>>,
    /// At the exit, where the model has one.
    pub exit: Option<Vec<Vec<f32>>>,
}

impl Logits {
    /// Out of rows in which those of the exit stand behind those of the head.
    pub fn from_joined(rows: Vec<Vec<f32>>, num_labels: usize) -> Self {
        let has_exit = rows.first().is_some_and(|row| row.len() > num_labels);
        let behind = |row: &Vec<f32>| row[num_labels.min(row.len())..].to_vec();
        let exit = has_exit.then(|| rows.iter().map(behind).collect());
        let mut full = rows;
        full.iter_mut().for_each(|row| row.truncate(num_labels));
        Self { full, exit }
    }
}

/// What a model says of some rows, as its users get it.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Calibrated, a row a text, in label order.
    pub probabilities: Vec<Vec<f32>>,
    /// Whether the exit gave them.
    pub is_early: Vec<bool>,
}

impl Answers {
    /// The exit's where it is sure enough, else those after all layers.
    pub fn new(logits: &Logits, temperature: f32, exit: Option<Exit>) -> Self {
        let full = logits.full.iter().map(|row| classifier::softmax(row, temperature));
        let Some((exit, rows)) = exit.zip(logits.exit.as_ref()) else {
            return Self { probabilities: full.collect(), is_early: vec![false; logits.full.len()] };
        };
        let each = full.zip(rows).map(|(full, row)| {
            let early = classifier::softmax(row, exit.temperature);
            let is_early = early[most_probable(&early)] >= exit.threshold;
            (if is_early { early } else { full }, is_early)
        });
        let (probabilities, is_early) = each.unzip();
        Self { probabilities, is_early }
    }
}

/// What an exit does on some rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExitUse {
    /// Share of the rows that it answers, 0 ..= 1.
    pub share: f64,
    /// Share of these that it answers rightly; none where there are none.
    pub accuracy: Option<f64>,
    /// Layers that a text goes through on average.
    pub mean_layers: f64,
}

impl ExitUse {
    /// On the rows at these positions, of a model of `num_layers` layers with an exit after `exit_layer`.
    pub fn of(
        answers: &Answers,
        labels: &[usize],
        rows: &[usize],
        exit_layer: usize,
        num_layers: usize,
    ) -> Self {
        let early: Vec<usize> = rows.iter().copied().filter(|&row| answers.is_early[row]).collect();
        let is_right = |row: &&usize| most_probable(&answers.probabilities[**row]) == labels[**row];
        let num_right = early.iter().filter(is_right).count();
        let share = early.len() as f64 / rows.len().max(1) as f64;
        Self {
            share,
            accuracy: (!early.is_empty()).then(|| num_right as f64 / early.len() as f64),
            mean_layers: num_layers as f64 - share * num_layers.saturating_sub(exit_layer) as f64,
        }
    }
}

/// The threshold of an exit: of the probabilities that it gives, the lowest from which on accuracy and macro-F1 of all
/// answers are, in each of the `groups` of rows, at most `tolerance` below those of `full`. 1 where no other one is.
///
/// `full` and `exit` are calibrated probabilities of the same rows, whose labels are `labels`.
pub fn threshold(
    full: &[Vec<f32>],
    exit: &[Vec<f32>],
    labels: &[usize],
    groups: &[Vec<usize>],
    tolerance: f64,
) -> f32 {
    let num_labels = full.first().map_or(0, Vec::len);
    let mut group_of = vec![None; full.len()];
    let mut confusions = Vec::with_capacity(groups.len());
    for (group, rows) in groups.iter().enumerate() {
        let mut confusion = Confusion::new(num_labels);
        for &row in rows {
            group_of[row] = Some(group);
            confusion.add(labels[row], most_probable(&full[row]), 1);
        }
        confusions.push(confusion);
    }
    // A tolerance of one row in 500 shall be met by one row in 500, rounding or not.
    let least = |confusion: &Confusion| confusion.figures().map(|figure| figure - tolerance - 1e-12);
    let wanted: Vec<[f64; 2]> = confusions.iter().map(least).collect();
    let confidence = |row: usize| exit[row][most_probable(&exit[row])];
    let mut surest_first: Vec<usize> = (0..exit.len()).collect();
    surest_first.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)));
    // One row after the other gets the exit's answer; equal confidences do so together.
    let mut lowest = 1.0;
    for (index, &row) in surest_first.iter().enumerate() {
        if let Some(group) = group_of[row] {
            confusions[group].add(labels[row], most_probable(&full[row]), -1);
            confusions[group].add(labels[row], most_probable(&exit[row]), 1);
        }
        let is_last = surest_first.get(index + 1).is_none_or(|&next| confidence(next) < confidence(row));
        let holds = |(confusion, wanted): (&Confusion, &[f64; 2])| {
            confusion.figures().iter().zip(wanted).all(|(found, wanted)| found >= wanted)
        };
        if is_last && confusions.iter().zip(&wanted).all(holds) {
            lowest = confidence(row);
        }
    }
    lowest
}

/// Counts of rows, `[true label][predicted label]`.
struct Confusion(Vec<Vec<i64>>);

impl Confusion {
    fn new(num_labels: usize) -> Self {
        Self(vec![vec![0; num_labels]; num_labels])
    }

    fn add(&mut self, label: usize, predicted: usize, count: i64) {
        self.0[label][predicted] += count;
    }

    /// Accuracy and macro-F1, as [`evaluate`](super::metrics::evaluate) has them.
    fn figures(&self) -> [f64; 2] {
        let (mut right, mut rows, mut f1, mut occurring) = (0, 0, 0.0, 0);
        for label in 0..self.0.len() {
            let support: i64 = self.0[label].iter().sum();
            let predicted: i64 = self.0.iter().map(|row| row[label]).sum();
            right += self.0[label][label];
            rows += support;
            if support + predicted > 0 {
                occurring += 1;
                f1 += 2.0 * self.0[label][label] as f64 / (support + predicted) as f64;
            }
        }
        [right as f64 / rows.max(1) as f64, f1 / f64::from(occurring.max(1))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::metrics::evaluate;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A row that says `label` with this probability.
    fn row(label: usize, probability: f32) -> Vec<f32> {
        let mut row = vec![(1.0 - probability) / 2.0; 3];
        row[label] = probability;
        row
    }

    /// Rows of which the exit is the more often right, the surer it is; all layers nine times of ten.
    fn rows(count: usize) -> (Vec<Vec<f32>>, Vec<Vec<f32>>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut rows = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let label = rng.random_range(0..3usize);
            let mut said = |probability: f64| match rng.random_bool(probability) {
                true => label,
                false => (label + 1) % 3,
            };
            let full = said(0.9);
            let sure: f64 = 0.4 + 0.59 * (rows.2.len() as f64 / count as f64);
            let exit = said(sure);
            rows.0.push(row(full, 0.9));
            rows.1.push(row(exit, sure as f32));
            rows.2.push(label);
        }
        rows
    }

    fn figures(full: &[Vec<f32>], exit: &[Vec<f32>], labels: &[usize], threshold: f32) -> [f64; 2] {
        let answers: Vec<Vec<f32>> = full
            .iter()
            .zip(exit)
            .map(|(full, exit)| if exit[most_probable(exit)] >= threshold { exit } else { full }.clone())
            .collect();
        let names = ["a", "b", "c"].map(str::to_owned);
        let evaluation = evaluate(&answers, labels, &names, 1.0);
        [evaluation.accuracy, evaluation.macro_f1]
    }

    /// By brute force: no lower probability of the exit keeps both figures, in either half.
    #[test]
    fn the_lowest_threshold_that_keeps_accuracy_and_macro_f1_of_every_group() {
        let (full, exit, labels) = rows(600);
        let (even, odd): (Vec<usize>, Vec<usize>) = (0..600).partition(|row| row % 2 == 0);
        for (groups, tolerance) in
            [(vec![(0..600).collect()], 0.0), (vec![even.clone(), odd.clone()], 0.01), (vec![odd], 0.002)]
        {
            let found = threshold(&full, &exit, &labels, &groups, tolerance);
            let pick = |from: &[Vec<f32>], rows: &[usize]| -> Vec<Vec<f32>> {
                rows.iter().map(|&row| from[row].clone()).collect()
            };
            let holds = |threshold: f32| {
                groups.iter().all(|rows| {
                    let (full, exit) = (pick(&full, rows), pick(&exit, rows));
                    let labels: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
                    let wanted = figures(&full, &exit, &labels, 2.0);
                    let found = figures(&full, &exit, &labels, threshold);
                    found.iter().zip(wanted).all(|(found, wanted)| *found >= wanted - tolerance - 1e-12)
                })
            };
            assert!(holds(found) && found < 0.99, "{found}");
            let lower = exit.iter().map(|row| row[most_probable(row)]).filter(|sure| *sure < found);
            assert!(lower.clone().count() > 100 && !lower.into_iter().any(holds), "{found}");
        }
    }

    #[test]
    fn an_exit_that_only_harms_is_as_good_as_shut() {
        let full = vec![row(0, 0.9), row(1, 0.9)];
        let exit = vec![row(1, 0.8), row(0, 0.7)];
        assert_eq!(threshold(&full, &exit, &[0, 1], &[vec![0, 1]], 0.002), 1.0);
        // Of two that are equally sure, one is right: both or none.
        let exit = vec![row(0, 0.8), row(0, 0.8)];
        assert_eq!(threshold(&full, &exit, &[0, 1], &[vec![0, 1]], 0.002), 1.0);
        assert_eq!(threshold(&[], &[], &[], &[], 0.002), 1.0);
    }

    #[test]
    fn answers_are_the_exits_where_it_is_sure() {
        let joined = vec![vec![4.0, 0.0, 0.0, 3.0], vec![4.0, 0.0, 1.0, 1.1], vec![0.0, 4.0, 9.0, 0.0]];
        let logits = Logits::from_joined(joined, 2);
        let exit = Exit { temperature: 1.0, threshold: 0.9 };
        let answers = Answers::new(&logits, 2.0, Some(exit));
        assert_eq!(answers.is_early, [true, false, true]);
        assert_eq!(answers.probabilities[0], classifier::softmax(&[0.0, 3.0], 1.0));
        assert_eq!(answers.probabilities[1], classifier::softmax(&[4.0, 0.0], 2.0));
        let found = ExitUse::of(&answers, &[1, 0, 1], &[0, 1, 2], 1, 3);
        assert_eq!((found.accuracy, found.mean_layers), (Some(0.5), 3.0 - 2.0 / 3.0 * 2.0));
        let without = Answers::new(&Logits { exit: None, ..logits }, 2.0, Some(exit));
        assert_eq!(without.is_early, [false; 3]);
    }
}
