//! JSON as people read it, and `--json FILE|-`: where the numbers of `evaluate` and `bench` go.
//!
//! `-` gives standard output to the JSON alone, so that it can be piped; else a person gets a table.

use super::file::write_atomically;
use super::overwriting;
use super::standard_output::print;
use anyhow::Context;
use serde::Serialize;
use std::path::Path;

/// Writes `numbers` to `json`, and the table to standard output unless the JSON goes there.
///
/// # Errors
/// A file or standard output that cannot be written.
pub fn write(
    json: Option<&Path>,
    numbers: &impl Serialize,
    table: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    let bytes = pretty(numbers).context("cannot write the numbers as JSON")?;
    match json {
        Some(path) if path.as_os_str() == "-" => print(&String::from_utf8_lossy(&bytes)),
        Some(path) => {
            write_atomically(path, &bytes)?;
            print(&format!("{}\n", table()))
        }
        None => print(&format!("{}\n", table())),
    }
}

/// Refuses `--json` where it is one of the files that are read; known before the work that leads to the numbers.
///
/// # Errors
/// As [`overwriting::refuse`].
pub fn refuse_overwriting(json: Option<&Path>, inputs: &[(&str, &Path)]) -> anyhow::Result<()> {
    json.map_or(Ok(()), |json| overwriting::refuse(("--json", json), inputs))
}

/// The value on several lines, with a line break at the end: what a file of ours holds.
///
/// # Errors
/// A value that JSON does not have.
pub fn pretty(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
