//! `trainer report`: one page about a finished run, for whoever decides whether to ship it.
//!
//! Measured anew from the checkpoint, so that every figure is of the code that users run; `findings` measures, `page`
//! writes HTML. The page is one file: no script, no request, readable years later from a disk.

mod findings;
mod page;

use crate::cli::ReportArguments;
use crate::finished_run::Run;
use crate::run_folder::write_atomically;
use crate::standard_output::print;
use findings::Findings;

/// Runs the subcommand.
///
/// # Errors
/// A folder that is no finished run, data that changed since, a page that cannot be written.
pub fn run(arguments: &ReportArguments) -> anyhow::Result<()> {
    let run = Run::read(&arguments.run)?;
    let findings = Findings::measure(run)?;
    let page = page::html(&findings)?;
    let path = arguments.output.clone().unwrap_or_else(|| arguments.run.join("report.html"));
    write_atomically(&path, page.as_bytes())?;
    print(&format!("{}\n", path.display()))
}
