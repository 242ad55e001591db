//! How files of texts are read: one value for every command that reads some, from the configuration's `[data]` or from
//! arguments.
//!
//! Plain values: what they do to a file is `data`'s business.

use encoding_rs::UTF_8;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is not the default about somebody's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Column or key of the texts.
    pub text_column: String,
    /// Column or key of the labels.
    pub label_column: String,
    /// What stands between the fields of a row of a CSV.
    pub delimiter: Delimiter,
    /// How the bytes of CSV, JSONL and plain text are to be read, where no byte order mark says it.
    pub encoding: Encoding,
    /// What the file writes → the name or id of the label that it means.
    pub label_map: IndexMap<String, String>,
    /// Column or key → the values of which a row must have one to count; of several columns all must fit.
    pub conditions: IndexMap<String, Vec<String>>,
}

impl ReadOptions {
    /// ` with `source` in ["a", "b"]`: what a row must have to count; nothing where every row does.
    pub fn conditions_in_words(&self) -> String {
        let words = self.conditions.iter().map(|(column, values)| format!("`{column}` in {values:?}"));
        match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" with {}", words.collect::<Vec<_>>().join(" and ")),
        }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_column: "text".to_owned(),
            label_column: "label".to_owned(),
            delimiter: Delimiter::Auto,
            encoding: Encoding::default(),
            label_map: IndexMap::new(),
            conditions: IndexMap::new(),
        }
    }
}

/// What stands between the fields of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Delimiter {
    /// A tab in `.tsv`, a comma elsewhere.
    #[default]
    Auto,
    /// This ASCII character.
    Byte(u8),
}

impl FromStr for Delimiter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.as_bytes()) {
            ("auto", _) => Ok(Self::Auto),
            ("tab" | "\\t", _) => Ok(Self::Byte(b'\t')),
            (_, [byte]) if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(Self::Byte(*byte)),
            _ => Err(format!("expected one ASCII character, `tab` or `auto`, found {text:?}")),
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Byte(b'\t') => formatter.write_str("tab"),
            Self::Byte(byte) => write!(formatter, "{}", char::from(*byte)),
        }
    }
}

/// A character encoding of the Encoding Standard, by any of its labels there: `latin1` is its windows-1252.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding itself.
    pub fn get(self) -> &'static encoding_rs::Encoding {
        self.0
    }
}

impl Default for Encoding {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = encoding_rs::Encoding::for_label_no_replacement(text.as_bytes());
        found.map(Self).ok_or_else(|| {
            format!(
                "expected a name of the Encoding Standard (utf-8, utf-16le, windows-1252, …), found {text:?}"
            )
        })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.name().to_ascii_lowercase())
    }
}

/// As the command line has them, so in a file.
macro_rules! as_string {
    ($kind:ty) => {
        impl TryFrom<String> for $kind {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }
    };
}

as_string!(Delimiter);
as_string!(Encoding);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in ["auto", "tab", ";", ",", "|", " "] {
            assert_eq!(text.parse::<Delimiter>().unwrap().to_string(), text);
        }
        assert_eq!("\\t".parse::<Delimiter>(), Ok(Delimiter::Byte(b'\t')));
        for (text, name) in [("UTF-8", "utf-8"), ("latin1", "windows-1252"), ("utf-16", "utf-16le")] {
            let encoding: Encoding = text.parse().unwrap();
            assert_eq!((encoding.to_string(), encoding.to_string().parse()), (name.to_owned(), Ok(encoding)));
        }
    }

    #[test]
    fn what_is_no_delimiter_and_no_encoding_is_refused() {
        for text in ["", ";;", "\"", "\n", "é"] {
            assert!(text.parse::<Delimiter>().is_err(), "{text:?}");
        }
        // The last one stands for encodings that must not be decoded at all.
        for text in ["", "utf-7", "ebcdic", "replacement"] {
            assert!(text.parse::<Encoding>().is_err(), "{text:?}");
        }
    }
}
