//! `trainer report`: one page about a finished run, for whoever decides whether to ship it.
//!
//! Measured anew from the checkpoint, so that every figure is of the code that users run; `findings` measures, `page`
//! writes HTML. The page is one file: no script, no request, readable years later from a disk.

use crate::output::file::write_atomically;
use crate::output::overwriting;
use crate::output::standard_output::print;
use crate::report::findings::Findings;
use crate::report::page;
use crate::run::finished::FinishedRun;
use std::path::{Path, PathBuf};

/// Arguments of `trainer report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  trainer report runs/20260101-120000-minilm-l6

The page scores the run's test rows. The run's test_looks.jsonl says so, and later model cards count it.")]
pub struct Arguments {
    /// Run folder that `trainer train` wrote
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The page (HTML); without it report.html in the run folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Runs the subcommand.
///
/// # Errors
/// A folder that is no finished run, data that changed since, a page that cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = arguments.output.clone().unwrap_or_else(|| arguments.run.join("report.html"));
    refuse_overwriting(&path, &arguments.run)?;
    let run = FinishedRun::read(&arguments.run)?;
    let files = run.data.sources.iter().map(|source| ("the run's data", source.config.path.as_path()));
    overwriting::refuse(("--output", &path), &files.collect::<Vec<_>>())?;
    run.weights.require_inference()?;
    let test = run.look_at_test_rows("report", "every storage")?;
    let findings = Findings::measure(&test)?;
    let page = page::html(&findings)?;
    write_atomically(&path, page.as_bytes())?;
    print(&format!("{}\n", path.display()))
}

/// A page may take the place of a page, but of no other file of the run.
fn refuse_overwriting(page: &Path, run: &Path) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(run).into_iter().flatten().flatten().map(|entry| entry.path());
    let files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_none_or(|ending| ending != "html")).collect();
    let files: Vec<_> = files.iter().map(|path| ("the run's", path.as_path())).collect();
    overwriting::refuse(("--output", page), &files)
}
