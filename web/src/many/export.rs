//! All rows as a file, in their order: every column that came in, and behind them what the model says.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and texts of strangers can hold one
//! (OWASP, "CSV injection"). Such cells get an apostrophe in front, unless the visitor wants them as they are; plain
//! numbers like `-1` are no formula and stay. JSON lines are never changed.

use std::fmt::Write;

use super::batch::Batch;
use super::format::Format;
use super::results::Reading;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180), or separated as the input was.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// The kind of file.
    pub format: ExportFormat,
    /// Cells that a spreadsheet would run get an apostrophe in front.
    pub is_safe: bool,
    /// A byte order mark, by which Excel knows UTF-8.
    pub has_mark: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { format: ExportFormat::Csv, is_safe: true, has_mark: false }
    }
}

/// A file in the making.
pub struct Export {
    options: ExportOptions,
    delimiter: char,
    /// Names of the columns that came in.
    names: Vec<String>,
    /// Names of ours: label, confidence, a probability each, uncertain, error.
    added: Vec<String>,
    next_row: usize,
    has_begun: bool,
}

impl Export {
    /// Begins a file.
    pub fn new(batch: &Batch, options: ExportOptions) -> Self {
        let names = unique(batch.settings.names(&batch.table));
        let is_taken = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut wanted = vec!["label".to_owned(), "confidence".to_owned()];
        wanted.extend(batch.results.labels().iter().map(|label| format!("probability_{label}")));
        wanted.extend(["uncertain".to_owned(), "error".to_owned()]);
        let free = |name: String| {
            let prefixes = (0..).map(|times| format!("{}{name}", "tickertone_".repeat(times)));
            prefixes.into_iter().find(|name| !is_taken(name)).unwrap_or(name)
        };
        let added = wanted.into_iter().map(free).collect();
        let delimiter = match batch.settings.format {
            Format::Delimited { delimiter, .. } => char::from(delimiter),
            Format::Lines | Format::JsonLines => ',',
        };
        Self { options, delimiter, names, added, next_row: 0, has_begun: false }
    }

    /// A name for it, made of the input's.
    pub fn file_name(batch: &Batch, format: ExportFormat) -> String {
        let name = batch.source.name.as_deref().unwrap_or("tweets");
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_tabbed = matches!(batch.settings.format, Format::Delimited { delimiter: b'\t', .. });
        let ending = match format {
            ExportFormat::Csv if is_tabbed => "tsv",
            ExportFormat::Csv => "csv",
            ExportFormat::JsonLines => "jsonl",
        };
        format!("{stem}-tickertone.{ending}")
    }

    /// Rows that are in the file.
    pub fn num_rows(&self) -> usize {
        self.next_row
    }

    /// The next piece, of so many rows; none at the end.
    pub fn next_piece(&mut self, batch: &Batch, num_rows: usize) -> Option<String> {
        if self.has_begun && self.next_row >= batch.num_rows() {
            return None;
        }
        let mut piece = String::new();
        if !std::mem::replace(&mut self.has_begun, true) && self.options.format == ExportFormat::Csv {
            if self.options.has_mark {
                piece.push('\u{feff}');
            }
            let names =
                self.names.iter().chain(&self.added).map(|name| self.csv_cell(name)).collect::<Vec<_>>();
            self.push_line(&mut piece, &names);
        }
        let end = (self.next_row + num_rows).min(batch.num_rows());
        for row in self.next_row..end {
            match self.options.format {
                ExportFormat::Csv => self.push_csv(&mut piece, batch, row),
                ExportFormat::JsonLines => self.push_json(&mut piece, batch, row),
            }
        }
        self.next_row = end;
        Some(piece)
    }

    fn push_csv(&self, piece: &mut String, batch: &Batch, row: usize) {
        let mut cells: Vec<String> = (0..self.names.len())
            .map(|column| self.csv_cell(&batch.cell(row, column).unwrap_or_default()))
            .collect();
        let nothing = || vec![String::new(); self.added.len() - 2];
        match batch.results.of(row) {
            Reading::Read { label, confidence, scores, is_uncertain, .. } => {
                cells.push(self.csv_cell(batch.results.labels().get(label).map_or("", String::as_str)));
                cells.push(confidence.to_string());
                cells.extend(scores.iter().map(f32::to_string));
                cells.extend([is_uncertain.to_string(), String::new()]);
            }
            unread => {
                cells.extend(nothing());
                cells.extend([String::new(), self.csv_cell(&reason(unread, batch, row))]);
            }
        }
        self.push_line(piece, &cells);
    }

    fn push_line(&self, piece: &mut String, cells: &[String]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                piece.push(self.delimiter);
            }
            piece.push_str(cell);
        }
        piece.push_str("\r\n");
    }

    fn csv_cell(&self, cell: &str) -> String {
        let apostrophe = if self.options.is_safe && is_formula(cell) { "'" } else { "" };
        let needs_quotes = cell.contains([self.delimiter, '"', '\n', '\r']) || cell.trim() != cell;
        if needs_quotes {
            format!("\"{apostrophe}{}\"", cell.replace('"', "\"\""))
        } else {
            format!("{apostrophe}{cell}")
        }
    }

    fn push_json(&self, piece: &mut String, batch: &Batch, row: usize) {
        piece.push('{');
        let at = row + batch.settings.first_row();
        for (column, name) in self.names.iter().enumerate() {
            let value = match batch.table.written(at, column) {
                None | Some("") if batch.table.is_json() => continue,
                None => continue,
                Some(written) if batch.table.is_json() => written.to_owned(),
                Some(cell) => json(cell),
            };
            let _ = write!(piece, "{}:{value},", json(name));
        }
        let mut added = self.added.iter().map(|name| json(name));
        let mut next = || added.next().unwrap_or_default();
        match batch.results.of(row) {
            Reading::Read { label, confidence, scores, is_uncertain, .. } => {
                let label = batch.results.labels().get(label).map_or("", String::as_str);
                let _ = write!(piece, "{}:{},{}:{confidence}", next(), json(label), next());
                for score in scores {
                    let _ = write!(piece, ",{}:{score}", next());
                }
                let _ = write!(piece, ",{}:{is_uncertain}", next());
            }
            unread => {
                let error = self.added.last().map(|name| json(name)).unwrap_or_default();
                let _ = write!(piece, "{}:null,{error}:{}", next(), json(&reason(unread, batch, row)));
            }
        }
        piece.push_str("}\n");
    }
}

fn reason(reading: Reading<'_>, batch: &Batch, row: usize) -> String {
    match reading {
        Reading::Unread(reason) => {
            let line = batch.table.broken(row + batch.settings.first_row());
            line.map_or_else(|| reason.to_owned(), |line| format!("{reason} It reads: {line}"))
        }
        _ => "This row was not reached.".to_owned(),
    }
}

/// What a spreadsheet would take for a formula.
fn is_formula(cell: &str) -> bool {
    let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let is_number = || cell.trim_end_matches('%').parse::<f64>().is_ok_and(f64::is_finite);
    begins && !is_number()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Names that occur twice get a number.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        taken.push(free.unwrap_or(name));
    }
    taken
}

#[cfg(test)]
mod tests;
