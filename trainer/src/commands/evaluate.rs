//! `trainer evaluate`: a model file against labelled texts; a table for people, JSON for programs.
//!
//! The labels in the data are read by the model's own list of labels, so that ids mean what they mean to it; where
//! another order would fit far better, a warning says so.

use super::reading::LabelledArguments;
use crate::config::reading::ReadOptions;
use crate::data::labelled::{Dataset, read_labelled};
use crate::data::labels::Labels;
use crate::data::rows::{place, shown};
use crate::data::tokens::Row;
use crate::fit::workers::Workers;
use crate::output::json;
use crate::output::tables;
use crate::scoring::assignment::{OtherOrder, other_order};
use crate::scoring::metrics::{Evaluation, evaluate};
use crate::scoring::predictions::{classify_all, load_model, most_probable};
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
    | jq .macro_f1
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data export.csv --delimiter ';' \\
    --text-column Tweet --label-column Mood --label-map positive=Bullish --label-map negative=Bearish")]
pub struct Arguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Labelled texts: CSV, TSV or Parquet with the columns text,label or JSONL with these keys; a label is an id
    /// or a name; `-` is standard input
    #[arg(long, value_name = "FILE|-")]
    pub data: PathBuf,
    /// How the data is read.
    #[command(flatten)]
    pub reading: LabelledArguments,
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
    let report = score(arguments)?;
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

fn score(arguments: &Arguments) -> anyhow::Result<Report> {
    let Arguments { model, data, .. } = arguments;
    let classifier = load_model(model)?;
    let labels = Labels::of_model(&classifier, model);
    let dataset = read_labelled(data, &labels, &ReadOptions::from(&arguments.reading))?;
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.text.as_str()).collect();
    let labels: Vec<usize> = dataset.examples.iter().map(|example| example.label).collect();
    let name_of = |index: usize| place(data, dataset.examples[index].line);
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
    let f32 = match arguments.f32 {
        true => Some(in_f32(model, &classifier, &texts, &labels, &probabilities)?),
        false => None,
    };
    let evaluation = evaluate(&probabilities, &labels, classifier.labels(), seconds);
    warn(&evaluation, &dataset);
    Ok(Report { evaluation, f32 })
}

/// What the numbers do not say of themselves: labels without rows, labels that seem to be others.
fn warn(evaluation: &Evaluation, dataset: &Dataset) {
    let place = shown(&dataset.path);
    let without_rows = evaluation.per_class.iter().filter(|(_, class)| class.support == 0);
    let names: Vec<&str> = without_rows.map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        eprintln!("warning: {}: no rows of {}", place.display(), names.join(", "));
    }
    if let Some(OtherOrder { ids, accuracy }) = other_order(evaluation) {
        let names: Vec<&String> = evaluation.per_class.keys().collect();
        let mapping = |(found, id): (&String, &usize)| format!("--label-map '{found}={}'", names[ids[*id]]);
        let mappings: Vec<_> = dataset.spellings.iter().map(mapping).collect();
        eprintln!(
            "warning: {}: the labels seem to be in another order than the model's: accuracy would be {accuracy:.3} \
             instead of {:.3} with {}",
            place.display(),
            evaluation.accuracy,
            mappings.join(" ")
        );
    }
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
