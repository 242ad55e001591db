//! Harmless edits: a text in other clothes, which says the same and must get the same label.
//!
//! Invariance tests after Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList".
//! `trainer edits` prints the table; card and report measure their model on the run's test rows. What the model never
//! sees of an edit, because its normalization or tokenizer removes it, is told apart from what it withstands.

use super::predictions::classify_with;
use super::rewriting::Edit;
use crate::data::labelled::Example;
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
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
    /// Of these, the ones whose token ids stay as they were: no label can change.
    pub same_input: usize,
    /// Of the texts, the ones that get another label than before.
    pub flips: usize,
    /// Flips / texts, 0 ..= 1; none without texts.
    pub flip_rate: Option<f64>,
    /// Share of right labels among these texts before the edit.
    pub accuracy_before: Option<f64>,
    /// The same after it.
    pub accuracy_after: Option<f64>,
}

impl EditEffect {
    /// Whether the model's input stays the same, token for token, in every text.
    pub fn is_invisible(&self) -> bool {
        self.texts > 0 && self.same_input == self.texts
    }
}

/// `upper case (758 texts), added URL (763)`: the edits that the model does not see; none where it sees all.
pub fn invisible(effects: &[EditEffect]) -> Option<String> {
    let invisible = effects.iter().filter(|effect| effect.is_invisible()).enumerate();
    let words = invisible.map(|(index, effect)| match index {
        0 => format!("{} ({} texts)", effect.edit, effect.texts),
        _ => format!("{} ({})", effect.edit, effect.texts),
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// By how many texts the measurement of `rows` rows advances its bar.
pub fn num_texts(rows: usize) -> usize {
    rows * (1 + Edit::ALL.len())
}

/// What each edit does to the labels that the model file `bytes`, loaded as `classifier`, gives these texts; `name_of`
/// says where one comes from.
///
/// # Errors
/// A text that cannot be classified.
pub fn measure(
    bytes: &[u8],
    classifier: &Classifier,
    examples: &[&Example],
    name_of: impl Fn(usize) -> String,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<EditEffect>> {
    let input = Input::new(bytes, classifier)?;
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let before = classify_with(classifier, &texts, &name_of, bar)?;
    let effect = |edit: Edit| {
        let edited = edit.apply_all(&texts)?;
        let changed: Vec<usize> = (0..texts.len()).filter(|&index| edited[index] != texts[index]).collect();
        let mut seen = Vec::new();
        for &index in &changed {
            if input.ids(texts[index])? != input.ids(&edited[index])? {
                seen.push(index);
            }
        }
        bar.inc((texts.len() - seen.len()) as u64);
        let seen_texts: Vec<&str> = seen.iter().map(|&index| edited[index].as_str()).collect();
        let name = |index: usize| format!("{}, edit `{}`", name_of(seen[index]), edit.name());
        let mut after: Vec<&Prediction> = before.iter().collect();
        let predictions = classify_with(classifier, &seen_texts, name, bar)?;
        seen.iter().zip(&predictions).for_each(|(&index, prediction)| after[index] = prediction);
        let count = |holds: &dyn Fn(usize) -> bool| changed.iter().filter(|&&index| holds(index)).count();
        let is_right = |prediction: &Prediction, index: usize| {
            classifier.labels().get(examples[index].label) == Some(&prediction.label)
        };
        let share = |part: usize| (!changed.is_empty()).then(|| part as f64 / changed.len() as f64);
        let flips = count(&|index| before[index].label != after[index].label);
        Ok(EditEffect {
            edit: edit.name(),
            texts: changed.len(),
            same_input: changed.len() - seen.len(),
            flips,
            flip_rate: share(flips),
            accuracy_before: share(count(&|index| is_right(&before[index], index))),
            accuracy_after: share(count(&|index| is_right(after[index], index))),
        })
    };
    Edit::ALL.into_iter().map(effect).collect()
}

/// What a model reads of a text.
struct Input {
    file: ModelFile,
    normalization: Normalization,
    max_tokens: usize,
}

impl Input {
    fn new(bytes: &[u8], classifier: &Classifier) -> anyhow::Result<Self> {
        let file = ModelFile::parse(bytes.to_vec())?;
        let normalization = Normalization::new(&file.metadata().normalization)?;
        Ok(Self { file, normalization, max_tokens: classifier.max_tokens() })
    }

    fn ids(&self, text: &str) -> anyhow::Result<Vec<u32>> {
        Ok(self.file.tokenizer().encode(&self.normalization.apply(text), self.max_tokens)?.input_ids)
    }
}
