//! CSV rows by column name (RFC 4180), stricter than the `csv` crate is by itself.
//!
//! The crate reads a quote that is never closed as one long field and so swallows the rows after it; quotes
//! must therefore come in pairs within a row.

use super::rows::{Each, Row, quoted, utf8};
use anyhow::{Context, bail, ensure};
use std::io::Read;
use std::path::Path;

/// The fields of the named columns, row by row. Other columns are ignored.
///
/// # Errors
/// A file that cannot be read, a column that is missing or there twice, a row with more or fewer fields than the
/// header, an unpaired quote, bytes that are not UTF-8; each with the line on which the row begins. Whatever `each`
/// returns.
pub fn rows(reader: impl Read, path: &Path, columns: &[&str], each: Each<'_>) -> anyhow::Result<()> {
    let recorded = Recorded { inner: reader, bytes: Vec::new(), start: 0 };
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(recorded);
    let mut record = ::csv::ByteRecord::new();
    let mut header: Option<Header> = None;
    loop {
        let line = reader.position().line() as usize;
        let is_record = reader.read_byte_record(&mut record);
        if !is_record.with_context(|| format!("cannot read {}", path.display()))? {
            break;
        }
        let end = reader.position().byte();
        let raw = reader.get_mut().take_until(end);
        // The reader passes over blank lines without counting them as part of the position.
        let blank_lines =
            raw.iter().take_while(|byte| b"\r\n".contains(byte)).filter(|byte| **byte == b'\n').count();
        let line = line + blank_lines;
        ensure!(
            raw.iter().filter(|byte| **byte == b'"').count() % 2 == 0,
            "{}:{line}: expected quotes in pairs, found one without its partner. Enclose the field in quotes and double the quotes inside it",
            path.display()
        );
        let fields: Vec<_> = record.iter().map(|field| utf8(field, path, line)).collect::<Result<_, _>>()?;
        match &header {
            None => header = Some(Header::new(&fields, columns, path, line)?),
            Some(header) => each(Row { line, fields: header.pick(&fields, path, line)? })?,
        }
    }
    ensure!(
        header.is_some(),
        "{}: expected a header with {}, found an empty file",
        path.display(),
        quoted(columns)
    );
    Ok(())
}

/// Keeps the bytes that the reader has taken, until the row that they belong to is known.
struct Recorded<R> {
    inner: R,
    bytes: Vec<u8>,
    /// Position of the first kept byte in the file.
    start: u64,
}

impl<R> Recorded<R> {
    /// The bytes up to this position, which are then forgotten.
    fn take_until(&mut self, end: u64) -> Vec<u8> {
        let count = (end.saturating_sub(self.start) as usize).min(self.bytes.len());
        self.start += count as u64;
        self.bytes.drain(..count).collect()
    }
}

impl<R: Read> Read for Recorded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
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
