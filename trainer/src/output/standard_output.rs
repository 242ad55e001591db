//! Results on standard output. What is about the run (progress, notes, errors) goes to standard error.

use anyhow::Context;
use std::io::Write;

/// Writes `text` at once; unlike `print!`, no panic when the reader has gone (`| head`).
///
/// # Errors
/// Standard output cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).context("cannot write to standard output")
}
