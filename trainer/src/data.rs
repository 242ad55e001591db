//! Reading texts, labelled or not: CSV, JSONL and Parquet, for unlabelled ones also plain text.
//!
//! First step of `train`, `evaluate`, `prune` and `predict --input`. Rows stream through; only what is asked for stays
//! in memory. A bad row is named by file and line, and the reading goes on behind it, so that all of them are told at
//! once: nothing is skipped silently. Blank lines in CSV and JSONL are no rows.

mod columns;
mod csv;
mod jsonl;
mod labelled;
mod labels;
mod lines;
mod near_duplicates;
mod parquet;
mod rows;
mod source;
mod texts;

pub use labelled::{Dataset, Example, read_configured, read_labelled, read_labelled_leniently};
pub use labels::Labels;
pub use near_duplicates::NearDuplicates;
pub use rows::Rejected;
pub use source::shown;
pub use texts::{Text, TextCorpus, read_corpus, read_texts, read_texts_leniently};

use anyhow::bail;
use classifier::normalization::Normalization;
use sha2::{Digest, Sha256};
use std::path::Path;

/// How many bad rows an error names.
const NUM_NAMED: usize = 10;

/// Where a row is, for messages: file and line.
pub fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", shown(path).display())
}

/// An error that names the rejected rows, where there are any.
fn refuse(path: &Path, rejected: &[Rejected]) -> anyhow::Result<()> {
    let named: Vec<_> = rejected.iter().take(NUM_NAMED).map(|row| row.at(path)).collect();
    match rejected.len() {
        0 => Ok(()),
        1 => bail!("{}", named.join("\n")),
        count => {
            let more = if count > named.len() {
                format!("\nand {} more", count - named.len())
            } else {
                String::new()
            };
            bail!("{count} rows cannot be used:\n{}{more}", named.join("\n"))
        }
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

const NOTHING_TO_READ: &str = "empty text: expected at least one word, found nothing to read (URLs, whitespace and \
                               control characters do not count). Remove the row";

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ReadOptions;

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

        let texts = read_texts_leniently(&path, &options).unwrap();
        assert_eq!(texts.len(), 8);
        let rejected: Vec<_> = texts.iter().filter_map(|row| row.clone().err()).collect();
        assert_eq!(lines(&rejected), [4, 5, 6, 8, 9]);
        assert!(read_texts(&path, &options).unwrap_err().to_string().contains("a.csv:8: empty text"));
        let corpus = read_corpus(&path, &options).unwrap_err().to_string();
        assert!(corpus.contains("3 rows") && !corpus.contains("a.csv:9"), "{corpus}");

        write(b"text,label\nup,Left\n");
        let error = read_labelled_leniently(&path, &labels, &options).unwrap_err().to_string();
        assert!(error.contains("a.csv:2: unknown label: expected 0 or Down, 1 or Up (a test)"), "{error}");
    }
}
