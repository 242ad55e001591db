//! Why a file cannot be read, in words that say what to do. Limits stand here, beside the sentences that state them.

/// Larger files are not opened: their rows would not fit beside the model on a small device.
pub const MAX_FILE_BYTES: u64 = 200_000_000;
/// More rows are not read: a browser cannot make a taller table.
pub const MAX_ROWS: usize = 500_000;
/// More columns are taken for a wrong delimiter.
pub const MAX_COLUMNS: usize = 1_000;
/// A longer row is taken for a quotation mark that nobody closed.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// What is wrong with a file as a whole. What is wrong with one row never gets here: such a row is marked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Above [`MAX_FILE_BYTES`].
    #[error(
        "This file has {found_mb} MB, and up to {} MB can be opened here. Split it into smaller files, or save it with \
         the text column alone.",
        MAX_FILE_BYTES / 1_000_000
    )]
    FileTooLarge {
        /// Its size.
        found_mb: u64,
    },
    /// No bytes, or nothing but line ends.
    #[error("This file is empty. Choose one with at least one line of text.")]
    Empty,
    /// A header and nothing below it.
    #[error(
        "There are column names but no rows below them. If the first row is a text to read, untick “First row names the \
         columns”."
    )]
    NoRows,
    /// A file of another kind.
    #[error("{kind}, not text. {advice}")]
    Binary {
        /// What it is, as the beginning of a sentence.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// One JSON value in place of one on each line.
    #[error(
        "This file holds one large JSON list, and one object a line is expected (JSONL). Convert it, for example with \
         jq -c '.[]' file.json > file.jsonl, or save it as CSV."
    )]
    JsonList,
    /// Above [`MAX_COLUMNS`].
    #[error(
        "Row {row} has more than {MAX_COLUMNS} columns. Perhaps another delimiter is meant: choose it here, or save \
         the file with fewer columns."
    )]
    TooManyColumns {
        /// From 1.
        row: usize,
    },
    /// Above [`MAX_ROWS`].
    #[error(
        "Only the first {MAX_ROWS} rows were read: that is as many as fit into one table. Split the file to read the \
         rest."
    )]
    TooManyRows,
    /// Above [`MAX_ROW_BYTES`].
    #[error(
        "Row {row} is longer than 1 MB, so reading stopped before it. Perhaps a quotation mark in it is never closed: \
         close it, or tick “Quotation marks are part of the text”."
    )]
    RowTooLong {
        /// From 1.
        row: usize,
    },
    /// The browser could not hand out the bytes.
    #[error(
        "The file could not be read to its end. It may have been moved, changed or unplugged meanwhile: choose it again."
    )]
    Unreadable,
}

impl Problem {
    /// The rows that were read before it are good to work with.
    pub fn leaves_rows(&self) -> bool {
        matches!(self, Self::TooManyRows | Self::RowTooLong { .. } | Self::Unreadable)
    }

    /// Another format, delimiter or header may mend it.
    pub fn is_about_format(&self) -> bool {
        matches!(self, Self::TooManyColumns { .. } | Self::RowTooLong { .. } | Self::NoRows)
    }
}
