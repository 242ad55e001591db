//! One row of a file, good or bad, and which columns make it: what every format's reader yields.

use super::source::shown;
use crate::config::reading::ReadOptions;
use anyhow::bail;
use indexmap::IndexMap;
use std::path::Path;

/// One row, as text whatever the file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line on which it begins, or number of the row where a format has no lines; from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// Its label; empty where none is asked for.
    pub label: String,
}

/// A row that cannot be used; the reading goes on behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Counted as in [`Row::line`].
    pub line: usize,
    /// What was expected, what was found, what to do about it.
    pub reason: String,
}

impl Rejected {
    /// Where in this file, and why.
    pub fn at(&self, path: &Path) -> String {
        format!("{}: {}", place(path, self.line), self.reason)
    }
}

/// Where a row is, for messages: file and line.
pub fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", shown(path).display())
}

/// An error that names the rejected rows, where there are any.
///
/// # Errors
/// There are some; of many the first ten are named.
pub fn refuse(path: &Path, rejected: &[Rejected]) -> anyhow::Result<()> {
    let named: Vec<_> = rejected.iter().take(NUM_NAMED).map(|row| row.at(path)).collect();
    match rejected.len() {
        0 => Ok(()),
        1 => bail!("{}", named.join("\n")),
        count => {
            let more = match count > named.len() {
                true => format!("\nand {} more", count - named.len()),
                false => String::new(),
            };
            bail!("{count} rows cannot be used:\n{}{more}", named.join("\n"))
        }
    }
}

/// How many bad rows an error names.
const NUM_NAMED: usize = 10;

/// What is done with a row; an error ends the reading.
pub type Each<'a> = &'a mut dyn FnMut(Result<Row, Rejected>) -> anyhow::Result<()>;

/// Which columns or keys are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The texts'.
    pub text: &'a str,
    /// The labels', where they are wanted.
    pub label: Option<&'a str>,
    /// Those that decide whether a row counts, with the values of which it must have one.
    pub conditions: &'a IndexMap<String, Vec<String>>,
}

/// A value of a row as text, or why the row has none.
pub type Field = Result<String, String>;

impl<'a> Columns<'a> {
    /// Text alone, or text and label, and the conditions.
    pub fn new(options: &'a ReadOptions, with_label: bool) -> Self {
        let label = with_label.then_some(options.label_column.as_str());
        Self { text: &options.text_column, label, conditions: &options.conditions }
    }

    /// Their names: the text's, the label's, the conditions'.
    pub fn names(&self) -> Vec<&'a str> {
        [self.text].into_iter().chain(self.label).chain(self.conditions.keys().map(String::as_str)).collect()
    }

    /// The row of these fields, one for each of the names; nothing where it does not count, whatever else is wrong with it.
    pub fn row(&self, line: usize, fields: Vec<Field>) -> Option<Result<Row, Rejected>> {
        let mut fields = fields.into_iter();
        let text = fields.next().unwrap_or_else(|| Ok(String::new()));
        let label = self.label.and_then(|_| fields.next()).unwrap_or_else(|| Ok(String::new()));
        let counts = fields
            .zip(self.conditions.values())
            .all(|(found, values)| found.is_ok_and(|found| values.contains(&found)));
        let row = text.and_then(|text| Ok(Row { line, text, label: label? }));
        counts.then(|| row.map_err(|reason| Rejected { line, reason }))
    }
}
