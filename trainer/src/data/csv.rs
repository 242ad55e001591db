//! CSV rows by column name (RFC 4180), stricter than the `csv` crate is by itself.
//!
//! The crate reads a quote that is never closed as one long field and so swallows the rows after it; quotes
//! must therefore come in pairs within a row.

use super::{Row, utf8, without_byte_order_mark};
use anyhow::{bail, ensure};
use std::path::Path;

/// The fields of the named columns, row by row. Other columns are ignored.
///
/// # Errors
/// A column that is missing or there twice, a row with more or fewer fields than the header, an unpaired
/// quote, bytes that are not UTF-8; each with the line on which the row begins.
pub fn rows(bytes: &[u8], path: &Path, columns: &[&str]) -> anyhow::Result<Vec<Row>> {
    let bytes = without_byte_order_mark(bytes);
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ::csv::ByteRecord::new();
    let mut header: Option<Header> = None;
    let mut rows = Vec::new();
    loop {
        let start = reader.position().clone();
        if !reader.read_byte_record(&mut record)? {
            break;
        }
        let raw = &bytes[offset(&start)..offset(reader.position())];
        // The reader passes over blank lines without counting them as part of the position.
        let blank_lines =
            raw.iter().take_while(|byte| b"\r\n".contains(byte)).filter(|byte| **byte == b'\n').count();
        let line = start.line() as usize + blank_lines;
        ensure!(
            raw.iter().filter(|byte| **byte == b'"').count() % 2 == 0,
            "{}:{line}: expected quotes in pairs, found one without its partner. Enclose the field in quotes and double the quotes inside it",
            path.display()
        );
        let fields: Vec<_> = record.iter().map(|field| utf8(field, path, line)).collect::<Result<_, _>>()?;
        match &header {
            None => header = Some(Header::new(&fields, columns, path, line)?),
            Some(header) => rows.push(Row { line, fields: header.pick(&fields, path, line)? }),
        }
    }
    ensure!(
        header.is_some(),
        "{}: expected a header with {}, found an empty file",
        path.display(),
        quoted(columns)
    );
    Ok(rows)
}

fn offset(position: &::csv::Position) -> usize {
    position.byte() as usize
}

struct Header {
    num_fields: usize,
    picked: Vec<usize>,
}

impl Header {
    fn new(fields: &[&str], columns: &[&str], path: &Path, line: usize) -> anyhow::Result<Self> {
        let mut picked = Vec::new();
        for column in columns {
            let positions: Vec<_> = (0..fields.len()).filter(|index| fields[*index] == *column).collect();
            let [position] = positions[..] else {
                bail!(
                    "{}:{line}: expected a header with the columns {}, once each; found {}",
                    path.display(),
                    quoted(columns),
                    quoted(fields)
                );
            };
            picked.push(position);
        }
        Ok(Self { num_fields: fields.len(), picked })
    }

    fn pick(&self, fields: &[&str], path: &Path, line: usize) -> anyhow::Result<Vec<String>> {
        ensure!(
            fields.len() == self.num_fields,
            "{}:{line}: expected {} fields as in the header, found {}. Enclose a text that has commas in quotes",
            path.display(),
            self.num_fields,
            fields.len()
        );
        Ok(self.picked.iter().map(|index| fields[*index].to_owned()).collect())
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
