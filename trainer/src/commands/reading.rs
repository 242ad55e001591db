//! Arguments of every command that reads files of texts: what is not the default about them.

use crate::config::reading::{Delimiter, Encoding, ReadOptions};
use crate::data::labelled::{Dataset, read_labelled, read_labelled_leniently};
use crate::data::labels::Labels;
use clap::Args;
use indexmap::IndexMap;
use std::path::Path;

/// How a file of texts is read.
#[derive(Clone, Debug, Args)]
pub struct TextArguments {
    /// Column or key of the texts
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub text_column: String,
    /// Between the fields of a CSV: one character or `tab`; `auto` is a comma, and a tab in .tsv
    #[arg(long, value_name = "CHARACTER", default_value_t)]
    pub delimiter: Delimiter,
    /// Of files without a byte order mark: utf-8, utf-16le, windows-1252 or another name of the Encoding Standard
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: Encoding,
}

/// How a file of texts and labels is read.
#[derive(Clone, Debug, Args)]
pub struct LabelledArguments {
    /// The texts in it.
    #[command(flatten)]
    pub texts: TextArguments,
    /// Column or key of the labels
    #[arg(long, value_name = "NAME", default_value = "label")]
    pub label_column: String,
    /// What the file writes for one of the model's labels, e.g. 'positive=Bullish'; may be given several times
    #[arg(long, value_name = "FOUND=LABEL", allow_hyphen_values = true, value_parser = mapping)]
    pub label_map: Vec<(String, String)>,
    /// Only rows whose column has this value, e.g. 'source=forum'; given several times for a column, one of them; for
    /// several columns, all must fit
    #[arg(long = "where", value_name = "COLUMN=VALUE", allow_hyphen_values = true, value_parser = condition)]
    pub conditions: Vec<(String, String)>,
    /// Stops where a row cannot be used, with an error; without it the others are measured, such rows are listed at the
    /// end, and the exit code is 3
    #[arg(long)]
    pub strict: bool,
}

impl LabelledArguments {
    /// Reads the file; rows that cannot be used are left out, or, with `--strict`, an error.
    ///
    /// # Errors
    /// As [`read_labelled`] and [`read_labelled_leniently`].
    pub fn read(&self, path: &Path, labels: &Labels) -> anyhow::Result<Dataset> {
        let options = ReadOptions::from(self);
        match self.strict {
            true => read_labelled(path, labels, &options),
            false => read_labelled_leniently(path, labels, &options),
        }
    }
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((found, label)) if !found.is_empty() && !label.is_empty() => {
            Ok((found.to_owned(), label.to_owned()))
        }
        _ => Err("expected FOUND=LABEL, e.g. positive=Bullish".to_owned()),
    }
}

fn condition(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("expected COLUMN=VALUE, e.g. source=forum".to_owned()),
    }
}

impl From<&TextArguments> for ReadOptions {
    fn from(arguments: &TextArguments) -> Self {
        Self {
            text_column: arguments.text_column.clone(),
            delimiter: arguments.delimiter,
            encoding: arguments.encoding,
            ..Self::default()
        }
    }
}

impl From<&LabelledArguments> for ReadOptions {
    fn from(arguments: &LabelledArguments) -> Self {
        let mut conditions = IndexMap::<String, Vec<String>>::new();
        for (column, value) in &arguments.conditions {
            conditions.entry(column.clone()).or_default().push(value.clone());
        }
        Self {
            label_column: arguments.label_column.clone(),
            label_map: arguments.label_map.iter().cloned().collect(),
            conditions,
            ..Self::from(&arguments.texts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        reading: LabelledArguments,
    }

    fn options(arguments: &[&str]) -> Option<ReadOptions> {
        let arguments = Arguments::try_parse_from([&["test"], arguments].concat()).ok()?;
        Some(ReadOptions::from(&arguments.reading))
    }

    #[test]
    fn what_is_not_given_is_as_in_a_configuration() {
        assert_eq!(options(&[]), Some(ReadOptions::default()));
    }

    #[test]
    fn conditions_on_a_column_are_alternatives() {
        let found = options(&["--where", "a=x", "--where", "b=", "--where", "a=y=z"]).unwrap().conditions;
        assert_eq!((found["a"].join(" "), found["b"].join(" ")), ("x y=z".to_owned(), String::new()));
        assert!(options(&["--where", "a"]).is_none() && options(&["--where", "=a"]).is_none());
    }

    #[test]
    fn a_mapping_has_a_label_behind_its_last_equals_sign() {
        let map = |text: &str| options(&["--label-map", text]).map(|options| options.label_map);
        assert_eq!(map("a=b=Neutral").unwrap()["a=b"], "Neutral");
        assert_eq!(map("-1=Bearish").unwrap()["-1"], "Bearish");
        assert!(["up", "=Bullish", "up="].iter().all(|text| map(text).is_none()));
        let last = options(&["--label-map", "up=Bullish", "--label-map", "up=Neutral"]).unwrap();
        assert_eq!(last.label_map["up"], "Neutral");
    }
}
