//! `trainer sweep`: many runs of one configuration with other values, to choose among them.
//!
//! Trials are the product of the grid, times random draws, each with every seed. They are compared by macro-F1 on
//! the validation rows, each domain counting the same; the test rows are not looked at. Every trial has its folder: a sweep that was interrupted
//! goes on.

mod results;

use super::stage;
use super::train;
use crate::config::Override;
use crate::config::schema::Config;
use crate::config::sweep;
use crate::config::sweep::Planned;
use crate::output::file::write_atomically;
use crate::output::standard_output::{print, tell};
use crate::run::folder::Place;
use crate::run::log::Log;
use anyhow::{Context, ensure};
use results::{Row, table, to_csv};
use std::path::{Path, PathBuf};

/// File of the results in a sweep's folder.
const RESULTS: &str = "results.csv";

/// Arguments of `trainer sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = "A sweep file (TOML):
  config = \"minilm-l6.toml\"                     # beside the sweep file
  seeds = [1, 2, 3]
  draws = 4                                     # random draws for each point of the grid
  [grid]
  \"loss.r_drop\" = [0.0, 1.0]
  [random]
  \"train.learning_rate\" = { low = 2e-5, high = 2e-4, log = true }

Runs are compared by macro-F1 on their validation rows, of several domains by its mean over these; results.csv in --output grows with every run, and the same \
command goes on with a sweep that was interrupted.")]
pub struct Arguments {
    /// Sweep file (TOML)
    #[arg(long, value_name = "FILE")]
    pub sweep: PathBuf,
    /// Overrides one key of every run's configuration; may be given several times, the last one wins
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
    /// Folder of the runs' folders and of results.csv
    #[arg(long, value_name = "DIR", default_value = "runs/sweep")]
    pub output: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// A sweep file or a configuration that cannot be used, before anything runs; whatever a trial refuses.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (trials, planned) = sweep::load(&arguments.sweep, &Override::parse_all(&arguments.set)?)?;
    refuse_foreign(&arguments.output)?;
    let count = planned.len();
    let mut rows: Vec<Row> = Vec::new();
    for (at, Planned { trial, seed, config }) in planned.into_iter().enumerate() {
        let folder = arguments.output.join(format!("trial-{:03}-seed-{seed}", trial + 1));
        let settings: Vec<String> =
            trials[trial].iter().map(|(key, value)| format!("{key} = {value}")).collect();
        tell(format_args!("trial {} of {count}: {}, seed {seed}", at + 1, settings.join(", ")));
        rows.push(result(trial, &config, &folder).with_context(|| folder.display().to_string())?);
        write_atomically(&arguments.output.join(RESULTS), &to_csv(&rows, &trials)?)?;
    }
    print(&format!("{}\n{}\n", table(&rows, &trials), arguments.output.join(RESULTS).display()))
}

/// Somebody else's `results.csv` is not written over: that of a sweep has trials beside it.
fn refuse_foreign(output: &Path) -> anyhow::Result<()> {
    let names = std::fs::read_dir(output).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let has_trial = names.into_iter().any(|name| name.to_string_lossy().starts_with("trial-"));
    let file = output.join(RESULTS);
    ensure!(
        has_trial || !file.exists(),
        "{}: expected no such file, or that of a sweep with its trials beside it. Name another --output",
        file.display()
    );
    Ok(())
}

/// The trial's result as its folder tells it, whenever it has run: what it kept is in its log.
fn result(trial: usize, config: &Config, folder: &Path) -> anyhow::Result<Row> {
    let place = Place::At(folder.to_owned());
    stage::ensure_free(&place, config, false)?;
    train::train(config, &place)?;
    let history = Log::of(folder).read()?;
    let kept = history.kept(config.train.keep).filter(|_| history.is_whole());
    let kept = kept.context(
        "its log has lost epochs: which one it kept is not known. Remove the folder to run it again",
    )?;
    let macro_f1 = kept.validation_macro_f1.map(|_| kept.value()).context("its log has no macro-F1")?;
    let (accuracy, domains) = (kept.validation_accuracy, kept.domains.clone());
    Ok(Row { trial, seed: config.seed, epoch: kept.epoch, accuracy, macro_f1, domains })
}
