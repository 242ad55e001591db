//! Harmless edits: a text in other clothes, which says the same and must get the same label.
//!
//! Invariance tests after Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList".
//! `trainer edits` prints the table; card and report measure their model on the run's test rows.

use super::predictions::classify_with;
use super::rewriting::Edit;
use crate::data::labelled::Example;
use classifier::{Classifier, Prediction};
use indicatif::ProgressBar;
use serde::Serialize;

/// What one kind of edit does to a model's labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditEffect {
    /// What is done, e.g. `upper case`.
    pub edit: &'static str,
    /// Texts that the edit changes: one without a cashtag has none to exchange.
    pub texts: usize,
    /// Of these, the ones that get another label than before.
    pub flips: usize,
    /// Flips / texts, 0 ..= 1; 0 without texts.
    pub flip_rate: f64,
    /// Share of right labels among these texts before the edit.
    pub accuracy_before: f64,
    /// The same after it.
    pub accuracy_after: f64,
}

/// By how many texts the measurement of `rows` rows advances its bar.
pub fn num_texts(rows: usize) -> usize {
    rows * (1 + Edit::ALL.len())
}

/// What each edit does to the labels of these texts; `name_of` says where one comes from.
///
/// # Errors
/// A text that cannot be classified.
pub fn measure(
    classifier: &Classifier,
    examples: &[&Example],
    name_of: impl Fn(usize) -> String,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<EditEffect>> {
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let before = classify_with(classifier, &texts, &name_of, bar)?;
    let effect = |edit: Edit| {
        let edited = edit.apply_all(&texts)?;
        let changed: Vec<usize> = (0..texts.len()).filter(|&index| edited[index] != texts[index]).collect();
        bar.inc((texts.len() - changed.len()) as u64);
        let edited: Vec<&str> = changed.iter().map(|&index| edited[index].as_str()).collect();
        let name = |index: usize| format!("{}, edit `{}`", name_of(changed[index]), edit.name());
        let after = classify_with(classifier, &edited, name, bar)?;
        let pairs: Vec<_> = changed.iter().map(|&index| (&before[index], index)).zip(&after).collect();
        let is_right = |prediction: &Prediction, index: usize| {
            classifier.labels().get(examples[index].label) == Some(&prediction.label)
        };
        let share = |count: usize| count as f64 / changed.len().max(1) as f64;
        let flips = pairs.iter().filter(|((before, _), after)| before.label != after.label).count();
        Ok(EditEffect {
            edit: edit.name(),
            texts: changed.len(),
            flips,
            flip_rate: share(flips),
            accuracy_before: share(pairs.iter().filter(|((p, index), _)| is_right(p, *index)).count()),
            accuracy_after: share(pairs.iter().filter(|((_, index), p)| is_right(p, *index)).count()),
        })
    };
    Edit::ALL.into_iter().map(effect).collect()
}
