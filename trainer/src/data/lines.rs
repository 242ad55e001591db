//! Plain text: every line is a text. JSON Lines are divided by the same hand.

use super::row::{Each, Rejected, Row};
use super::source::{Origin, Source};
use anyhow::Context;
use std::io::BufRead;

/// What is done with a line and its number: its text, or why it has none.
pub type EachLine<'a> = &'a mut dyn FnMut(usize, Result<&str, String>) -> anyhow::Result<()>;

/// Every line as the text of a row.
///
/// # Errors
/// A file that cannot be read, whatever `each` returns.
pub fn rows(source: Source<'_>, each: Each<'_>) -> anyhow::Result<()> {
    for_each(source, &mut |line, text| {
        let row = text.map(|text| Row { line, text: text.to_owned(), label: String::new() });
        each(row.map_err(|reason| Rejected { line, reason }))
    })
}

/// Hands each line to `each`, with its number and without its end; or why it is no text.
///
/// # Errors
/// As [`rows`].
pub fn for_each(mut source: Source<'_>, each: EachLine<'_>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let mut read = 0;
    for line in 1.. {
        bytes.clear();
        let count = source.reader.read_until(source.line_end, &mut bytes);
        let count = count.with_context(|| format!("cannot read {}", source.path.display()))?;
        if count == 0 {
            break;
        }
        let text = bytes.strip_suffix(&[source.line_end]).unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let origin = Origin { offset: source.offset.map(|start| start + read), encoding: source.encoding };
        each(line, origin.text(text))?;
        read += count as u64;
    }
    Ok(())
}
