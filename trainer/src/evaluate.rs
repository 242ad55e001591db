//! `trainer evaluate`: a model file against labelled texts; a table for people, JSON for programs.
//!
//! The labels in the data are read by the model's own list of labels, so that ids mean what they mean to it.

use crate::classification::{classify_all, load_model};
use crate::cli::EvaluateArguments;
use crate::metrics::{Evaluation, evaluate};
use crate::{data, json_output, report_table};
use anyhow::Context;
use std::path::Path;
use std::time::Instant;

/// Runs the subcommand.
///
/// # Errors
/// A model or data file that cannot be used, output that cannot be written.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let evaluation = score(&arguments.model, &arguments.data)?;
    json_output::write(arguments.json.as_deref(), &evaluation, || report_table::table(&evaluation))
}

fn score(model: &Path, data: &Path) -> anyhow::Result<Evaluation> {
    let classifier = load_model(model)?;
    let dataset = data::read_labelled(data, classifier.labels()).context("cannot use the data")?;
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.text.as_str()).collect();
    let labels: Vec<usize> = dataset.examples.iter().map(|example| example.label).collect();
    let name_of = |index: usize| format!("{}:{}", data.display(), dataset.examples[index].line);
    let start = Instant::now();
    let predictions = classify_all(&classifier, &texts, name_of)?;
    let seconds = start.elapsed().as_secs_f64();
    let num_truncated = predictions.iter().filter(|prediction| prediction.is_truncated).count();
    if num_truncated > 0 {
        eprintln!(
            "{num_truncated} texts were longer than the model's {} tokens and cut",
            classifier.max_tokens()
        );
    }
    let probabilities: Vec<_> = predictions.into_iter().map(|prediction| prediction.probabilities).collect();
    Ok(evaluate(&probabilities, &labels, classifier.labels(), seconds))
}
