//! Reading labelled texts from CSV, JSONL and Parquet: what is trained on, and scored on.
//!
//! First step of `train` and `evaluate`; `texts` does the same without labels. Rows stream through; only what is asked for
//! stays in memory. A bad row is named by file and line, and the reading goes on behind it, so that all of them are told
//! at once: nothing is skipped silently. Blank lines in CSV and JSONL are no rows.

use super::labels::Labels;
use super::readable::{NOTHING_TO_READ, is_blank, readable_check};
use super::row::{Rejected, Row, refuse};
use super::rows::{self, Format};
use super::source;
use crate::config::reading::ReadOptions;
use anyhow::bail;
use indexmap::IndexMap;
use std::path::{Path, PathBuf};

/// One labelled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text as the file has it, not normalized.
    pub text: String,
    /// Label id: position in the list of labels.
    pub label: usize,
    /// Line of the file on which the row begins, from 1; in a Parquet file the number of the row, from 1.
    pub line: usize,
}

/// A labelled file.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The rows in file order; at least one.
    pub examples: Vec<Example>,
    /// SHA-256 of the file's bytes, lower-case hexadecimal (FIPS 180-4).
    pub sha256: String,
    /// The file.
    pub path: PathBuf,
    /// Rows that cannot be used, in file order; none but from [`read_labelled_leniently`].
    pub rejected: Vec<Rejected>,
    /// How the file writes its labels, and which ids it means by that.
    pub spellings: IndexMap<String, usize>,
    /// Lines whose text is only a URL, counted as in [`Example::line`]; no rows are made of them.
    left_out: Vec<usize>,
}

/// Reads rows of text and label; a label is an id or a name, exactly as written there, or what the options map to one.
///
/// # Errors
/// A file that cannot be read, lacks a column or any row; a ragged row, a missing value, bytes that are no text, an
/// unknown label, a text that is blank. All such rows are told at once, each by file and line. Texts that are only a URL
/// are left out with a warning of the same form on standard error.
pub fn read_labelled(path: &Path, labels: &Labels, options: &ReadOptions) -> anyhow::Result<Dataset> {
    let dataset = read_again(path, labels, options)?;
    dataset.warn_of_left_out();
    Ok(dataset)
}

/// As [`read_labelled`], where its warning has been given before.
///
/// # Errors
/// As [`read_labelled`].
pub fn read_again(path: &Path, labels: &Labels, options: &ReadOptions) -> anyhow::Result<Dataset> {
    let dataset = read(path, labels, options)?;
    refuse(path, &dataset.rejected)?;
    Ok(dataset)
}

/// As [`read_labelled`], but rows that cannot be used are listed in [`Dataset::rejected`] and the others returned.
///
/// # Errors
/// A file that cannot be read, lacks a column or has no row that can be used.
pub fn read_labelled_leniently(
    path: &Path,
    labels: &Labels,
    options: &ReadOptions,
) -> anyhow::Result<Dataset> {
    let dataset = read(path, labels, options)?;
    dataset.warn_of_left_out();
    Ok(dataset)
}

fn read(path: &Path, labels: &Labels, options: &ReadOptions) -> anyhow::Result<Dataset> {
    let shown = source::shown(path);
    let shown = shown.display();
    if let Format::Lines = Format::of(path)? {
        bail!("{shown}: expected a .csv, .tsv, .jsonl or .parquet file, found plain text without labels");
    }
    let labels = &labels.with_map(&options.label_map)?;
    let is_readable = readable_check()?;
    let (mut examples, mut rejected, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut spellings = IndexMap::new();
    let sha256 = rows::for_each(path, options, true, &mut |row| {
        match row.and_then(|row| example(row, labels, &mut spellings)) {
            Err(row) => rejected.push(row),
            Ok(example) if is_readable(&example.text) => examples.push(example),
            // Real tweets are sometimes a link and nothing else: no mistake in the data, but nothing to judge.
            Ok(example) => left_out.push(example.line),
        }
        Ok(())
    })?;
    if examples.is_empty() {
        refuse(path, &rejected)?;
        if let Some(first) = left_out.first() {
            bail!(
                "{shown}:{first} is left out, and so are all rows: expected words in the text, found only URLs"
            );
        }
        bail!(
            "{shown}: expected at least one row of text and label{}, found none",
            options.conditions_in_words()
        );
    }
    Ok(Dataset { examples, sha256, path: path.to_owned(), rejected, spellings, left_out })
}

fn example(row: Row, labels: &Labels, spellings: &mut IndexMap<String, usize>) -> Result<Example, Rejected> {
    let Row { line, text, label: spelling } = row;
    let reject = |reason: String| Rejected { line, reason };
    if is_blank(&text) {
        return Err(reject(NOTHING_TO_READ.to_owned()));
    }
    if let Some(&label) = spellings.get(&spelling) {
        return Ok(Example { text, label, line });
    }
    let label = labels.id(&spelling).map_err(reject)?;
    spellings.insert(spelling, label);
    Ok(Example { text, label, line })
}

impl Dataset {
    fn warn_of_left_out(&self) {
        if self.left_out.is_empty() {
            return;
        }
        let lines: Vec<_> = self.left_out.iter().take(10).map(usize::to_string).collect();
        let others = if self.left_out.len() > lines.len() { " and more" } else { "" };
        eprintln!(
            "warning: {}:{}{others}: {} rows are left out: a URL and nothing to read",
            source::shown(&self.path).display(),
            lines.join(", "),
            self.left_out.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::texts::{read_corpus, read_texts};

    #[test]
    fn bad_rows_are_listed_and_the_others_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let write = |content: &[u8]| std::fs::write(&path, content).unwrap();
        write(b"text,label\nup,1\nup,Up\n\"up\" or,1\n\xFF,0\nup,1,1\n\nhttps://t.co/a,1\n ,0\ndown,0\n");
        let options = ReadOptions::default();
        let labels = Labels::new(&["Down", "Up"].map(str::to_owned), "a test");
        let dataset = read_labelled_leniently(&path, &labels, &options).unwrap();
        let lines = |rejected: &[Rejected]| rejected.iter().map(|row| row.line).collect::<Vec<_>>();
        assert_eq!(dataset.examples.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 10]);
        assert_eq!(lines(&dataset.rejected), [4, 5, 6, 9]);
        assert_eq!(
            dataset.spellings.iter().map(|(found, id)| (found.as_str(), *id)).collect::<Vec<_>>(),
            [("1", 1), ("Up", 1), ("0", 0)]
        );
        let error = read_labelled(&path, &labels, &options).unwrap_err().to_string();
        assert!(error.contains("4 rows") && error.contains("a.csv:9: empty text"), "{error}");

        let texts = read_texts(&path, &options).unwrap();
        assert_eq!(texts.len(), 8);
        let rejected: Vec<_> = texts.iter().filter_map(|row| row.clone().err()).collect();
        assert_eq!(lines(&rejected), [4, 5, 6]);
        let corpus = read_corpus(&path, &options).unwrap_err().to_string();
        assert!(corpus.contains("3 rows") && !corpus.contains("a.csv:9"), "{corpus}");

        write(b"text,label\nup,Left\n");
        let error = read_labelled_leniently(&path, &labels, &options).unwrap_err().to_string();
        assert!(error.contains("a.csv:2: unknown label: expected 0 or Down, 1 or Up (a test)"), "{error}");
    }
}
