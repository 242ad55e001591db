//! `--json FILE|-`: where the numbers of `evaluate` and `bench` go.
//!
//! `-` gives standard output to the JSON alone, so that it can be piped; else a person gets a table.

use crate::run_folder::write_atomically;
use crate::standard_output::print;
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
    let mut text = serde_json::to_string_pretty(numbers).context("cannot write the numbers as JSON")?;
    text.push('\n');
    match json {
        Some(path) if path.as_os_str() == "-" => print(&text),
        Some(path) => {
            write_atomically(path, text.as_bytes())?;
            print(&format!("{}\n", table()))
        }
        None => print(&format!("{}\n", table())),
    }
}
