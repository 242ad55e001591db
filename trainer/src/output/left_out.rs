//! Rows without a result: the others are answered first, these are listed at the end, and the exit code tells.

use crate::data::row::{Rejected, place};
use std::fmt;
use std::path::Path;

/// How many rows are listed.
const NUM_LISTED: usize = 10;

/// The rows without a result among those that a command was asked about.
#[derive(Debug, Default)]
pub struct LeftOut {
    listed: Vec<String>,
    rows: usize,
    of: usize,
}

impl LeftOut {
    /// The rows of a file that its reader rejected.
    pub fn of(path: &Path, rejected: &[Rejected]) -> Self {
        let mut left_out = Self::default();
        rejected.iter().for_each(|row| left_out.push(|| place(path, row.line), &row.reason));
        left_out
    }

    /// Leaves out the row at this place.
    pub fn push(&mut self, place: impl FnOnce() -> String, reason: &str) {
        self.rows += 1;
        if self.listed.len() < NUM_LISTED {
            self.listed.push(format!("{}: {reason}", place()));
        }
    }

    /// How many there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What a command ends with that was asked about `rows` rows: this very value as an error where there are some.
    ///
    /// # Errors
    /// A row was left out.
    pub fn ending(mut self, rows: usize) -> anyhow::Result<()> {
        self.of = rows;
        if self.rows == 0 { Ok(()) } else { Err(self.into()) }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} rows have no result:", self.rows, self.of)?;
        self.listed.iter().try_for_each(|row| write!(f, "\n{row}"))?;
        match self.rows - self.listed.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for LeftOut {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_listed_and_the_others_counted() {
        assert!(LeftOut::default().ending(7).is_ok());
        let mut left_out = LeftOut::default();
        for line in 1..=12 {
            left_out.push(|| format!("a.csv:{line}"), "empty text");
        }
        let shown = left_out.ending(40).unwrap_err().to_string();
        assert!(shown.starts_with("12 of 40 rows have no result:\na.csv:1: empty text\n"), "{shown}");
        assert!(shown.ends_with("\na.csv:10: empty text\nand 2 more"), "{shown}");
    }
}
