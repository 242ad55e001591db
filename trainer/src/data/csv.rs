//! CSV rows by column name (RFC 4180), stricter than the `csv` crate is by itself, and helpful about what spreadsheets and
//! scripts write instead.

mod quoting;
mod records;

use super::columns::{self, are_similar};
use super::row::{Columns, Each, Field, Rejected};
use super::source::{Origin, Source};
use anyhow::{Context, bail};
use records::Records;
use std::path::Path;

/// What stands between fields in files that call themselves CSV, and its name.
const DELIMITERS: [(u8, &str, &str); 4] =
    [(b',', "commas", "','"), (b';', "semicolons", "';'"), (b'\t', "tabs", "tab"), (b'|', "bars", "'|'")];

/// The wanted columns, row by row. Other columns are ignored.
///
/// # Errors
/// A file that cannot be read, a header that lacks a column or has it twice; whatever `each` returns.
pub fn rows(source: Source<'_>, columns: Columns<'_>, delimiter: u8, each: Each<'_>) -> anyhow::Result<()> {
    let Source { reader, line_end, offset, encoding, path, .. } = source;
    let mut records = Records::new(reader, delimiter, line_end);
    let mut header: Option<Header> = None;
    while let Some(record) = records.next().with_context(|| format!("cannot read {}", path.display()))? {
        let line = record.line;
        let origin = Origin { offset: offset.map(|start| start + record.offset), encoding };
        let fields = record.fields.and_then(|fields| {
            // Of the row as a whole, so that the place of a byte in it is one in the file.
            origin.text(record.raw)?;
            Ok(fields.iter().map(String::from_utf8_lossy).collect::<Vec<_>>())
        });
        match (&header, fields) {
            (None, Ok(fields)) => {
                let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
                header = Some(Header::new(&fields, columns, delimiter, &path, line)?);
            }
            (None, Err(reason)) => bail!("{}:{line}: {reason}", path.display()),
            (Some(header), fields) => match fields.and_then(|fields| header.pick(&fields)) {
                Ok(fields) => columns.row(line, fields).map_or(Ok(()), &mut *each)?,
                Err(reason) => each(Err(Rejected { line, reason }))?,
            },
        }
    }
    if header.is_none() {
        bail!(
            "{}: expected a header with {}, found an empty file",
            path.display(),
            columns::quoted(&columns.names())
        );
    }
    Ok(())
}

struct Header {
    num_fields: usize,
    /// Of the text, of the label where one is wanted, of the conditions.
    picked: Vec<usize>,
    delimiter: u8,
}

impl Header {
    fn new(
        fields: &[&str],
        columns: Columns<'_>,
        delimiter: u8,
        path: &Path,
        line: usize,
    ) -> anyhow::Result<Self> {
        let picked = columns::positions(columns, fields).or_else(|reason| {
            bail!("{}:{line}: {}", path.display(), explained(&reason, fields, columns, delimiter))
        })?;
        Ok(Self { num_fields: fields.len(), picked, delimiter })
    }

    fn pick(&self, fields: &[impl AsRef<str>]) -> Result<Vec<Field>, String> {
        if fields.len() != self.num_fields {
            let name = DELIMITERS.iter().find(|(byte, ..)| *byte == self.delimiter);
            return Err(format!(
                "expected {} fields as in the header, found {}. Enclose a text that has {} in quotes",
                self.num_fields,
                fields.len(),
                name.map_or("the delimiter", |(_, name, _)| name)
            ));
        }
        Ok(self.picked.iter().map(|index| Ok(fields[*index].as_ref().to_owned())).collect())
    }
}

/// What is wrong with a header, in terms of the cure.
fn explained(reason: &str, fields: &[&str], columns: Columns<'_>, delimiter: u8) -> String {
    let line = fields.join(char::from(delimiter).to_string().as_str());
    for (other, name, option) in DELIMITERS.iter().filter(|(other, ..)| *other != delimiter) {
        let split: Vec<&str> = line.split(char::from(*other)).collect();
        // One field where two are wanted, which would be two: other names, perhaps, but this comes first.
        let wanted = columns.names().len();
        let is_one = fields.len() < wanted && split.len() >= wanted;
        if split.len() > 1 && (is_one || are_similar(columns, &split)) {
            return format!(
                "expected a header with the columns {}, found {line:?}: separated by {name}. Say so: --delimiter \
                 {option} (in a configuration data.delimiter)",
                columns::quoted(&columns.names())
            );
        }
    }
    // A number or half a sentence is no name of a column.
    let is_value = |field: &&str| field.trim().parse::<f64>().is_ok() || field.split_whitespace().count() > 3;
    if !are_similar(columns, fields) && fields.iter().any(is_value) {
        return format!(
            "{reason}. If this is a row and the file has no header: put the line `{}` in front",
            columns.names().join(char::from(delimiter).to_string().as_str())
        );
    }
    reason.to_owned()
}
