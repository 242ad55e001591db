//! `trainer export`: from a run's checkpoint to a model folder that server, page and engine read.

use crate::config::storage_format;
use crate::export::manifest::Role;
use crate::export::publish;
use std::path::PathBuf;

/// Arguments of `trainer export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  trainer export --run runs/20260101-120000-minilm-l6 --models models --id minilm-l6-q8_0 --default
  trainer export --run runs/20260101-120000-minilm-l6 --id minilm-l4-q4_0 --quantization Q4_0 \\
    --tensor token_embd.weight=Q8_0 --selective-accuracy 0.95

The model card scores the run's test rows and says how often that was done before: the run's test_looks.jsonl counts it.")]
pub struct Arguments {
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
    #[arg(long, value_name = "PATTERN=FORMAT", value_parser = with_format)]
    pub tensor: Vec<String>,
    /// Calls a prediction uncertain below the smallest probability from which on this share of predictions is right with
    /// 95 % confidence, by a bound from the validation rows; 0 takes the configuration's export.uncertain_threshold
    #[arg(long, value_name = "SHARE")]
    pub selective_accuracy: Option<f64>,
    /// Makes this the model that is used where none is named; the preview stays, unless this is it
    #[arg(long)]
    pub default: bool,
    /// Makes this the small model that answers in the page while the default one, another one, is still on its way
    #[arg(long, conflicts_with = "default")]
    pub preview: bool,
}

fn with_format(text: &str) -> Result<String, String> {
    match text.contains('=') {
        true => Ok(text.to_owned()),
        false => Err("expected PATTERN=FORMAT, e.g. token_embd.weight=Q8_0, found no `=`".to_owned()),
    }
}

/// Runs the subcommand.
///
/// # Errors
/// A folder that is no finished run, data that changed since, a folder that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let tensors = arguments.tensor.iter().map(|text| text.parse());
    let published = publish::publish(&publish::Request {
        run: arguments.run.clone(),
        models: arguments.models.clone(),
        id: arguments.id.clone(),
        quantization: arguments.quantization.as_deref().map(storage_format::parse).transpose()?,
        tensors: tensors.collect::<Result<_, _>>()?,
        selective_accuracy: arguments.selective_accuracy,
        role: match (arguments.default, arguments.preview) {
            (true, _) => Role::Default,
            (_, true) => Role::Preview,
            _ => Role::Unchanged,
        },
        recipe: None,
    })?;
    published.print()
}
