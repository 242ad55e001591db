//! Texts without labels: what `predict` is asked about, and corpora.

use super::readable::readable_check;
use super::row::{Rejected, Row, refuse};
use super::rows;
use super::source;
use crate::config::reading::ReadOptions;
use anyhow::ensure;
use std::path::Path;

/// One text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// As the file has it, not normalized.
    pub text: String,
    /// Line of the file on which the row begins, from 1; in a Parquet file the number of the row, from 1.
    pub line: usize,
}

/// Texts without labels.
#[derive(Clone, Debug)]
pub struct TextCorpus {
    /// The texts in file order; at least one.
    pub texts: Vec<String>,
    /// SHA-256 of the file's bytes, lower-case hexadecimal (FIPS 180-4).
    pub sha256: String,
}

/// Reads the text column of a CSV or Parquet file, the text keys of a JSONL file, or the lines of a `.txt` file: a text
/// for each row, or why the row has none, in file order. Whether there is anything to read in a text, the model says.
///
/// # Errors
/// A file that cannot be read, lacks the column or any row.
pub fn read_texts(path: &Path, options: &ReadOptions) -> anyhow::Result<Vec<Result<Text, Rejected>>> {
    let mut texts = Vec::new();
    rows::for_each(path, options, false, &mut |row| {
        texts.push(row.map(|Row { line, text, .. }| Text { text, line }));
        Ok(())
    })?;
    ensure!(!texts.is_empty(), "{}: expected at least one text, found none", source::shown(path).display());
    Ok(texts)
}

/// Reads texts as [`read_texts`] does, but every row must have one, and those with nothing to read are left out; a
/// warning says how many.
///
/// # Errors
/// As [`read_texts`]; the rows that have no text, all at once; no text is left.
pub fn read_corpus(path: &Path, options: &ReadOptions) -> anyhow::Result<TextCorpus> {
    let shown = source::shown(path);
    let shown = shown.display();
    let is_readable = readable_check()?;
    let (mut texts, mut rejected, mut num_rows) = (Vec::new(), Vec::new(), 0);
    let sha256 = rows::for_each(path, options, false, &mut |row| {
        num_rows += 1;
        match row {
            Ok(row) => texts.extend(Some(row.text).filter(|text| is_readable(text))),
            Err(row) => rejected.push(row),
        }
        Ok(())
    })?;
    refuse(path, &rejected)?;
    let conditions = options.conditions_in_words();
    ensure!(num_rows > 0, "{shown}: expected at least one text{conditions}, found none");
    ensure!(
        !texts.is_empty(),
        "{shown}: expected a text with words, found only URLs, whitespace and control characters"
    );
    if texts.len() < num_rows {
        eprintln!("warning: {shown}: {} texts are left out: nothing to read", num_rows - texts.len());
    }
    Ok(TextCorpus { texts, sha256 })
}
