//! `[[data.sources]]`: labelled files of several kinds in one run, each with what is its own.
//!
//! `data.train` is the short form of one such source. What a source does not say, `[data]` and `[split]` do.

use super::reading::{Delimiter, Encoding, ReadOptions};
use super::schema::{DataConfig, SplitConfig};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A file, or a part of one, that is learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Names it in card, report and errors, and in `--set data.sources.NAME.key=value`: letters, digits, `_` and `-`.
    pub name: String,
    /// As `data.train`; without labels also lines (`.txt`).
    pub path: PathBuf,
    /// Only rows of which these columns hold this value, or one of these.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub r#where: IndexMap<String, Values>,
    /// The kind of texts that it belongs to: what is measured, and counts the same as every other; none: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Weight of each of its rows in the loss, > 0.
    #[serde(default = "one")]
    pub weight: f64,
    /// Its labels do not count where teachers say something of its texts: for labels that are noisier than the teachers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub teachers_only: bool,
    /// The labels that it tells apart; none: all. Its rows say nothing of the others: the loss is that of the softmax over
    /// these alone. `[]`: its texts are read without labels, for `adapt` and for distillation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The labels that the file means by 0, 1, …; without it a number in the file is no label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What the file writes for a label → the label's name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub label_map: IndexMap<String, String>,
    /// Instead of the split's, 0 ≤ f < 1; 0: not held out. A source of some labels holds out nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_fraction: Option<f64>,
    /// Likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_fraction: Option<f64>,
    /// What it is, from when, and under which licence, for the model card.
    #[serde(default)]
    pub description: String,
    /// Instead of `data.text_column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// Instead of `data.label_column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Instead of `data.delimiter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Instead of `data.encoding`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

fn one() -> f64 {
    1.0
}

impl SourceConfig {
    /// All labels of a file, each row with weight 1, as a domain of its own.
    pub fn new(name: impl Into<String>, path: PathBuf) -> Self {
        Self {
            name: name.into(),
            path,
            r#where: IndexMap::new(),
            domain: None,
            weight: one(),
            teachers_only: false,
            labels: None,
            ids: Vec::new(),
            label_map: IndexMap::new(),
            validation_fraction: None,
            test_fraction: None,
            description: String::new(),
            text_column: None,
            label_column: None,
            delimiter: None,
            encoding: None,
        }
    }

    /// The kind of texts that it belongs to.
    pub fn domain(&self) -> &str {
        self.domain.as_ref().unwrap_or(&self.name)
    }

    /// Whether its labels are read.
    pub fn is_labelled(&self) -> bool {
        self.labels.as_ref().is_none_or(|labels| !labels.is_empty())
    }

    /// Shares that are validated and tested on. What tells only some of the `all` labels apart cannot be scored beside the
    /// rest.
    pub fn fractions(&self, split: &SplitConfig, all: &[String]) -> (f64, f64) {
        match self.tells_all(all) {
            true => (
                self.validation_fraction.unwrap_or(split.validation_fraction),
                self.test_fraction.unwrap_or(split.test_fraction),
            ),
            false => (0.0, 0.0),
        }
    }

    /// Whether it tells all of these labels apart.
    pub fn tells_all(&self, all: &[String]) -> bool {
        self.labels.as_ref().is_none_or(|labels| all.iter().all(|label| labels.contains(label)))
    }

    /// How its file is read.
    pub fn read_options(&self, data: &DataConfig) -> ReadOptions {
        ReadOptions {
            text_column: self.text_column.as_ref().unwrap_or(&data.text_column).clone(),
            label_column: self.label_column.as_ref().unwrap_or(&data.label_column).clone(),
            delimiter: self.delimiter.unwrap_or(data.delimiter),
            encoding: self.encoding.unwrap_or(data.encoding),
            label_map: self.label_map.clone(),
            conditions: self
                .r#where
                .iter()
                .map(|(column, Values(values))| (column.clone(), values.clone()))
                .collect(),
        }
    }
}

/// Values of a column: one, or a list; numbers are taken as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Values(pub Vec<String>);

impl TryFrom<toml::Value> for Values {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let text = |value: &toml::Value| match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(_) | toml::Value::Boolean(_) => Some(value.to_string()),
            _ => None,
        };
        let values = match &value {
            toml::Value::Array(values) => values.iter().map(text).collect(),
            one => text(one).map(|text| vec![text]),
        };
        let values = values.filter(|values: &Vec<String>| !values.is_empty());
        values.map(Self).ok_or_else(|| format!("expected a value or a list of values, found {value}"))
    }
}
