//! Reading texts, labelled or not: CSV, JSONL and Parquet, for unlabelled ones also plain text.
//!
//! First step of `train`, `evaluate`, `prune` and `predict --input`. Rows stream through; only what is asked for stays
//! in memory. A bad row stops the reading and is named by file and line: nothing is skipped silently. Blank lines in
//! CSV and JSONL are no rows.

use super::rows;
use super::rows::{Format, Row};
use anyhow::{bail, ensure};
use classifier::normalization::Normalization;
use sha2::{Digest, Sha256};
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
    /// Lines whose text is only a URL, counted as in [`Example::line`]; no rows are made of them.
    left_out: Vec<usize>,
}

/// Texts without labels.
#[derive(Clone, Debug)]
pub struct TextCorpus {
    /// The texts in file order; at least one.
    pub texts: Vec<String>,
    /// SHA-256 of the file's bytes, lower-case hexadecimal (FIPS 180-4).
    pub sha256: String,
}

/// Reads `text,label` rows; a label is an id or a name of `labels`, exactly as written there.
///
/// # Errors
/// A file that cannot be read, is not UTF-8, lacks a column or any row; a ragged row, a missing value, an unknown
/// label, a text that is blank. Each names the file and, where there is one, the line. Texts that are only a URL are
/// left out with a warning of the same form on standard error.
pub fn read_labelled(path: &Path, labels: &[String]) -> anyhow::Result<Dataset> {
    let dataset = read_labelled_again(path, labels)?;
    if !dataset.left_out.is_empty() {
        let lines: Vec<_> = dataset.left_out.iter().take(10).map(usize::to_string).collect();
        let others = if dataset.left_out.len() > lines.len() { " and more" } else { "" };
        eprintln!(
            "warning: {}:{}{others}: {} rows are left out: a URL and nothing to read",
            path.display(),
            lines.join(", "),
            dataset.left_out.len()
        );
    }
    Ok(dataset)
}

/// As [`read_labelled`], without its warning: for the data of a run, which has given it.
///
/// # Errors
/// As [`read_labelled`].
pub fn read_labelled_again(path: &Path, labels: &[String]) -> anyhow::Result<Dataset> {
    if let Format::Lines = Format::of(path)? {
        bail!(
            "{}: expected a .csv, .jsonl or .parquet file, found plain text without labels",
            path.display()
        );
    }
    let is_readable = readable_check()?;
    let (mut examples, mut left_out, mut num_rows) = (Vec::new(), Vec::new(), 0);
    let sha256 = rows::for_each(path, &["text", "label"], &mut |Row { line, fields }| {
        num_rows += 1;
        let [text, label]: [String; 2] =
            fields.try_into().map_err(|_| anyhow::anyhow!("two fields were asked for"))?;
        ensure!(!is_blank(&text), nothing_to_read(path, line));
        let Some(label) = label_id(&label, labels) else {
            let known: Vec<_> =
                labels.iter().enumerate().map(|(id, name)| format!("{id} or {name}")).collect();
            bail!("{}:{line}: unknown label: expected {}, found {label:?}", path.display(), known.join(", "));
        };
        match is_readable(&text) {
            true => examples.push(Example { text, label, line }),
            // Real tweets are sometimes a link and nothing else: no mistake in the data, but nothing to judge.
            false => left_out.push(line),
        }
        Ok(())
    })?;
    ensure!(num_rows > 0, "{}: expected at least one row of text and label, found none", path.display());
    if let Some(first) = left_out.first().filter(|_| examples.is_empty()) {
        bail!(
            "{}:{first} is left out, and so are all rows: expected words in the text, found only URLs",
            path.display()
        );
    }
    Ok(Dataset { examples, sha256, path: path.to_owned(), left_out })
}

/// Reads the `text` column of a CSV or Parquet file, the `text` keys of a JSONL file, or the lines of a `.txt` file.
///
/// # Errors
/// As [`read_labelled`], but for the labels; a text that is only a URL.
pub fn read_texts(path: &Path) -> anyhow::Result<Vec<String>> {
    let is_readable = readable_check()?;
    let mut texts = Vec::new();
    rows::for_each(path, &["text"], &mut |Row { line, fields }| {
        let text = fields.into_iter().next().unwrap_or_default();
        ensure!(is_readable(&text), nothing_to_read(path, line));
        texts.push(text);
        Ok(())
    })?;
    ensure!(!texts.is_empty(), "{}: expected at least one text, found none", path.display());
    Ok(texts)
}

/// Reads texts as [`read_texts`] does, but leaves out those with nothing to read; a warning says how many.
///
/// # Errors
/// As [`read_texts`]; no text is left.
pub fn read_corpus(path: &Path) -> anyhow::Result<TextCorpus> {
    let is_readable = readable_check()?;
    let (mut texts, mut num_rows) = (Vec::new(), 0);
    let sha256 = rows::for_each(path, &["text"], &mut |row| {
        num_rows += 1;
        texts.extend(row.fields.into_iter().filter(|text| is_readable(text)));
        Ok(())
    })?;
    ensure!(num_rows > 0, "{}: expected at least one text, found none", path.display());
    ensure!(
        !texts.is_empty(),
        "{}: expected a text with words, found only URLs, whitespace and control characters",
        path.display()
    );
    if texts.len() < num_rows {
        eprintln!(
            "warning: {}: {} texts are left out: nothing to read",
            path.display(),
            num_rows - texts.len()
        );
    }
    Ok(TextCorpus { texts, sha256 })
}

fn label_id(label: &str, labels: &[String]) -> Option<usize> {
    match label.parse::<usize>() {
        Ok(id) => (id < labels.len()).then_some(id),
        Err(_) => labels.iter().position(|name| name == label),
    }
}

/// Whether a text has anything that the tokenizer would keep, under every step that removes something: what is only
/// a URL is no text, whatever the model in question removes.
fn readable_check() -> anyhow::Result<impl Fn(&str) -> bool> {
    let normalization = Normalization::new(&["decode_html_entities", "remove_urls", "collapse_whitespace"])?;
    Ok(move |text: &str| !is_blank(&normalization.apply(text)))
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control())
}

fn nothing_to_read(path: &Path, line: usize) -> String {
    format!(
        "{}:{line}: empty text: expected at least one word, found nothing to read (URLs, whitespace and control characters do not count). Remove the row",
        path.display()
    )
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
