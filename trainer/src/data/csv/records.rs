//! Records of a CSV with the bytes that they were made of: so that each is counted by its line, and one that the `csv`
//! crate would misread is told while the reading goes on behind it.

use super::quoting;
use ::csv::{ByteRecord, Position, Reader, ReaderBuilder};
use std::io::{BufRead, Read, Result, Seek, SeekFrom};

const CUT_SHORT: &str = "expected lines that end with a line feed, found a carriage return alone, which ends the row \
                         too early. Remove it, or enclose the text in quotes";

/// One record.
pub struct Record<'a> {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// Offset of its first byte from the start of the reading.
    pub offset: u64,
    /// Its bytes, blank lines before it included.
    pub raw: &'a [u8],
    /// Its fields, or why it has none.
    pub fields: std::result::Result<&'a ByteRecord, String>,
}

/// Reads records one after the other.
pub struct Records<R> {
    reader: Reader<Replay<R>>,
    delimiter: u8,
    line_end: u8,
    /// Offset of the current record.
    begin: u64,
    /// Offset behind it.
    end: u64,
    /// Line ends before the current record.
    line_ends: usize,
    record: ByteRecord,
}

impl<R: BufRead> Records<R> {
    /// Lines end with `line_end`.
    pub fn new(inner: R, delimiter: u8, line_end: u8) -> Self {
        let replay = Replay { inner, kept: Vec::new(), start: 0, next: 0 };
        let mut builder = ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(replay);
        Self { reader, delimiter, line_end, begin: 0, end: 0, line_ends: 0, record: ByteRecord::new() }
    }

    /// The next record; `None` at the end. Blank lines are no records.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn next(&mut self) -> Result<Option<Record<'_>>> {
        self.line_ends += self.raw().iter().filter(|byte| **byte == self.line_end).count();
        self.begin = self.end;
        self.reader.get_mut().forget(self.begin);
        if !self.read()? {
            return Ok(None);
        }
        let mut reason = quoting::flaw(self.raw(), self.delimiter);
        if reason.is_none() && self.is_cut_short()? {
            reason = Some(CUT_SHORT.to_owned());
        }
        if reason.is_some() {
            self.give_up_line()?;
        }
        let blank = self.raw().iter().take_while(|byte| b"\r\n".contains(byte));
        let blank_lines = blank.filter(|byte| **byte == self.line_end).count();
        Ok(Some(Record {
            line: 1 + self.line_ends + blank_lines,
            offset: self.begin,
            raw: self.raw(),
            fields: reason.map_or(Ok(&self.record), Err),
        }))
    }

    fn read(&mut self) -> Result<bool> {
        let is_record = self.reader.read_byte_record(&mut self.record)?;
        self.end = self.reader.position().byte();
        Ok(is_record)
    }

    fn raw(&self) -> &[u8] {
        self.reader.get_ref().between(self.begin, self.end)
    }

    /// Where such a row ends cannot be known: the line on which it begins is left out, on the next there is a row again.
    fn give_up_line(&mut self) -> Result<()> {
        let blank = self.raw().iter().take_while(|byte| b"\r\n".contains(byte)).count() as u64;
        self.end = self.reader.get_mut().line_end_behind(self.begin + blank, self.line_end)?;
        let mut position = Position::new();
        position.set_byte(self.end);
        self.reader.seek(position)?;
        Ok(())
    }

    /// Whether a carriage return ended the record in a file whose lines end otherwise.
    fn is_cut_short(&mut self) -> Result<bool> {
        if self.line_end == b'\r' || !self.raw().ends_with(b"\r") {
            return Ok(false);
        }
        let follows = self.reader.get_mut().byte_at(self.end)?;
        Ok(follows.is_some_and(|byte| byte != b'\n'))
    }
}

/// Keeps what was read, so that it can be looked at and be read again.
struct Replay<R> {
    inner: R,
    kept: Vec<u8>,
    /// Offset of the first kept byte.
    start: u64,
    /// Index of the kept byte that is read next.
    next: usize,
}

impl<R: BufRead> Replay<R> {
    /// What lies before this offset is not asked for again.
    fn forget(&mut self, offset: u64) {
        let count = self.index(offset);
        // Seldom, for the rest has to be moved.
        if count > self.kept.len() / 2 {
            self.kept.drain(..count);
            self.start += count as u64;
            self.next -= count;
        }
    }

    fn between(&self, begin: u64, end: u64) -> &[u8] {
        &self.kept[self.index(begin)..self.index(end)]
    }

    /// The byte at an offset up to the end of what was read, if there is one.
    fn byte_at(&mut self, offset: u64) -> Result<Option<u8>> {
        match self.kept.get(self.index(offset)) {
            Some(byte) => Ok(Some(*byte)),
            None => Ok(self.inner.fill_buf()?.first().copied()),
        }
    }

    /// The offset behind the line that goes on at this one; what of it was not read yet is read.
    fn line_end_behind(&mut self, offset: u64, line_end: u8) -> Result<u64> {
        let mut from = self.index(offset);
        loop {
            let length = self.kept[from..].iter().position(|byte| *byte == line_end);
            if let Some(length) = length {
                return Ok(self.start + (from + length + 1) as u64);
            }
            from = self.kept.len();
            let more = self.inner.fill_buf()?;
            if more.is_empty() {
                return Ok(self.start + from as u64);
            }
            self.kept.extend_from_slice(more);
            let count = more.len();
            self.inner.consume(count);
        }
    }

    fn index(&self, offset: u64) -> usize {
        (offset.saturating_sub(self.start) as usize).min(self.kept.len())
    }
}

impl<R: BufRead> Read for Replay<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut count = (&self.kept[self.next..]).read(buffer)?;
        if count == 0 {
            count = self.inner.read(buffer)?;
            self.kept.extend_from_slice(&buffer[..count]);
        }
        self.next += count;
        Ok(count)
    }
}

impl<R: BufRead> Seek for Replay<R> {
    /// To an offset among the kept bytes.
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let SeekFrom::Start(offset) = to else { return Err(std::io::ErrorKind::Unsupported.into()) };
        self.next = self.index(offset);
        Ok(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    /// Lines, offsets and fields (joined) of what is read; a rejected row is an empty string.
    fn read(content: &str, line_end: u8, buffer: usize) -> Vec<(usize, u64, String)> {
        let mut records = Records::new(BufReader::with_capacity(buffer, content.as_bytes()), b',', line_end);
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let text = |fields: &ByteRecord| {
                fields.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join("|")
            };
            found.push((record.line, record.offset, record.fields.map(text).unwrap_or_default()));
        }
        found
    }

    fn lines(content: &str, line_end: u8) -> Vec<(usize, String)> {
        let mut found = read(content, line_end, 1);
        assert_eq!(found, read(content, line_end, 1000), "the size of the buffer changes nothing");
        found.drain(..).map(|(line, _, fields)| (line, fields)).collect()
    }

    fn expected(rows: &[(usize, &str)]) -> Vec<(usize, String)> {
        rows.iter().map(|(line, fields)| (*line, (*fields).to_owned())).collect()
    }

    #[test]
    fn lines_are_counted_as_the_file_ends_them() {
        let rows = [(1, "text|label"), (2, "two\nlines|1"), (6, "up|0")];
        assert_eq!(lines("text,label\n\"two\nlines\",1\n\n\nup,0\n", b'\n'), expected(&rows));
        let windows = "text,label\r\n\"two\nlines\",1\r\n\r\n\r\nup,0\r\n";
        assert_eq!(lines(windows, b'\n'), expected(&rows));
        let mac = [(1, "text|label"), (2, "two\rlines|1"), (6, "up|0")];
        assert_eq!(lines("text,label\r\"two\rlines\",1\r\r\rup,0\r", b'\r'), expected(&mac));
        assert_eq!(lines("text\nup\r", b'\n'), expected(&[(1, "text"), (2, "up")]));
    }

    #[test]
    fn behind_a_row_with_wrong_quotes_the_next_line_is_a_row() {
        let rows = [(1, "text|label"), (2, ""), (3, "up|1"), (4, "say \"up\"|1"), (5, "down|0")];
        let content = "text,label\n\"open,1\nup,1\n\"say \"\"up\"\"\",1\ndown,0\n";
        assert_eq!(lines(content, b'\n'), expected(&rows));
        let rows = [(1, "text"), (2, ""), (3, ""), (4, "down")];
        assert_eq!(lines("text\n\"\\\"up\\\"\"\n\"a\" b\ndown\n\n", b'\n'), expected(&rows));
        assert_eq!(lines("text\n\"open", b'\n'), expected(&[(1, "text"), (2, "")]));
    }

    #[test]
    fn a_carriage_return_alone_does_not_make_two_rows_of_one() {
        let rows = [(1, "text"), (2, ""), (3, "down"), (4, "a\rb")];
        assert_eq!(lines("text\nup\rand\rup\ndown\r\n\"a\rb\"\n", b'\n'), expected(&rows));
    }

    proptest! {
        /// What the crate alone reads of well-formed rows, at the offsets at which they were written.
        #[test]
        fn well_formed_rows_are_read_as_they_were_written(
            rows in proptest::collection::vec(proptest::collection::vec("[a\" ,\n\r\\\\é]{0,5}", 2..4), 1..20),
            buffer in 1usize..40,
        ) {
            let (mut writer, mut expected) = (::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()), Vec::new());
            let (mut offset, mut line) = (0, 1);
            for row in &rows {
                expected.push((line, offset, row.join("|")));
                writer.write_record(row).unwrap();
                writer.flush().unwrap();
                let written = &writer.get_ref()[offset as usize..];
                line += written.iter().filter(|byte| **byte == b'\n').count();
                offset += written.len() as u64;
            }
            let content = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(read(&content, b'\n', buffer), expected);
        }

        #[test]
        fn whatever_the_bytes_the_reading_ends_and_lines_rise(content in "[a\",\n\r]{0,40}", buffer in 1usize..20) {
            let found = read(&content, b'\n', buffer);
            prop_assert!(found.is_sorted_by(|lhs, rhs| lhs.0 < rhs.0), "{:?}", found);
        }
    }
}
