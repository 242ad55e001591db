//! Storage formats by the names that configurations, arguments and model cards spell.

use classifier::model_file::StorageFormat;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A name that is no storage format.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("expected one of F32, Q8_0, Q4_0, found {found:?}")]
pub struct UnknownFormat {
    found: String,
}

/// The format of this name.
///
/// # Errors
/// Another name.
pub fn parse(name: &str) -> Result<StorageFormat, UnknownFormat> {
    StorageFormat::from_name(name).ok_or_else(|| UnknownFormat { found: name.to_owned() })
}

/// Writes the format's name.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(format: &StorageFormat, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(format)
}

/// Reads the format's name.
///
/// # Errors
/// Another name; the deserializer's.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StorageFormat, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The matrices whose names match a pattern (`*` stands for any characters), and how they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TensorFormat {
    /// Of names of tensors.
    pub pattern: String,
    /// What it asks for.
    pub format: StorageFormat,
}

/// What is no `PATTERN=FORMAT`.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidTensorFormat {
    /// No `=`.
    #[error("expected PATTERN=FORMAT, e.g. token_embd.weight=Q8_0, found no `=` in {0:?}")]
    NoFormat(String),
    /// The format is none.
    #[error("tensor pattern `{pattern}`: {source}")]
    Format {
        /// As it was given.
        pattern: String,
        /// What was given for it.
        source: UnknownFormat,
    },
}

impl FromStr for TensorFormat {
    type Err = InvalidTensorFormat;

    fn from_str(text: &str) -> Result<Self, InvalidTensorFormat> {
        let (pattern, format) =
            text.rsplit_once('=').ok_or_else(|| InvalidTensorFormat::NoFormat(text.to_owned()))?;
        match parse(format) {
            Ok(format) => Ok(Self { pattern: pattern.to_owned(), format }),
            Err(source) => Err(InvalidTensorFormat::Format { pattern: pattern.to_owned(), source }),
        }
    }
}

impl TryFrom<String> for TensorFormat {
    type Error = InvalidTensorFormat;

    fn try_from(text: String) -> Result<Self, InvalidTensorFormat> {
        text.parse()
    }
}

impl From<TensorFormat> for String {
    fn from(tensor: TensorFormat) -> Self {
        tensor.to_string()
    }
}

impl fmt::Display for TensorFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.pattern, self.format)
    }
}
