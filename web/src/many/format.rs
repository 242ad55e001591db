//! What kind of text a file is: a table with a delimiter, JSON lines, or one text a line; guessed from its head.
//!
//! Tweets are full of commas. Pasted lines are therefore a table only where something else says so as well: a known
//! column name, a quoted cell, or tabs.

use super::columns;
use super::delimited::Delimited;
use super::json_lines;
use super::plain_lines::{self, Lines};
use super::problem::Problem;
use super::table::Table;

/// Rows that are looked at.
const SAMPLE_ROWS: usize = 200;
/// In the order of their probability.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How rows and cells are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One text a line.
    Lines,
    /// CSV and its kin.
    Delimited {
        /// Between two cells.
        delimiter: u8,
        /// Quotation marks around a cell are not part of it.
        is_quoted: bool,
    },
    /// One JSON object a line.
    JsonLines,
}

/// Reads text of a format into a table, piece by piece.
pub enum Parser {
    /// One text a line.
    Lines(Lines),
    /// CSV and its kin.
    Delimited(Box<Delimited>),
    /// One JSON object a line.
    JsonLines(Lines),
}

impl Format {
    /// A reader of this format.
    pub fn parser(self) -> Parser {
        match self {
            Self::Lines => Parser::Lines(Lines::default()),
            Self::Delimited { delimiter, is_quoted } => {
                Parser::Delimited(Box::new(Delimited::new(delimiter, is_quoted)))
            }
            Self::JsonLines => Parser::JsonLines(Lines::default()),
        }
    }

    /// The table that its rows go into.
    pub fn table(self) -> Table {
        if self == Self::JsonLines { Table::of_json() } else { Table::default() }
    }

    /// What text of this name probably is; pasted text has no name.
    ///
    /// # Errors
    /// It is one large JSON value.
    pub fn guess(name: Option<&str>, head: &str) -> Result<Self, Problem> {
        let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_lowercase());
        let first = head.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).chars().next();
        match (ending.as_deref(), first) {
            (Some("json"), Some('[')) => Err(Problem::JsonList),
            (Some("jsonl" | "ndjson" | "json"), _) => Ok(Self::JsonLines),
            (Some("tsv" | "tab"), _) => Ok(Self::Delimited { delimiter: b'\t', is_quoted: true }),
            (Some("csv"), _) if is_torn_by_delimiters(head) => Ok(Self::Lines),
            (Some("csv"), _) => Ok(Self::Delimited { delimiter: best_delimiter(head), is_quoted: true }),
            (_, Some('{')) => Ok(Self::JsonLines),
            _ => Ok(if is_table(head) {
                Self::Delimited { delimiter: best_delimiter(head), is_quoted: true }
            } else {
                Self::Lines
            }),
        }
    }
}

impl Parser {
    /// Reads on.
    ///
    /// # Errors
    /// Reading cannot go on; rows before are in the table.
    pub fn feed(&mut self, text: &str, table: &mut Table) -> Result<(), Problem> {
        let rows = table.num_rows();
        match self {
            Self::Lines(lines) => lines.feed(text, rows, |line| plain_lines::push(line, table)),
            Self::Delimited(reader) => reader.feed(text, table),
            Self::JsonLines(lines) => lines.feed(text, rows, |line| json_lines::push(line, table)),
        }
    }

    /// The text has ended.
    ///
    /// # Errors
    /// As [`Parser::feed`].
    pub fn finish(&mut self, table: &mut Table) -> Result<(), Problem> {
        match self {
            Self::Lines(lines) => lines.finish(|line| plain_lines::push(line, table)),
            Self::Delimited(reader) => reader.finish(table),
            Self::JsonLines(lines) => lines.finish(|line| json_lines::push(line, table)),
        }
    }
}

/// The first rows, the one that the head may cut through left out.
fn sample(head: &str, delimiter: u8) -> Table {
    let mut table = Table::default();
    let whole = head.rfind('\n').map_or(head, |end| head.get(..=end).unwrap_or(head));
    let mut reader = Delimited::new(delimiter, true);
    let _ = reader.feed(whole, &mut table).and_then(|()| reader.finish(&mut table));
    table
}

/// How even the rows are, and how many cells the first has.
fn evenness(table: &Table) -> (usize, usize) {
    let rows = table.num_rows().min(SAMPLE_ROWS);
    let columns = table.num_cells(0);
    if columns < 2 {
        return (0, columns);
    }
    let even = (0..rows).filter(|row| table.num_cells(*row) == columns).count();
    (even * 100 / rows.max(1), columns)
}

fn best_delimiter(head: &str) -> u8 {
    let scored = DELIMITERS.map(|delimiter| (evenness(&sample(head, delimiter)), delimiter));
    // Of equally good ones the first; nothing but single cells is a CSV of one column.
    scored.into_iter().rev().max_by_key(|(score, _)| *score).map_or(b',', |(_, delimiter)| delimiter)
}

/// One column of texts that were written without quotation marks, commas and all.
fn is_torn_by_delimiters(head: &str) -> bool {
    let table = sample(head, best_delimiter(head));
    table.num_cells(0) < 2 && table.num_ragged() > 0
}

fn is_table(head: &str) -> bool {
    let delimiter = best_delimiter(head);
    let table = sample(head, delimiter);
    let (even_percent, _) = evenness(&table);
    let names = (0..table.num_cells(0)).filter_map(|at| table.cell(0, at));
    let has_names = names.filter(|name| columns::is_known_name(name)).count() > 0;
    let is_quoted =
        head.contains("\",") || head.contains(",\"") || head.contains("\";") || head.contains(";\"");
    even_percent >= 90 && table.num_rows() > 1 && (has_names || is_quoted || delimiter == b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn separated_by(delimiter: u8) -> Format {
        Format::Delimited { delimiter, is_quoted: true }
    }

    fn guess(name: Option<&str>, head: &str) -> Format {
        Format::guess(name, head).unwrap()
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_even_rows() {
        for (head, delimiter) in [
            ("text,label\n\"a; b\",1\nc;d,0\n", b','),
            ("text;label\na, b, c;1\nd;0\n", b';'),
            ("text\tlabel\na, b; c\t1\nd,\t0\n", b'\t'),
            ("id|text\n1|up, and up\n2|down\n", b'|'),
            ("only\none column\n", b','),
            ("text\n\"quoted, as it should be\"\n", b','),
        ] {
            assert_eq!(guess(Some("a.CSV"), head), separated_by(delimiter), "{head}");
        }
        assert_eq!(guess(Some("a.tsv"), "one"), separated_by(b'\t'));
        assert_eq!(guess(Some("a.csv"), "text\nApple, again, falls\nno comma\n"), Format::Lines);
    }

    #[test]
    fn pasted_lines_with_commas_are_not_a_table_without_further_signs() {
        assert_eq!(guess(None, "Apple up, Google down\nTSLA up, AMZN down\n"), Format::Lines);
        assert_eq!(guess(None, "one, two\nthree\n"), Format::Lines);
        assert_eq!(guess(Some("tweets.txt"), "text, they say\nmore\n"), Format::Lines);
        assert_eq!(guess(None, "id,text\n1,Apple up\n2,Google down"), separated_by(b','));
        assert_eq!(guess(None, "1,\"Apple up, again\"\n2,\"Google, down\"\n"), separated_by(b','));
        assert_eq!(guess(None, "1\tApple up, again\n2\tGoogle\n"), separated_by(b'\t'));
        assert_eq!(guess(None, "{\"text\":\"a\"}\n"), Format::JsonLines);
    }

    #[test]
    fn a_json_list_is_refused_with_a_way_out() {
        let problem = Format::guess(Some("a.json"), " [{\"text\":1}]").unwrap_err();
        assert_eq!(problem, Problem::JsonList);
        assert_eq!(guess(Some("a.json"), "{\"text\":1}"), Format::JsonLines);
    }
}
