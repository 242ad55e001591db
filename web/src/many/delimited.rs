//! CSV and its kin, piece by piece: csv-core finds the cells (RFC 4180, any line ends), this file keeps what is open.
//!
//! A quotation mark that is opened and never closed would swallow the rest of a file. It shows as a row of more than
//! 1 MB, or at the end of the file, where a line end would still be part of a cell.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::problem::{MAX_COLUMNS, MAX_ROW_BYTES, Problem};
use super::table::Table;

/// Reads rows of cells.
pub struct Delimited {
    reader: Reader,
    /// The open row.
    text: Vec<u8>,
    num_bytes: usize,
    /// Where its cells end.
    ends: Vec<usize>,
    num_ends: usize,
}

impl Delimited {
    /// `is_quoted`: quotation marks around a cell are not part of it.
    pub fn new(delimiter: u8, is_quoted: bool) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).quoting(is_quoted).build();
        Self { reader, text: vec![0; 1024], num_bytes: 0, ends: vec![0; 16], num_ends: 0 }
    }

    /// Reads on.
    ///
    /// # Errors
    /// Too many rows or columns, or a row that has no end. Rows before it are in the table.
    pub fn feed(&mut self, text: &str, table: &mut Table) -> Result<(), Problem> {
        let mut input = text.as_bytes();
        while !input.is_empty() {
            let num_read = self.step(input, table)?.1;
            input = input.get(num_read..).unwrap_or_default();
        }
        Ok(())
    }

    /// The file has ended.
    ///
    /// # Errors
    /// As [`Delimited::feed`].
    pub fn finish(&mut self, table: &mut Table) -> Result<(), Problem> {
        // Inside quotation marks a line end is text like any other; elsewhere it ends the row, as the end of the file.
        let num_bytes = self.num_bytes;
        self.feed("\n", table)?;
        let is_cut_off = self.num_bytes == num_bytes + 1;
        self.num_bytes -= usize::from(is_cut_off);
        while self.step(b"", table)?.0 != ReadRecordResult::End {}
        if is_cut_off {
            table.mark_cut_off();
        }
        Ok(())
    }

    fn step(&mut self, input: &[u8], table: &mut Table) -> Result<(ReadRecordResult, usize), Problem> {
        let text = self.text.get_mut(self.num_bytes..).unwrap_or_default();
        let ends = self.ends.get_mut(self.num_ends..).unwrap_or_default();
        let (result, num_read, num_written, num_ended) = self.reader.read_record(input, text, ends);
        self.num_bytes += num_written;
        self.num_ends += num_ended;
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull if self.text.len() >= MAX_ROW_BYTES => {
                return Err(Problem::RowTooLong { row: table.num_rows() + 1 });
            }
            ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull if self.ends.len() > MAX_COLUMNS => {
                return Err(Problem::TooManyColumns { row: table.num_rows() + 1 });
            }
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::Record => {
                let (num_bytes, num_ends) =
                    (std::mem::take(&mut self.num_bytes), std::mem::take(&mut self.num_ends));
                if num_ends > MAX_COLUMNS {
                    return Err(Problem::TooManyColumns { row: table.num_rows() + 1 });
                }
                let text = self.text.get(..num_bytes).unwrap_or_default();
                let ends = self.ends.get(..num_ends).unwrap_or_default();
                // Valid already, as cells are cut at ASCII characters.
                table.push(&String::from_utf8_lossy(text), ends.iter().map(|end| *end.min(&num_bytes)))?;
            }
        }
        Ok((result, num_read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&str], delimiter: u8) -> Table {
        let (mut table, mut reader) = (Table::default(), Delimited::new(delimiter, true));
        for piece in pieces {
            reader.feed(piece, &mut table).unwrap();
        }
        reader.finish(&mut table).unwrap();
        table
    }

    fn rows(table: &Table) -> Vec<Vec<String>> {
        (0..table.num_rows())
            .map(|row| {
                (0..table.num_cells(row)).map(|at| table.cell(row, at).unwrap().into_owned()).collect()
            })
            .collect()
    }

    #[test]
    fn quotes_line_breaks_and_both_line_ends_are_understood() {
        let table = read(&["a,b\r\n\"one\r\ntwo, \"\"three\"\"\",x\n\n", ",y"], b',');
        assert_eq!(rows(&table), [vec!["a", "b"], vec!["one\r\ntwo, \"three\"", "x"], vec!["", "y"]]);
        assert!(!table.is_cut_off());
        assert_eq!(table.num_ragged(), 0);
    }

    #[test]
    fn a_file_that_ends_inside_quotes_keeps_what_there_is_and_says_so() {
        for (text, is_cut_off) in [("a,\"b", true), ("a,\"b\"", false), ("a,b", false), ("a,b\n", false)] {
            let table = read(&["h,i\n", text], b',');
            assert_eq!(rows(&table)[1], ["a", "b"], "{text}");
            assert_eq!(table.is_cut_off(), is_cut_off, "{text}");
        }
    }

    #[test]
    fn a_million_columns_and_a_quote_without_end_are_refused_after_the_good_rows() {
        let mut table = Table::default();
        let refused =
            Delimited::new(b',', true).feed(&format!("a,b\n{}", "x,".repeat(1_000_000)), &mut table);
        assert_eq!(refused, Err(Problem::TooManyColumns { row: 2 }));
        assert_eq!(table.num_rows(), 1);
        let mut table = Table::default();
        let text = format!("a\nb\n\"{}", "never closed\n".repeat(200_000));
        assert_eq!(Delimited::new(b',', true).feed(&text, &mut table), Err(Problem::RowTooLong { row: 3 }));
        assert_eq!(table.num_rows(), 2);
        let mut table = Table::default();
        Delimited::new(b',', false).feed(&text, &mut table).unwrap();
        assert_eq!(table.num_rows(), 200_002, "without quoting it is a text like any other");
    }

    proptest! {
        #[test]
        fn any_cells_come_back_however_the_file_is_cut(
            cells in prop::collection::vec(prop::collection::vec("[a-c,;\"\r\n é😀]{0,6}", 2..4), 1..6),
            cuts in prop::collection::vec(0usize..200, 0..5),
        ) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(";");
            let text = cells.iter().map(line).collect::<Vec<_>>().join("\r\n");
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
            prop_assert_eq!(rows(&read(&pieces, b';')), cells);
        }
    }
}
