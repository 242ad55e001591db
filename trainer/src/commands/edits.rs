//! `trainer edits`: which labels change when a text is edited in a way that should not change them.

use super::reading::LabelledArguments;
use crate::data::labels::Labels;
use crate::data::row::place;
use crate::output::json;
use crate::output::left_out::LeftOut;
use crate::output::tables;
use crate::scoring::edits;
use crate::scoring::predictions::{load_model, progress_bar};
use std::path::PathBuf;

/// Arguments of `trainer edits`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer edits --model models/minilm-l4-q4_0/model.gguf --data tweets.csv")]
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
}

/// Runs the subcommand.
///
/// # Errors
/// A model or data file that cannot be used, output that cannot be written; at the end, rows that cannot be used.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let inputs = [("--model", arguments.model.as_path()), ("--data", &arguments.data)];
    json::refuse_overwriting(arguments.json.as_deref(), &inputs)?;
    let classifier = load_model(&arguments.model)?;
    let bytes = std::fs::read(&arguments.model)?;
    let labels = Labels::of_model(&classifier, &arguments.model);
    let dataset = arguments.reading.read(&arguments.data, &labels)?;
    let examples: Vec<_> = dataset.examples.iter().collect();
    let bar = progress_bar(edits::num_texts(examples.len()));
    let name_of = |index: usize| place(&arguments.data, examples[index].line);
    let effects = edits::measure(&bytes, &classifier, &examples, name_of, &bar)?;
    bar.finish_and_clear();
    json::write(arguments.json.as_deref(), &effects, || tables::edits(&effects))?;
    let rows = examples.len() + dataset.rejected.len();
    LeftOut::of(&arguments.data, &dataset.rejected).ending(rows)
}
