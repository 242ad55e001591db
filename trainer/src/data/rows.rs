//! The rows of a file in any format, one after the other, and the hash of its bytes.

use super::row::{Columns, Each};
use super::source::{Source, hashed, is_standard_input};
use super::{csv, jsonl, lines, parquet};
use crate::config::reading::{Delimiter, ReadOptions};
use anyhow::{bail, ensure};
use std::path::Path;

/// What a file holds, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.csv`, `.tsv`: with a header.
    Csv {
        /// Between fields where the options do not say it.
        delimiter: u8,
    },
    /// `.jsonl`: an object a line.
    Jsonl,
    /// `.parquet`.
    Parquet,
    /// `.txt`: a text a line, no labels.
    Lines,
    /// `-`, standard input: JSON Lines where it begins with `{`, else CSV.
    Piped,
}

impl Format {
    /// The format of this file.
    ///
    /// # Errors
    /// Another ending.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        if is_standard_input(path) {
            return Ok(Self::Piped);
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv { delimiter: b',' }),
            Some("tsv") => Ok(Self::Csv { delimiter: b'\t' }),
            Some("jsonl") => Ok(Self::Jsonl),
            Some("parquet") => Ok(Self::Parquet),
            Some("txt") => Ok(Self::Lines),
            _ => bail!(
                "{}: expected a file whose name ends in .tsv, .csv, .jsonl, .parquet or .txt, or `-` for standard input",
                path.display()
            ),
        }
    }
}

/// Hands each row to `each`; returns the SHA-256 of the file.
///
/// # Errors
/// A file that cannot be read or whose rows cannot be told apart, whatever `each` returns.
pub fn for_each(
    path: &Path,
    options: &ReadOptions,
    with_label: bool,
    each: Each<'_>,
) -> anyhow::Result<String> {
    let columns = Columns::new(options, with_label);
    ensure!(
        columns.label != Some(columns.text),
        "expected a column of texts and another of labels, found `{}` for both",
        columns.text
    );
    let format = Format::of(path)?;
    ensure!(
        format != Format::Lines || columns.conditions.is_empty(),
        "{}: expected a file with columns, of which `where` names some, found plain text",
        path.display()
    );
    if format == Format::Parquet {
        // Its table of contents is its end, so that it cannot be hashed while its rows are read.
        let sha256 = hashed(path, options.encoding, |_| Ok(()))?;
        parquet::rows(path, columns, each)?;
        return Ok(sha256);
    }
    let delimiter = |default: u8| match options.delimiter {
        Delimiter::Auto => default,
        Delimiter::Byte(byte) => byte,
    };
    hashed(path, options.encoding, |source: Source<'_>| match format {
        Format::Jsonl => jsonl::rows(source, columns, each),
        Format::Lines => lines::rows(source, each),
        Format::Piped if source.start.trim_ascii_start().starts_with(b"{") => {
            jsonl::rows(source, columns, each)
        }
        Format::Csv { delimiter: default } => csv::rows(source, columns, delimiter(default), each),
        Format::Piped | Format::Parquet => csv::rows(source, columns, delimiter(b','), each),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::{Rejected, Row};

    #[test]
    fn the_hash_is_that_of_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than every buffer on the way; with and without what is taken off the start, decoded and not.
        let lines = "{\"text\": \"Shares rise\"}\n".repeat(10_000);
        let utf_16 = format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (name, content, expected) in [
            ("a.jsonl", lines.clone().into_bytes(), 10_000),
            ("b.txt", format!("\u{feff}{lines}").into_bytes(), 10_000),
            ("c.csv", "\u{feff}text\n1\n".into(), 1),
            ("d.JSONL", utf_16, 10_000),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, &content).unwrap();
            let mut num_rows = 0;
            let mut count = |row: Result<Row, Rejected>| {
                num_rows += usize::from(row.is_ok());
                Ok(())
            };
            let sha256 = for_each(&path, &ReadOptions::default(), false, &mut count).unwrap();
            assert_eq!(sha256, super::super::hash::sha256_hex(&content), "{name}");
            assert_eq!(num_rows, expected, "{name}");
        }
    }

    #[test]
    fn endings_are_read_in_any_case() {
        for (name, format) in [
            ("a.CSV", Format::Csv { delimiter: b',' }),
            ("a.b.Tsv", Format::Csv { delimiter: b'\t' }),
            ("a.JsonL", Format::Jsonl),
            ("A.PARQUET", Format::Parquet),
            ("a.TXT", Format::Lines),
            ("-", Format::Piped),
        ] {
            assert_eq!(Format::of(Path::new(name)).unwrap(), format, "{name}");
        }
        assert!(Format::of(Path::new("csv")).is_err() && Format::of(Path::new("a.json")).is_err());
    }
}
