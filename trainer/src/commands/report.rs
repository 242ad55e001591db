//! `trainer report`: one page about a finished run, for whoever decides whether to ship it.
//!
//! Measured anew from the checkpoint, so that every figure is of the code that users run; `findings` measures, `page`
//! writes HTML. The page is one file: no script, no request, readable years later from a disk.

use crate::output::file::write_atomically;
use crate::output::standard_output::print;
use crate::report::findings::Findings;
use crate::report::page;
use crate::run::finished::FinishedRun;
use std::path::PathBuf;

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
    let run = FinishedRun::read(&arguments.run)?;
    let test = run.look_at_test_rows("report", "every storage")?;
    let findings = Findings::measure(&test)?;
    let page = page::html(&findings)?;
    let path = arguments.output.clone().unwrap_or_else(|| arguments.run.join("report.html"));
    write_atomically(&path, page.as_bytes())?;
    print(&format!("{}\n", path.display()))
}
