//! One text a line, blank lines left out.

use super::problem::{MAX_ROW_BYTES, Problem};
use super::table::Table;

/// Cuts text that arrives in pieces into lines.
#[derive(Default)]
pub struct Lines {
    open: String,
}

impl Lines {
    /// Hands out every line that this piece completes, without its line end.
    ///
    /// # Errors
    /// What `take` says, and a line without end.
    pub fn feed(
        &mut self,
        text: &str,
        rows: usize,
        mut take: impl FnMut(&str) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut rest = text;
        while let Some((line, behind)) = rest.split_once('\n') {
            rest = behind;
            if self.open.is_empty() {
                offer(line, &mut take)?;
            } else {
                self.open.push_str(line);
                offer(&std::mem::take(&mut self.open), &mut take)?;
            }
        }
        self.open.push_str(rest);
        if self.open.len() > MAX_ROW_BYTES { Err(Problem::RowTooLong { row: rows + 1 }) } else { Ok(()) }
    }

    /// Hands out the last line, which needs no end.
    ///
    /// # Errors
    /// What `take` says.
    pub fn finish(&mut self, mut take: impl FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem> {
        offer(&std::mem::take(&mut self.open), &mut take)
    }
}

fn offer(line: &str, take: &mut impl FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.trim().is_empty() { Ok(()) } else { take(line) }
}

/// A line as a row of one cell.
///
/// # Errors
/// There are too many rows already.
pub fn push(line: &str, table: &mut Table) -> Result<(), Problem> {
    table.push(line, [line.len()].into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_they_arrive() {
        for cut in 0..14 {
            let text = "one\r\n\n  \ntwo\nx";
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for piece in [&text[..cut], &text[cut..]] {
                lines
                    .feed(piece, 0, |line| {
                        found.push(line.to_owned());
                        Ok(())
                    })
                    .unwrap();
            }
            lines
                .finish(|line| {
                    found.push(line.to_owned());
                    Ok(())
                })
                .unwrap();
            assert_eq!(found, ["one", "two", "x"], "cut at {cut}");
        }
    }
}
