//! `trainer evaluate`: a model file against labelled texts; a table for people, JSON for programs.
//!
//! The labels in the data are read by the model's own list of labels, so that ids mean what they mean to it.

use crate::data::labelled::read_labelled;
use crate::data::tokens::Row;
use crate::fit::workers::Workers;
use crate::output::json;
use crate::output::tables;
use crate::scoring::metrics::{Evaluation, evaluate};
use crate::scoring::predictions::{classify_all, load_model, most_probable};
use anyhow::Context;
use candle_core::Device;
use classifier::Classifier;
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
use encoder::Encoder;
use serde::Serialize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `trainer evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data tweets.csv
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data tweets.jsonl --json - \\
    | jq .macro_f1")]
pub struct Arguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Labelled texts: CSV or Parquet with the columns text,label or JSONL with these keys; a label is an id
    /// or a name
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the table
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
    /// Also runs the file's weights in f32, and tells how many labels differ
    #[arg(long)]
    pub f32: bool,
}

/// What is told.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    evaluation: Evaluation,
    #[serde(skip_serializing_if = "Option::is_none")]
    f32: Option<InF32>,
}

/// The same weights without rounded activations: what the arithmetic of inference costs.
#[derive(Serialize)]
struct InF32 {
    accuracy: f64,
    macro_f1: f64,
    /// Texts that get another label in f32.
    labels_differ: usize,
}

/// Runs the subcommand.
///
/// # Errors
/// A model or data file that cannot be used, output that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let inputs = [("--model", arguments.model.as_path()), ("--data", &arguments.data)];
    json::refuse_overwriting(arguments.json.as_deref(), &inputs)?;
    let report = score(&arguments.model, &arguments.data, arguments.f32)?;
    json::write(arguments.json.as_deref(), &report, || {
        let table = tables::evaluation(&report.evaluation);
        match &report.f32 {
            None => table,
            Some(InF32 { accuracy, macro_f1, labels_differ }) => format!(
                "{table}\nin f32: accuracy {accuracy:.4}, macro-F1 {macro_f1:.4}, {labels_differ} labels differ"
            ),
        }
    })
}

fn score(model: &Path, data: &Path, with_f32: bool) -> anyhow::Result<Report> {
    let classifier = load_model(model)?;
    let dataset = read_labelled(data, classifier.labels())
        .with_context(|| format!("cannot use the data with the labels of {}", model.display()))?;
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
    let f32 = match with_f32 {
        true => Some(in_f32(model, &classifier, &texts, &labels, &probabilities)?),
        false => None,
    };
    Ok(Report { evaluation: evaluate(&probabilities, &labels, classifier.labels(), seconds), f32 })
}

/// Runs the trainer's encoder over the file's weights.
fn in_f32(
    model: &Path,
    classifier: &Classifier,
    texts: &[&str],
    labels: &[usize],
    probabilities: &[Vec<f32>],
) -> anyhow::Result<InF32> {
    let file = ModelFile::parse(std::fs::read(model)?)?;
    let metadata = file.metadata();
    let encoder = Encoder::new(&metadata.encoder, &file)?;
    let normalization = Normalization::new(&metadata.normalization)?;
    let row = |(text, &label): (&&str, &usize)| {
        let encoding = file.tokenizer().encode(&normalization.apply(text), classifier.max_tokens())?;
        Ok(Row { input_ids: encoding.input_ids, label })
    };
    let rows = texts.iter().zip(labels).map(row).collect::<anyhow::Result<Vec<Row>>>()?;
    let workers = Workers::new(std::thread::available_parallelism()?.get(), &Device::Cpu)?;
    let logits = workers.logits(&encoder, &rows)?;
    let exact: Vec<_> =
        logits.iter().map(|logits| classifier::softmax(logits, metadata.temperature)).collect();
    let differ = |(rounded, exact): &(&Vec<f32>, &Vec<f32>)| most_probable(rounded) != most_probable(exact);
    let labels_differ = probabilities.iter().zip(&exact).filter(differ).count();
    let Evaluation { accuracy, macro_f1, .. } = evaluate(&exact, labels, classifier.labels(), 0.0);
    Ok(InF32 { accuracy, macro_f1, labels_differ })
}
