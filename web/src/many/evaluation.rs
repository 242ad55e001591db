//! How often the model agrees with a label column: its values mapped to the model's labels, counted as answers come.
//!
//! What is counted is value × predicted label. A mapping only says how to add these counts up, so that a visitor can
//! change it at any time. `0`, `1`, `2` stand for other things in every data set: they are never guessed, unless `-1`
//! stands beside them.

use indexmap::IndexMap;

use crate::tone::Tone;

/// More different values are no labels.
pub const MAX_VALUES: usize = 40;

/// Counts of one value of the label column, by predicted label: all, and of these the certain ones.
type Counts = Vec<[u32; 2]>;

/// A label column beside the answers.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    labels: Vec<String>,
    values: IndexMap<String, Counts>,
    /// What the visitor says of a value.
    chosen: IndexMap<String, Option<usize>>,
    num_without: usize,
    has_too_many: bool,
}

/// Agreement over the rows whose value has a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Rows that count.
    pub num_rows: usize,
    /// Rows with a value that has no label, or without a value.
    pub num_left_out: usize,
    /// Share of rows on which both agree.
    pub accuracy: f64,
    /// Unweighted mean of the F1 scores of all labels that occur.
    pub macro_f1: f64,
    /// Rows that the model is certain of, and on how many of these both agree.
    pub certain: (usize, usize),
    /// Rows by label of the column, then by predicted label.
    pub confusion: Vec<Vec<usize>>,
    /// Precision, recall and F1 of each label; none where it does not occur.
    pub per_label: Vec<Option<[f64; 3]>>,
}

impl Evaluation {
    /// Nothing counted yet.
    pub fn new(labels: &[String]) -> Self {
        Self { labels: labels.to_vec(), ..Self::default() }
    }

    /// Counts a row.
    pub fn add(&mut self, value: Option<&str>, predicted: usize, is_uncertain: bool) {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let Some(value) = value else {
            self.num_without += 1;
            return;
        };
        if !self.values.contains_key(value) {
            if self.values.len() == MAX_VALUES {
                self.has_too_many = true;
                self.num_without += 1;
                return;
            }
            self.values.insert(value.to_owned(), vec![[0; 2]; self.labels.len()]);
        }
        if let Some([all, certain]) = self.values.get_mut(value).and_then(|counts| counts.get_mut(predicted))
        {
            *all += 1;
            *certain += u32::from(!is_uncertain);
        }
    }

    /// There are more values than labels ever have.
    pub fn has_too_many_values(&self) -> bool {
        self.has_too_many
    }

    /// Each value with its rows and its label.
    pub fn values(&self) -> impl Iterator<Item = (&str, usize, Option<usize>)> {
        self.values.iter().map(|(value, counts)| {
            let rows: u32 = counts.iter().map(|[all, _]| all).sum();
            (value.as_str(), rows as usize, self.label_of(value))
        })
    }

    /// The visitor says what a value means.
    pub fn choose(&mut self, value: &str, label: Option<usize>) {
        self.chosen.insert(value.to_owned(), label);
    }

    /// The label that a value stands for.
    pub fn label_of(&self, value: &str) -> Option<usize> {
        let value = value.trim();
        self.chosen.get(value).copied().unwrap_or_else(|| self.guess(value))
    }

    /// Agreement; none where no row counts.
    pub fn scores(&self) -> Option<Scores> {
        let n = self.labels.len();
        let mut confusion = vec![vec![0_usize; n]; n];
        let (mut certain, mut certain_right, mut left_out) = (0, 0, self.num_without);
        for (value, counts) in &self.values {
            let Some(label) = self.label_of(value) else {
                left_out += counts.iter().map(|[all, _]| *all as usize).sum::<usize>();
                continue;
            };
            for (predicted, [all, sure]) in counts.iter().enumerate() {
                if let Some(cell) = confusion.get_mut(label).and_then(|row| row.get_mut(predicted)) {
                    *cell += *all as usize;
                }
                certain += *sure as usize;
                certain_right += if predicted == label { *sure as usize } else { 0 };
            }
        }
        let at = |row: usize, column: usize| {
            confusion.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0)
        };
        let num_rows: usize = confusion.iter().flatten().sum();
        let right: usize = (0..n).map(|label| at(label, label)).sum();
        let ratio = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let per_label: Vec<Option<[f64; 3]>> = (0..n)
            .map(|label| {
                let actual: usize = (0..n).map(|other| at(label, other)).sum();
                let predicted: usize = (0..n).map(|other| at(other, label)).sum();
                let hits = at(label, label);
                let scores =
                    [ratio(hits, predicted), ratio(hits, actual), ratio(2 * hits, actual + predicted)];
                (actual + predicted > 0).then_some(scores)
            })
            .collect();
        let f1: Vec<f64> = per_label.iter().flatten().map(|[_, _, f1]| *f1).collect();
        (num_rows > 0).then(|| Scores {
            num_rows,
            num_left_out: left_out,
            accuracy: ratio(right, num_rows),
            macro_f1: f1.iter().sum::<f64>() / f1.len() as f64,
            certain: (certain, certain_right),
            confusion,
            per_label,
        })
    }

    fn guess(&self, value: &str) -> Option<usize> {
        let value = value.to_lowercase();
        let same = self.labels.iter().position(|label| label.to_lowercase() == value);
        let has_minus = || self.values.keys().any(|key| matches!(number(key), Some(-1.0)));
        let tone = match value.as_str() {
            "bearish" | "bear" | "negative" | "neg" | "sell" | "down" | "short" => Tone::Falling,
            "bullish" | "bull" | "positive" | "pos" | "buy" | "up" | "long" => Tone::Rising,
            "neutral" | "neu" | "hold" | "none" | "mixed" | "flat" => Tone::Level,
            other => match number(other)? {
                -1.0 => Tone::Falling,
                0.0 if has_minus() => Tone::Level,
                1.0 if has_minus() => Tone::Rising,
                _ => return same,
            },
        };
        same.or_else(|| self.labels.iter().position(|label| Tone::of(label) == tone))
    }
}

fn number(value: &str) -> Option<f64> {
    value.trim().replace('−', "-").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::results::tests::labels;

    fn evaluation(rows: &[(&str, usize)]) -> Evaluation {
        let mut evaluation = Evaluation::new(&labels());
        for (value, predicted) in rows {
            evaluation.add(Some(value), *predicted, false);
        }
        evaluation
    }

    fn guesses(rows: &[(&str, usize)]) -> Vec<Option<usize>> {
        evaluation(rows).values().map(|(_, _, label)| label).collect()
    }

    #[test]
    fn words_and_signs_are_guessed_and_bare_ids_are_not() {
        assert_eq!(
            guesses(&[("Bearish", 0), (" positive ", 0), ("NEUTRAL", 0)]),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(guesses(&[("0", 0), ("1", 0), ("-1", 0)]), [Some(2), Some(1), Some(0)]);
        assert_eq!(guesses(&[("1.0", 0), ("-1.0", 0)]), [Some(1), Some(0)]);
        assert_eq!(guesses(&[("0", 0), ("1", 0), ("2", 0)]), [None, None, None]);
        assert_eq!(guesses(&[("😀", 0), ("spam", 0)]), [None, None]);
    }

    #[test]
    fn scores_follow_from_the_mapping_and_the_rest_is_counted() {
        let mut evaluation = evaluation(&[("0", 0), ("0", 1), ("1", 1), ("1", 1), ("x", 1)]);
        evaluation.add(None, 1, false);
        assert_eq!(evaluation.scores(), None, "nothing is mapped");
        evaluation.choose("0", Some(0));
        evaluation.choose("1", Some(1));
        let scores = evaluation.scores().unwrap();
        assert_eq!((scores.num_rows, scores.num_left_out, scores.accuracy), (4, 2, 0.75));
        // F1 of Bearish 2/3, of Bullish 4/5; Neutral does not occur.
        assert!((scores.macro_f1 - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12, "{}", scores.macro_f1);
        assert_eq!(scores.confusion, [[1, 1, 0], [0, 2, 0], [0, 0, 0]]);
        assert_eq!(scores.per_label[2], None);
        evaluation.choose("1", None);
        assert_eq!(evaluation.scores().unwrap().num_rows, 2);
    }

    #[test]
    fn a_column_of_ids_is_no_label_column() {
        let mut evaluation = Evaluation::new(&labels());
        for id in 0..100 {
            evaluation.add(Some(&id.to_string()), 0, false);
        }
        assert!(evaluation.has_too_many_values());
        assert_eq!(evaluation.values().count(), MAX_VALUES);
    }
}
