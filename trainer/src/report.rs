//! stub
use crate::cli::ReportArguments;
/// stub
pub fn run(_: &ReportArguments) -> anyhow::Result<()> {
    Ok(())
}
