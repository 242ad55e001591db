//! `trainer evaluate`: a model file against labelled texts; a table for people, JSON for programs.
//!
//! The labels in the data are read by the model's own list of labels, so that ids mean what they mean to it; where
//! another order would fit far better, a warning says so.

use super::reading::LabelledArguments;
use crate::data::labelled::{Dataset, Example};
use crate::data::labels::Labels;
use crate::data::row::{Rejected, refuse};
use crate::data::source::shown;
use crate::data::tokens::Row;
use crate::fit::workers::Workers;
use crate::output::json;
use crate::output::left_out::LeftOut;
use crate::output::standard_output::tell;
use crate::output::tables;
use crate::scoring::assignment::{OtherOrder, other_order};
use crate::scoring::exit::Answers;
use crate::scoring::metrics::{Evaluation, evaluate};
use crate::scoring::predictions::{classify_each, load_model, most_probable, progress_bar};
use candle_core::Device;
use classifier::model_file::ModelFile;
use classifier::normalization::Normalization;
use classifier::{Classifier, Prediction, TextError};
use encoder::Encoder;
use serde::Serialize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `trainer evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer evaluate --model models/minilm-l4-q4_0/model.gguf --data tweets.csv
  trainer evaluate --model models/minilm-l4-q4_0/model.gguf --data tweets.jsonl --json - \\
    | jq .macro_f1
  trainer evaluate --model models/minilm-l4-q4_0/model.gguf --data export.csv --delimiter ';' \\
    --text-column Tweet --label-column Mood \\
    --label-map positive=Bullish --label-map negative=Bearish")]
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
    /// Layers that a text went through on average, where the model has an exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_layers: Option<f64>,
    /// Rows that cannot be used, beside those that are measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_left_out: Option<usize>,
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
/// A model or data file that cannot be used, output that cannot be written; at the end, rows that cannot be used.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let inputs = [("--model", arguments.model.as_path()), ("--data", &arguments.data)];
    json::refuse_overwriting(arguments.json.as_deref(), &inputs)?;
    let (report, left_out) = score(arguments)?;
    json::write(arguments.json.as_deref(), &report, || {
        let layers = report.mean_layers.map(|layers| format!("\n{layers:.2} layers a text"));
        let table = tables::evaluation(&report.evaluation) + &layers.unwrap_or_default();
        match &report.f32 {
            None => table,
            Some(InF32 { accuracy, macro_f1, labels_differ }) => format!(
                "{table}\nin f32: accuracy {accuracy:.4}, macro-F1 {macro_f1:.4}, {labels_differ} labels differ"
            ),
        }
    })?;
    let rows = report.evaluation.rows + left_out.rows();
    left_out.ending(rows)
}

fn score(arguments: &Arguments) -> anyhow::Result<(Report, LeftOut)> {
    let Arguments { model, data, .. } = arguments;
    let classifier = load_model(model)?;
    let labels = Labels::of_model(&classifier, model);
    let mut dataset = arguments.reading.read(data, &labels)?;
    let bar = progress_bar(dataset.examples.len());
    let start = Instant::now();
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.text.as_str()).collect();
    let outcomes = classify_each(&classifier, &texts, &bar)?;
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let (predictions, left_out) = without_unusable(outcomes, &mut dataset, arguments.reading.strict)?;
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.text.as_str()).collect();
    let labels: Vec<usize> = dataset.examples.iter().map(|example| example.label).collect();
    let num_truncated = predictions.iter().filter(|prediction| prediction.is_truncated).count();
    if num_truncated > 0 {
        tell(format_args!(
            "{num_truncated} texts were longer than the model's {} tokens and cut",
            classifier.max_tokens()
        ));
    }
    let layers: usize = predictions.iter().map(|prediction| prediction.num_layers).sum();
    let mean_layers = classifier.exit_layer().map(|_| layers as f64 / predictions.len() as f64);
    let probabilities: Vec<_> = predictions.into_iter().map(|prediction| prediction.probabilities).collect();
    let f32 = match arguments.f32 {
        true => Some(in_f32(model, &classifier, &texts, &labels, &probabilities)?),
        false => None,
    };
    let evaluation = evaluate(&probabilities, &labels, classifier.labels(), seconds);
    warn(&evaluation, &dataset);
    let rows_left_out = Some(left_out.rows()).filter(|rows| *rows > 0);
    Ok((Report { evaluation, mean_layers, rows_left_out, f32 }, left_out))
}

/// The predictions of the rows that can be used; the data then holds these alone.
fn without_unusable(
    outcomes: Vec<Result<Prediction, TextError>>,
    dataset: &mut Dataset,
    is_strict: bool,
) -> anyhow::Result<(Vec<Prediction>, LeftOut)> {
    let (mut predictions, mut examples): (Vec<Prediction>, Vec<Example>) = (Vec::new(), Vec::new());
    for (outcome, example) in outcomes.into_iter().zip(std::mem::take(&mut dataset.examples)) {
        match outcome {
            Ok(prediction) => {
                predictions.push(prediction);
                examples.push(example);
            }
            Err(error) => dataset.rejected.push(Rejected { line: example.line, reason: error.to_string() }),
        }
    }
    dataset.examples = examples;
    dataset.rejected.sort_by_key(|row| row.line);
    let unusable = is_strict || dataset.examples.is_empty();
    refuse(&dataset.path, if unusable { &dataset.rejected } else { &[] })?;
    Ok((predictions, LeftOut::of(&dataset.path, &dataset.rejected)))
}

/// What the numbers do not say of themselves: labels without rows, labels that seem to be others.
fn warn(evaluation: &Evaluation, dataset: &Dataset) {
    let place = shown(&dataset.path);
    let without_rows = evaluation.per_class.iter().filter(|(_, class)| class.support == 0);
    let names: Vec<&str> = without_rows.map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        tell(format_args!("warning: {}: no rows of {}", place.display(), names.join(", ")));
    }
    if let Some(OtherOrder { ids, accuracy }) = other_order(evaluation) {
        let names: Vec<&String> = evaluation.per_class.keys().collect();
        let mapping = |(found, id): (&String, &usize)| format!("--label-map '{found}={}'", names[ids[*id]]);
        let mappings: Vec<_> = dataset.spellings.iter().map(mapping).collect();
        tell(format_args!(
            "warning: {}: the labels seem to be in another order than the model's: accuracy would be {accuracy:.3} \
             instead of {:.3} with {}",
            place.display(),
            evaluation.accuracy,
            mappings.join(" ")
        ));
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
    let logits = workers.logits_at_each_depth(&encoder, &rows, metadata.labels.len())?;
    let exact = Answers::new(&logits, metadata.temperature, metadata.exit).probabilities;
    let differ = |(rounded, exact): &(&Vec<f32>, &Vec<f32>)| most_probable(rounded) != most_probable(exact);
    let labels_differ = probabilities.iter().zip(&exact).filter(differ).count();
    let Evaluation { accuracy, macro_f1, .. } = evaluate(&exact, labels, classifier.labels(), 0.0);
    Ok(InF32 { accuracy, macro_f1, labels_differ })
}
