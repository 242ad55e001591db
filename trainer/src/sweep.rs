//! `trainer sweep`: many runs of one configuration with other values, to choose among them.
//!
//! Trials are the product of the grid, times random draws, each with every seed. They are compared by macro-F1 on
//! the validation rows; the test rows are not looked at. Every trial has its folder: a sweep that was interrupted
//! goes on.

mod results;
mod space;

use crate::cli::SweepArguments;
use crate::config::Config;
use crate::run_folder::{Place, write_atomically};
use crate::train;
use anyhow::{Context, ensure};
use results::{Row, table, to_csv};
use serde::Deserialize;
use space::{Draw, trials};
use std::path::{Path, PathBuf};
use toml::Table;

/// File of the results in a sweep's folder.
const RESULTS: &str = "results.csv";
/// File of one trial's result in its folder.
const RESULT: &str = "result.json";

/// A sweep file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    /// Configuration that every trial starts from, beside this file.
    config: PathBuf,
    /// Seeds that every trial runs with.
    seeds: Vec<u64>,
    /// Random draws for each point of the grid.
    #[serde(default = "one")]
    draws: usize,
    /// Seed of the draws.
    #[serde(default)]
    draw_seed: u64,
    /// Lists of values by full path of the key.
    #[serde(default)]
    grid: Table,
    /// Ranges by full path of the key.
    #[serde(default)]
    random: indexmap::IndexMap<String, Draw>,
}

fn one() -> usize {
    1
}

/// Runs the subcommand.
///
/// # Errors
/// A sweep file or a configuration that cannot be used, before anything runs; whatever a trial refuses.
pub fn run(arguments: &SweepArguments) -> anyhow::Result<()> {
    let path = &arguments.sweep;
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the sweep {}", path.display()))?;
    let sweep: Sweep = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let config = path.parent().unwrap_or(Path::new(".")).join(&sweep.config);
    ensure!(!sweep.seeds.is_empty(), "{}: `seeds`: expected at least one, found none", path.display());
    let trials = trials(&sweep.grid, &sweep.random, sweep.draws, sweep.draw_seed)
        .with_context(|| format!("in {}", path.display()))?;
    let mut planned = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        for seed in &sweep.seeds {
            let mut overrides = arguments.set.clone();
            overrides.extend(trial.iter().map(|(key, value)| format!("{key}={value}")));
            overrides.push(format!("seed={seed}"));
            let name = format!("trial-{:03}-seed-{seed}", index + 1);
            planned.push((index, *seed, arguments.output.join(name), Config::load(&config, &overrides)?));
        }
    }
    let count = planned.len();
    let mut rows: Vec<Row> = Vec::new();
    for (at, (index, seed, folder, config)) in planned.into_iter().enumerate() {
        let settings: Vec<String> =
            trials[index].iter().map(|(key, value)| format!("{key} = {value}")).collect();
        eprintln!("trial {} of {count}: {}, seed {seed}", at + 1, settings.join(", "));
        let row = result(index, &config, &folder).with_context(|| folder.display().to_string())?;
        rows.push(row);
        write_atomically(&arguments.output.join(RESULTS), to_csv(&rows, &trials).as_bytes())?;
    }
    crate::standard_output::print(&format!(
        "{}\n{}\n",
        table(&rows, &trials),
        arguments.output.join(RESULTS).display()
    ))
}

/// The trial's result: from its folder if it has run, else from running it.
fn result(trial: usize, config: &Config, folder: &Path) -> anyhow::Result<Row> {
    let file = folder.join(RESULT);
    if let Some(trained) = train::run(config, &Place::At(folder.to_owned()))? {
        let (accuracy, macro_f1) = (trained.validation.accuracy, trained.validation.macro_f1);
        let row = Row { trial, seed: config.seed, epoch: trained.fitted.epoch, accuracy, macro_f1 };
        write_atomically(&file, &serde_json::to_vec(&row)?)?;
    }
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no result of a trial", file.display()))
}
