//! Running a model file over many texts, and reading off the label that it predicts.
//!
//! Shared by `evaluate`, `predict`, `export`, `edits` and `report`. Batches are as large as a progress bar likes them.

use anyhow::{Context, anyhow, bail};
use classifier::{Classifier, ClassifyError, Depth, Prediction, TextError};
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
            Err(ClassifyError { index, error }) => {
                return Err(anyhow!("{}: {error}", name_of(predictions.len() + index)));
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
) -> anyhow::Result<Vec<Result<Prediction, TextError>>> {
    let mut outcomes = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH_SIZE) {
        for outcome in classifier.classify_each(batch) {
            match outcome {
                Err(error @ TextError::NotANumber) => bail!(error),
                outcome => outcomes.push(outcome),
            }
        }
        bar.inc(batch.len() as u64);
    }
    Ok(outcomes)
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
