//! How a file is read: what was guessed, and what the visitor says instead.

use super::columns::{self, Columns};
use super::encoding::Encoding;
use super::format::Format;
use super::table::Table;

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name; pasted text has none.
    pub name: Option<String>,
    /// Bytes of the file, or of the pasted text.
    pub size_bytes: u64,
}

/// Everything that can be changed before a batch starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of the bytes.
    pub encoding: Encoding,
    /// The encoding is a guess: the bytes are no UTF-8.
    pub is_encoding_doubtful: bool,
    /// Of the text.
    pub format: Format,
    /// The first row names the columns.
    pub has_header: bool,
    /// Which column is what.
    pub columns: Columns,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            is_encoding_doubtful: false,
            format: Format::Lines,
            has_header: false,
            columns: Columns::default(),
        }
    }
}

impl Settings {
    /// Guesses header and columns, once there are rows to look at.
    pub fn guess_from(&mut self, table: &Table) {
        self.has_header = !table.is_json() && columns::has_header(table);
        self.guess_columns(table);
    }

    /// Guesses the columns alone.
    pub fn guess_columns(&mut self, table: &Table) {
        let names = if self.has_header || table.is_json() { self.names(table) } else { Vec::new() };
        self.columns = Columns::guess(table, self.first_row(), &names);
        if self.format == Format::Lines {
            self.columns = Columns { text: Some(0), label: None, date: None };
        }
    }

    /// The first row that is not the header.
    pub fn first_row(&self) -> usize {
        usize::from(self.has_header)
    }

    /// A name for every column, also where the file has none.
    pub fn names(&self, table: &Table) -> Vec<String> {
        let name = |column: usize| {
            let given = if table.is_json() {
                table.keys().get(column).cloned()
            } else if self.has_header {
                table.cell(0, column).map(|name| name.trim().to_owned())
            } else if self.format == Format::Lines {
                Some("text".to_owned())
            } else {
                None
            };
            given.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("column_{}", column + 1))
        };
        (0..table.num_columns()).map(name).collect()
    }
}
