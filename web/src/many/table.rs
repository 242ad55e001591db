//! The rows of a file, kept compactly: texts of a thousand rows lie in one buffer, cells are ends in it.
//!
//! Blocks, not one buffer: a buffer of 100 MB that grows would be copied whole, and the page would stand still. A
//! table of JSON lines keeps each value as it was written, so that what is exported has the same types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::problem::{MAX_COLUMNS, MAX_ROWS, Problem};

const ROWS_PER_BLOCK: usize = 1024;

#[derive(Default)]
struct Block {
    text: String,
    /// End of each cell in `text`.
    cell_ends: Vec<u32>,
    /// Cells up to the end of each row.
    row_ends: Vec<u32>,
}

/// Rows of cells. A header, where there is one, is the first of them.
#[derive(Default)]
pub struct Table {
    blocks: Vec<Block>,
    num_rows: usize,
    num_columns: usize,
    /// Cells are JSON values.
    is_json: bool,
    /// Keys of JSON lines; empty for other tables.
    keys: Vec<String>,
    /// Lines that are no JSON object, by their row.
    broken: BTreeMap<usize, Box<str>>,
    num_ragged: usize,
    num_replaced: usize,
    /// The last row ended with the file, inside quotation marks.
    is_cut_off: bool,
}

impl Table {
    /// A table of JSON values; its columns come with the rows.
    pub fn of_json() -> Self {
        Self { is_json: true, ..Self::default() }
    }

    /// Rows, a header included.
    pub fn num_rows(&self) -> usize {
        self.num_rows
    }

    /// Columns of the widest row.
    pub fn num_columns(&self) -> usize {
        self.num_columns
    }

    /// Rows with another number of cells than the first.
    pub fn num_ragged(&self) -> usize {
        self.num_ragged
    }

    /// Rows in which bytes could not be decoded.
    pub fn num_replaced(&self) -> usize {
        self.num_replaced
    }

    /// Lines that are no JSON object.
    pub fn num_broken(&self) -> usize {
        self.broken.len()
    }

    /// The line of a row that is no JSON object.
    pub fn broken(&self, row: usize) -> Option<&str> {
        self.broken.get(&row).map(|line| &**line)
    }

    /// The file ended in the middle of its last row.
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// Cells are JSON values, and columns have the names of keys.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Keys of JSON lines, in the order of their first appearance.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The column of a key, a new one where there is none yet.
    pub fn column_of(&mut self, key: &str) -> Option<usize> {
        if let Some(at) = self.keys.iter().position(|known| known == key) {
            return Some(at);
        }
        (self.keys.len() < MAX_COLUMNS).then(|| {
            self.keys.push(key.to_owned());
            self.num_columns = self.keys.len();
            self.keys.len() - 1
        })
    }

    /// Adds a row: its text, and where each cell ends in it.
    ///
    /// # Errors
    /// There are too many rows already.
    pub fn push(&mut self, text: &str, ends: impl ExactSizeIterator<Item = usize>) -> Result<(), Problem> {
        if self.num_rows == MAX_ROWS {
            return Err(Problem::TooManyRows);
        }
        if self.num_rows.is_multiple_of(ROWS_PER_BLOCK) {
            if let Some(full) = self.blocks.last_mut() {
                full.text.shrink_to_fit();
                full.cell_ends.shrink_to_fit();
            }
            self.blocks.push(Block::default());
        }
        let num_cells = ends.len();
        if let Some(block) = self.blocks.last_mut() {
            let start = block.text.len();
            block.text.push_str(text);
            block.cell_ends.extend(ends.map(|end| (start + end) as u32));
            block.row_ends.push(block.cell_ends.len() as u32);
        }
        self.num_rows += 1;
        if !self.is_json {
            self.num_ragged += usize::from(num_cells != self.num_cells(0));
            self.num_columns = self.num_columns.max(num_cells);
        }
        self.num_replaced += usize::from(text.contains(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    /// Adds a line that is no JSON object, as a row without cells.
    ///
    /// # Errors
    /// There are too many rows already.
    pub fn push_broken(&mut self, line: &str) -> Result<(), Problem> {
        let row = self.num_rows;
        self.push("", std::iter::empty())?;
        self.broken.insert(row, line.into());
        Ok(())
    }

    /// The file ended in the middle of the last row.
    pub fn mark_cut_off(&mut self) {
        self.is_cut_off = true;
    }

    /// Cells of a row.
    pub fn num_cells(&self, row: usize) -> usize {
        self.cells(row).map_or(0, |(_, cells)| cells.len())
    }

    /// A cell as it was written: of JSON lines, a JSON value, empty where the key is missing.
    pub fn written(&self, row: usize, column: usize) -> Option<&str> {
        let (block, cells) = self.cells(row)?;
        let at = cells.start + column;
        if at >= cells.end {
            return None;
        }
        let start = if at == 0 { 0 } else { *block.cell_ends.get(at - 1)? as usize };
        block.text.get(start..*block.cell_ends.get(at)? as usize)
    }

    /// A cell as text; none where the row has no such cell.
    pub fn cell(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        let written = self.written(row, column)?;
        match self.is_json {
            false => Some(Cow::Borrowed(written)),
            true if written.is_empty() || written == "null" => None,
            true if written.starts_with('"') => serde_json::from_str(written).ok().map(Cow::Owned),
            true => Some(Cow::Borrowed(written)),
        }
    }

    fn cells(&self, row: usize) -> Option<(&Block, std::ops::Range<usize>)> {
        let block = self.blocks.get(row / ROWS_PER_BLOCK)?;
        let at = row % ROWS_PER_BLOCK;
        let start = if at == 0 { 0 } else { *block.row_ends.get(at - 1)? as usize };
        Some((block, start..*block.row_ends.get(at)? as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(table: &mut Table, cells: &[&str]) {
        let mut end = 0;
        let ends: Vec<usize> = cells
            .iter()
            .map(|cell| {
                end += cell.len();
                end
            })
            .collect();
        table.push(&cells.concat(), ends.into_iter()).unwrap();
    }

    #[test]
    fn cells_are_found_across_blocks() {
        let mut table = Table::default();
        for row in 0..3000 {
            push(&mut table, &[&row.to_string(), "", "x"]);
        }
        for row in [0, 1, 1023, 1024, 2047, 2048, 2999] {
            assert_eq!(table.cell(row, 0).as_deref(), Some(row.to_string().as_str()));
            assert_eq!(table.cell(row, 1).as_deref(), Some(""));
            assert_eq!(table.cell(row, 2).as_deref(), Some("x"));
            assert_eq!(table.cell(row, 3), None);
        }
        assert_eq!((table.cell(3000, 0), table.num_cells(3000)), (None, 0));
    }

    #[test]
    fn what_is_odd_is_counted() {
        let mut table = Table::default();
        push(&mut table, &["a", "b"]);
        push(&mut table, &["a"]);
        push(&mut table, &["a", "b", "c"]);
        push(&mut table, &["a", "caf\u{fffd}"]);
        assert_eq!((table.num_ragged(), table.num_replaced(), table.num_columns()), (2, 1, 3));
    }

    #[test]
    fn a_table_has_an_end() {
        let mut table = Table::default();
        for _ in 0..MAX_ROWS {
            push(&mut table, &["x"]);
        }
        assert_eq!(table.push("x", [1].into_iter()), Err(Problem::TooManyRows));
        assert_eq!(table.num_rows(), MAX_ROWS);
    }
}
