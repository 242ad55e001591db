//! Reading texts, labelled or not: CSV and JSONL, for unlabelled ones also plain text.
//!
//! First step of `train`, `evaluate` and `predict --input`. A bad row stops the reading and is named by file
//! and line: nothing is skipped silently. Blank lines in CSV and JSONL are no rows.

mod csv;
mod jsonl;

use anyhow::{Context, bail, ensure};
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
    /// Line of the file on which the row begins, from 1.
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
}

/// The named fields of one row, in the order in which they were asked for.
struct Row {
    line: usize,
    fields: Vec<String>,
}

enum Format {
    Csv,
    Jsonl,
    Lines,
}

/// Reads `text,label` rows; a label is an id or a name of `labels`, exactly as written there.
///
/// # Errors
/// A file that cannot be read, is not UTF-8, lacks a column or any row; a ragged row, an unknown label, a text
/// that is blank. Each names the file and, where there is one, the line. A text that is only a URL is left out
/// with a warning of the same form on standard error.
pub fn read_labelled(path: &Path, labels: &[String]) -> anyhow::Result<Dataset> {
    let bytes = read(path)?;
    let rows = match format_of(path)? {
        Format::Csv => csv::rows(&bytes, path, &["text", "label"])?,
        Format::Jsonl => jsonl::rows(&bytes, path, &["text", "label"])?,
        Format::Lines => {
            bail!("{}: expected a .csv or .jsonl file, found plain text without labels", path.display())
        }
    };
    ensure!(!rows.is_empty(), "{}: expected at least one row of text and label, found none", path.display());
    let is_readable = readable_check()?;
    let mut examples = Vec::with_capacity(rows.len());
    for Row { line, fields } in rows {
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
            false => eprintln!(
                "warning: {}:{line} is left out: it holds a URL and nothing to read",
                path.display()
            ),
        }
    }
    ensure!(
        !examples.is_empty(),
        "{}: expected a row with words in its text, found only URLs",
        path.display()
    );
    Ok(Dataset { examples, sha256: sha256_hex(&bytes), path: path.to_owned() })
}

/// Reads the `text` column of a CSV, the `text` keys of a JSONL file, or the lines of a `.txt` file.
///
/// # Errors
/// As [`read_labelled`], but for the labels.
pub fn read_texts(path: &Path) -> anyhow::Result<Vec<String>> {
    let (rows, _) = text_rows(path)?;
    let is_readable = readable_check()?;
    let mut texts = Vec::with_capacity(rows.len());
    for Row { line, fields } in rows {
        let text = fields.into_iter().next().unwrap_or_default();
        ensure!(is_readable(&text), nothing_to_read(path, line));
        texts.push(text);
    }
    Ok(texts)
}

/// Texts without labels.
#[derive(Clone, Debug)]
pub struct TextCorpus {
    /// The texts in file order; at least one.
    pub texts: Vec<String>,
    /// SHA-256 of the file's bytes, lower-case hexadecimal (FIPS 180-4).
    pub sha256: String,
}

/// Reads texts as [`read_texts`] does, but leaves out those with nothing to read; a warning says how many.
///
/// # Errors
/// As [`read_texts`]; no text is left.
pub fn read_corpus(path: &Path) -> anyhow::Result<TextCorpus> {
    let (rows, sha256) = text_rows(path)?;
    let num_rows = rows.len();
    let is_readable = readable_check()?;
    let texts: Vec<String> = rows
        .into_iter()
        .filter_map(|row| row.fields.into_iter().next())
        .filter(|text| is_readable(text))
        .collect();
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

fn text_rows(path: &Path) -> anyhow::Result<(Vec<Row>, String)> {
    let bytes = read(path)?;
    let rows = match format_of(path)? {
        Format::Csv => csv::rows(&bytes, path, &["text"])?,
        Format::Jsonl => jsonl::rows(&bytes, path, &["text"])?,
        Format::Lines => lines(&bytes, path)?,
    };
    ensure!(!rows.is_empty(), "{}: expected at least one text, found none", path.display());
    Ok((rows, sha256_hex(&bytes)))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn format_of(path: &Path) -> anyhow::Result<Format> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("jsonl") => Ok(Format::Jsonl),
        Some("txt") => Ok(Format::Lines),
        _ => bail!("{}: expected a file whose name ends in .csv, .jsonl or .txt", path.display()),
    }
}

fn lines(bytes: &[u8], path: &Path) -> anyhow::Result<Vec<Row>> {
    let text = without_byte_order_mark(bytes).strip_suffix(b"\n").unwrap_or(without_byte_order_mark(bytes));
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rows = text.split(|byte| *byte == b'\n').enumerate().map(|(index, line)| {
        let text = utf8(line.strip_suffix(b"\r").unwrap_or(line), path, index + 1)?;
        Ok(Row { line: index + 1, fields: vec![text.to_owned()] })
    });
    rows.collect()
}

/// What spreadsheets put in front of UTF-8.
fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn utf8<'a>(bytes: &'a [u8], path: &Path, line: usize) -> anyhow::Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let found = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        anyhow::anyhow!(
            "{}:{line}: expected UTF-8, found the byte 0x{found:02X}. Convert the file to UTF-8",
            path.display()
        )
    })
}

fn label_id(label: &str, labels: &[String]) -> Option<usize> {
    match label.parse::<usize>() {
        Ok(id) => (id < labels.len()).then_some(id),
        Err(_) => labels.iter().position(|name| name == label),
    }
}

/// Whether a text has anything that the tokenizer would keep, under every step that there is: what is only a
/// URL is no text, whatever the model in question removes.
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
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
