//! Counts over all rows, kept up as answers come, so that nothing has to be counted again for a drawing.

use std::collections::HashMap;

use super::evaluation::Evaluation;
use super::results::Reading;
use super::tickers;
use super::timeline::Timeline;

/// Columns of the histogram of confidences, each as wide as the others.
pub const BINS: usize = 20;

/// Everything that is counted.
#[derive(Default)]
pub struct Summary {
    /// Rows of each label.
    pub labels: Vec<usize>,
    /// Rows that the model is not certain of.
    pub num_uncertain: usize,
    /// Rows without an answer.
    pub num_unread: usize,
    /// Rows by confidence, the certain ones and the others.
    pub confidences: Vec<[usize; 2]>,
    /// Rows of each label over time.
    pub timeline: Timeline,
    /// Agreement with the label column.
    pub evaluation: Evaluation,
    tickers: HashMap<String, Vec<u32>>,
}

impl Summary {
    /// Nothing counted yet.
    pub fn new(labels: &[String]) -> Self {
        Self {
            labels: vec![0; labels.len()],
            confidences: vec![[0; 2]; BINS],
            evaluation: Evaluation::new(labels),
            ..Self::default()
        }
    }

    /// Rows with an answer.
    pub fn num_read(&self) -> usize {
        self.labels.iter().sum()
    }

    /// Rows that are done, with or without an answer.
    pub fn num_done(&self) -> usize {
        self.num_read() + self.num_unread
    }

    /// Counts a row whose outcome is known. `date` and `value` are absent where there is no such column.
    pub fn add(
        &mut self,
        reading: Reading<'_>,
        text: &str,
        date: Option<Option<&str>>,
        value: Option<Option<&str>>,
    ) {
        let Reading::Read { label, confidence, is_uncertain, .. } = reading else {
            self.num_unread += usize::from(reading != Reading::Waiting);
            return;
        };
        let num_labels = self.labels.len();
        if let Some(count) = self.labels.get_mut(label) {
            *count += 1;
        }
        self.num_uncertain += usize::from(is_uncertain);
        let bin = ((confidence * BINS as f32) as usize).min(BINS - 1);
        if let Some([certain, uncertain]) = self.confidences.get_mut(bin) {
            *(if is_uncertain { uncertain } else { certain }) += 1;
        }
        if let Some(date) = date {
            self.timeline.add(date, label, num_labels);
        }
        if let Some(value) = value {
            self.evaluation.add(value, label, is_uncertain);
        }
        for ticker in tickers::of(text) {
            let counts = self.tickers.entry(ticker).or_insert_with(|| vec![0; num_labels]);
            if let Some(count) = counts.get_mut(label) {
                *count += 1;
            }
        }
    }

    /// Number of different tickers.
    pub fn num_tickers(&self) -> usize {
        self.tickers.len()
    }

    /// The first tickers by the rows of one label, or by all their rows, with their rows of each label.
    pub fn tickers(&self, by: Option<usize>, most: usize) -> Vec<(&str, &[u32])> {
        let rank = |counts: &[u32]| match by {
            Some(label) => counts.get(label).copied().unwrap_or(0),
            None => counts.iter().sum(),
        };
        let mut tickers: Vec<(&str, &[u32])> =
            self.tickers.iter().map(|(ticker, counts)| (ticker.as_str(), counts.as_slice())).collect();
        let order = |one: &(&str, &[u32]), other: &(&str, &[u32])| {
            rank(other.1).cmp(&rank(one.1)).then_with(|| one.0.cmp(other.0))
        };
        if tickers.len() > most {
            tickers.select_nth_unstable_by(most, order);
            tickers.truncate(most);
        }
        tickers.sort_unstable_by(order);
        tickers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::results::Results;
    use crate::many::results::tests::{labels, prediction};

    #[test]
    fn rows_are_counted_by_label_confidence_and_ticker() {
        let mut results = Results::new(&labels(), 4);
        results.set(0, &prediction("Bullish", 0.97));
        results.set(1, &prediction("Bearish", 0.5));
        results.set(2, &prediction("Bullish", 1.0));
        results.refuse(3, "blank");
        let mut summary = Summary::new(&labels());
        for (row, text) in ["$tsla and $TSLA", "$TSLA $F", "$AAPL", ""].into_iter().enumerate() {
            summary.add(results.of(row), text, None, Some(Some("1")));
        }
        summary.add(Reading::Waiting, "$TSLA", None, None);
        assert_eq!(
            (summary.labels.as_slice(), summary.num_unread, summary.num_done()),
            (&[1, 2, 0][..], 1, 4)
        );
        assert_eq!(summary.num_uncertain, 1);
        assert_eq!(summary.confidences[BINS - 1], [2, 0]);
        assert_eq!(summary.confidences[10], [0, 1]);
        assert_eq!(
            summary.tickers(None, 9),
            [("$TSLA", &[1, 1, 0][..]), ("$AAPL", &[0, 1, 0]), ("$F", &[1, 0, 0])]
        );
        assert_eq!(summary.tickers(Some(0), 1).len(), 1);
        assert_eq!(summary.tickers(Some(0), 2)[0].0, "$F");
        assert_eq!(summary.evaluation.values().next().unwrap().1, 3);
    }
}
