//! Running a model file over many texts, and reading off the label that it predicts.
//!
//! Shared by `evaluate`, `predict`, `export`, `edits` and `report`. Batches are as large as a progress bar likes them.

use anyhow::{Context, anyhow, bail};
use classifier::{Classifier, ClassifyError, Depth, Prediction};
use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

const BATCH_SIZE: usize = 128;

/// Reads and checks a model file.
///
/// # Errors
/// A file that cannot be read or is no model; named.
pub fn load_model(path: &Path) -> anyhow::Result<Classifier> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    Classifier::from_gguf(bytes).with_context(|| format!("cannot use the model {}", path.display()))
}

/// Classifies every text, in order, behind a progress bar; `name_of` says where a text comes from.
///
/// # Errors
/// The first text that cannot be classified, by name.
pub fn classify_all<T: AsRef<str> + Sync>(
    classifier: &Classifier,
    texts: &[T],
    name_of: impl Fn(usize) -> String,
) -> anyhow::Result<Vec<Prediction>> {
    let bar = progress_bar(texts.len());
    let predictions = classify_with(classifier, texts, name_of, &bar);
    bar.finish_and_clear();
    predictions
}

/// As [`classify_all`], behind a bar of the caller's that advances by a text.
///
/// # Errors
/// As [`classify_all`].
pub fn classify_with<T: AsRef<str> + Sync>(
    classifier: &Classifier,
    texts: &[T],
    name_of: impl Fn(usize) -> String,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Prediction>> {
    classify_at(classifier, texts, Depth::Adaptive, name_of, bar)
}

/// As [`classify_with`], each text read at `depth`.
///
/// # Errors
/// As [`classify_all`].
pub fn classify_at<T: AsRef<str> + Sync>(
    classifier: &Classifier,
    texts: &[T],
    depth: Depth,
    name_of: impl Fn(usize) -> String,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Prediction>> {
    let mut predictions = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH_SIZE) {
        match classifier.classify_batch_at(batch, depth) {
            Ok(classified) => predictions.extend(classified),
            Err(error) => {
                let Unreadable { index, reason } = Unreadable::from(error);
                return Err(anyhow!("{}: {reason}", name_of(predictions.len() + index)));
            }
        }
        bar.inc(batch.len() as u64);
    }
    Ok(predictions)
}

/// As [`classify_with`], but a text that cannot be classified keeps its place, with the reason.
///
/// # Errors
/// A model whose weights are damaged.
pub fn classify_each<T: AsRef<str> + Sync>(
    classifier: &Classifier,
    texts: &[T],
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Result<Prediction, String>>> {
    let mut outcomes = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH_SIZE) {
        let mut unreadable = IndexMap::new();
        let predictions = loop {
            let readable: Vec<usize> =
                (0..batch.len()).filter(|index| !unreadable.contains_key(index)).collect();
            let texts: Vec<&str> = readable.iter().map(|&index| batch[index].as_ref()).collect();
            match classifier.classify_batch(&texts) {
                Ok(predictions) => break predictions,
                Err(error @ ClassifyError::NotANumber { .. }) => bail!(Unreadable::from(error).reason),
                Err(error) => {
                    let Unreadable { index, reason } = Unreadable::from(error);
                    unreadable.insert(readable[index], reason);
                }
            }
        };
        let mut predictions = predictions.into_iter();
        let outcome = |index| match unreadable.swap_remove(&index) {
            Some(reason) => Some(Err(reason)),
            None => predictions.next().map(Ok),
        };
        outcomes.extend((0..batch.len()).filter_map(outcome));
        bar.inc(batch.len() as u64);
    }
    Ok(outcomes)
}

/// A text that cannot be classified, in words that do not count: its place is the reader's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Position in its batch.
    pub index: usize,
    /// What was expected and what was found.
    pub reason: String,
}

impl From<ClassifyError> for Unreadable {
    fn from(error: ClassifyError) -> Self {
        let (index, reason) = match error {
            ClassifyError::EmptyText { index } => (
                index,
                "empty text: expected at least one word, found nothing to read (URLs, whitespace and control characters \
                 do not count)"
                    .to_owned(),
            ),
            ClassifyError::TextTooLong { index, limit_bytes, found_bytes } => {
                (index, format!("expected a text of at most {limit_bytes} bytes, found {found_bytes}"))
            }
            ClassifyError::Tokenizer { index, reason } => {
                (index, format!("expected a text that can be tokenized, found: {reason}"))
            }
            ClassifyError::NotANumber { index } => (
                index,
                "expected probabilities, found what is no number: the model's weights are damaged. Use another model file"
                    .to_owned(),
            ),
        };
        Self { index, reason }
    }
}

/// The predicted label of a row: the first of the highest.
pub fn most_probable(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, label| if row[label] > row[best] { label } else { best })
}

/// On standard error; nothing where that is no terminal.
pub fn progress_bar(num_texts: usize) -> ProgressBar {
    let bar = ProgressBar::new(num_texts as u64);
    if let Ok(style) = ProgressStyle::with_template("classifying {bar:32} {pos}/{len}  {per_sec}  {eta} left")
    {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}
