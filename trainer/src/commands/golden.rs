//! `trainer golden`: the golden values of a model file anew, after a change of the arithmetic.

use crate::export::golden;
use crate::output::file::write_atomically;
use crate::output::overwriting;
use crate::output::standard_output::print;
use anyhow::Context;
use classifier::Classifier;
use std::path::PathBuf;

/// Arguments of `trainer golden`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer golden --model models/minilm-l4-q4_0/model.gguf")]
pub struct Arguments {
    /// Model file (GGUF); golden.json is written beside it
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// A model that cannot be used, a file that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = &arguments.model;
    let file = path.with_file_name("golden.json");
    overwriting::refuse(("The golden values'", &file), &[("--model", path)])?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    let classifier = Classifier::from_gguf(bytes.clone());
    let classifier = classifier.with_context(|| format!("cannot use the model {}", path.display()))?;
    let golden = golden::json(&bytes, &classifier)?;
    write_atomically(&file, &golden)?;
    print(&format!("{}\n", file.display()))
}
