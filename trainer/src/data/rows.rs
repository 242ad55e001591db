//! The rows of a file in any format, one after the other, and the hash of its bytes.

use super::labelled::hexadecimal;
use super::{csv, jsonl, lines, parquet};
use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The named fields of one row, in the order in which they were asked for.
pub struct Row {
    /// Line on which it begins, or number of the row where a format has no lines; from 1.
    pub line: usize,
    /// As text, whatever the file has.
    pub fields: Vec<String>,
}

/// What is done with a row; an error ends the reading.
pub type Each<'a> = &'a mut dyn FnMut(Row) -> anyhow::Result<()>;

/// What a file holds, by the end of its name.
pub enum Format {
    /// `.csv`, with a header.
    Csv,
    /// `.jsonl`: an object a line.
    Jsonl,
    /// `.parquet`.
    Parquet,
    /// `.txt`: a text a line, no labels.
    Lines,
}

impl Format {
    /// The format of this file.
    ///
    /// # Errors
    /// Another ending.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::Jsonl),
            Some("parquet") => Ok(Self::Parquet),
            Some("txt") => Ok(Self::Lines),
            _ => {
                bail!("{}: expected a file whose name ends in .csv, .jsonl, .parquet or .txt", path.display())
            }
        }
    }
}

/// Hands each row to `each`; returns the SHA-256 of the file.
///
/// # Errors
/// A file that cannot be read or is malformed, whatever `each` returns.
pub fn for_each(path: &Path, columns: &[&str], each: Each<'_>) -> anyhow::Result<String> {
    match Format::of(path)? {
        Format::Csv => hashed(path, |reader| csv::rows(reader, path, columns, each)),
        Format::Jsonl => hashed(path, |reader| jsonl::rows(reader, path, columns, each)),
        Format::Lines => hashed(path, |reader| lines::rows(reader, path, each)),
        // Its table of contents is its end, so that it cannot be hashed while its rows are read.
        Format::Parquet => {
            let sha256 = hashed(path, |_| Ok(()))?;
            parquet::rows(path, columns, each)?;
            Ok(sha256)
        }
    }
}

/// Opens the file, lets `read` have it, and reads what that leaves; returns the SHA-256 of the whole.
fn hashed(path: &Path, read: impl FnOnce(&mut dyn BufRead) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let cannot_read = || format!("cannot read {}", path.display());
    let mut hashed = Hashed { inner: File::open(path).with_context(cannot_read)?, hasher: Sha256::new() };
    let mut reader = BufReader::new(&mut hashed);
    let mut start = Vec::new();
    reader.by_ref().take(3).read_to_end(&mut start).with_context(cannot_read)?;
    // What spreadsheets put in front of UTF-8.
    let start = if start == b"\xEF\xBB\xBF" { &[][..] } else { &start };
    read(&mut start.chain(reader))?;
    std::io::copy(&mut hashed, &mut std::io::sink()).with_context(cannot_read)?;
    Ok(hexadecimal(&hashed.hasher.finalize()))
}

/// Hashes what is read through it.
struct Hashed {
    inner: File,
    hasher: Sha256,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// The text of a line, or where it is none.
///
/// # Errors
/// Bytes that are not UTF-8; the first is named.
pub fn utf8<'a>(bytes: &'a [u8], path: &Path, line: usize) -> anyhow::Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let found = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        anyhow::anyhow!(
            "{}:{line}: expected UTF-8, found the byte 0x{found:02X}. Convert the file to UTF-8",
            path.display()
        )
    })
}

/// Names as an error lists them.
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than every buffer on the way; with and without what is taken off the start.
        let lines = "{\"text\": \"Shares rise\"}\n".repeat(10_000);
        for (name, start) in [("a.jsonl", ""), ("b.txt", "\u{feff}"), ("c.csv", "\u{feff}text\n1\n")] {
            let path = folder.path().join(name);
            let content = if name == "c.csv" { start.to_owned() } else { format!("{start}{lines}") };
            std::fs::write(&path, &content).unwrap();
            let mut num_rows = 0;
            let mut count = |_| {
                num_rows += 1;
                Ok(())
            };
            let sha256 = for_each(&path, &["text"], &mut count).unwrap();
            assert_eq!(sha256, super::super::labelled::sha256_hex(content.as_bytes()), "{name}");
            assert_eq!(num_rows, if name == "c.csv" { 1 } else { 10_000 });
        }
    }
}
