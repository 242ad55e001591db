//! Plain text: every line is a text. JSON Lines are divided by the same hand.

use super::rows::{Each, Row, utf8};
use anyhow::Context;
use std::io::BufRead;
use std::path::Path;

/// Every line as the one field of a row.
///
/// # Errors
/// A file that cannot be read, a line that is not UTF-8, whatever `each` returns.
pub fn rows(reader: impl BufRead, path: &Path, each: Each<'_>) -> anyhow::Result<()> {
    for_each(reader, path, &mut |line, text| each(Row { line, fields: vec![text.to_owned()] }))
}

/// Hands each line to `each`, with its number and without its end.
///
/// # Errors
/// As [`rows`].
pub fn for_each(
    mut reader: impl BufRead,
    path: &Path,
    each: &mut dyn FnMut(usize, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        reader.read_until(b'\n', &mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
        if bytes.is_empty() {
            break;
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        each(line, utf8(text.strip_suffix(b"\r").unwrap_or(text), path, line)?)?;
    }
    Ok(())
}
