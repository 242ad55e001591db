//! What became of each row, in a few bytes: equal texts are answered once, and all their rows refer to that answer.

use std::rc::Rc;

use messages::Prediction;

#[derive(Clone, Copy)]
enum State {
    Waiting,
    Read {
        label: u16,
        is_uncertain: bool,
        is_truncated: bool,
    },
    /// Index of the reason.
    Unread(u16),
}

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading<'a> {
    /// Nothing yet.
    Waiting,
    /// The model's answer.
    Read {
        /// Index of the most probable label.
        label: usize,
        /// Its probability.
        confidence: f32,
        /// All probabilities, in label order.
        scores: &'a [f32],
        /// The model does not know well.
        is_uncertain: bool,
        /// The end of the text was left out.
        is_truncated: bool,
    },
    /// Why there is no answer.
    Unread(&'a str),
}

/// The outcomes of all rows.
#[derive(Default)]
pub struct Results {
    labels: Vec<String>,
    states: Vec<State>,
    /// Probabilities of row after row.
    scores: Vec<f32>,
    /// The row whose answer is this row's; itself for most.
    stands_for: Vec<u32>,
    reasons: Vec<Rc<str>>,
}

impl Results {
    /// Nothing is known yet.
    pub fn new(labels: &[String], num_rows: usize) -> Self {
        Self {
            labels: labels.to_vec(),
            states: vec![State::Waiting; num_rows],
            scores: vec![0.0; num_rows * labels.len()],
            stands_for: (0..num_rows as u32).collect(),
            reasons: Vec::new(),
        }
    }

    /// The model's labels, in label order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What is known of a row.
    pub fn of(&self, row: usize) -> Reading<'_> {
        let row = self.stands_for.get(row).map_or(row, |first| *first as usize);
        match self.states.get(row) {
            None | Some(State::Waiting) => Reading::Waiting,
            Some(State::Unread(reason)) => {
                Reading::Unread(self.reasons.get(*reason as usize).map_or("", |reason| reason))
            }
            Some(State::Read { label, is_uncertain, is_truncated }) => {
                let start = row * self.labels.len();
                let scores = self.scores.get(start..start + self.labels.len()).unwrap_or_default();
                Reading::Read {
                    label: *label as usize,
                    confidence: scores.get(*label as usize).copied().unwrap_or_default(),
                    scores,
                    is_uncertain: *is_uncertain,
                    is_truncated: *is_truncated,
                }
            }
        }
    }

    /// The row has the same text as an earlier one.
    pub fn refer(&mut self, row: u32, first: u32) {
        if let Some(stands_for) = self.stands_for.get_mut(row as usize) {
            *stands_for = first;
        }
    }

    /// The model has answered.
    pub fn set(&mut self, row: u32, prediction: &Prediction) {
        let row = row as usize;
        let Some(label) = self.labels.iter().position(|label| *label == prediction.label) else {
            return self.refuse(row as u32, "The model answered with a label that it does not have.");
        };
        let start = row * self.labels.len();
        for (label, score) in self.labels.iter().zip(self.scores.iter_mut().skip(start)) {
            *score = prediction.scores.get(label).copied().unwrap_or_default();
        }
        if let Some(state) = self.states.get_mut(row) {
            *state = State::Read {
                label: label as u16,
                is_uncertain: prediction.uncertain,
                is_truncated: prediction.truncated,
            };
        }
    }

    /// There will be no answer.
    pub fn refuse(&mut self, row: u32, reason: &str) {
        let known = self.reasons.iter().position(|known| **known == *reason);
        let index = known.unwrap_or_else(|| {
            // What is said of one row alone: beyond all counting, the last one stands for the others.
            if self.reasons.len() < u16::MAX as usize {
                self.reasons.push(reason.into());
            }
            self.reasons.len() - 1
        });
        if let Some(state) = self.states.get_mut(row as usize) {
            *state = State::Unread(index as u16);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A prediction of one label among three.
    pub fn prediction(label: &str, confidence: f32) -> Prediction {
        let score = |of: &str| if of == label { confidence } else { (1.0 - confidence) / 2.0 };
        Prediction {
            label: label.to_owned(),
            scores: labels().into_iter().map(|label| (label.clone(), score(&label))).collect(),
            uncertain: confidence < 0.6,
            tokens: 5,
            layers: 2,
            truncated: false,
        }
    }

    pub fn labels() -> Vec<String> {
        ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec()
    }

    #[test]
    fn rows_with_the_same_text_share_an_answer() {
        let mut results = Results::new(&labels(), 3);
        results.refer(2, 0);
        assert_eq!(results.of(2), Reading::Waiting);
        results.set(0, &prediction("Bullish", 0.9));
        let Reading::Read { label, confidence, scores, is_uncertain, .. } = results.of(2) else { panic!() };
        assert_eq!((label, confidence, is_uncertain, scores.len()), (1, 0.9, false, 3));
        results.refuse(1, "because");
        assert_eq!(results.of(1), Reading::Unread("because"));
    }
}
