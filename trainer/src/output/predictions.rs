//! How predictions look: a line for a person, CSV or JSON Lines for a program.
//!
//! JSON Lines use the field names of the JavaScript engine's predictions, CSV one `p_LABEL` column a label. A row that
//! could not be read keeps its place and says why.

use super::file::write_atomically;
use anyhow::{Context, bail};
use classifier::Prediction;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// Format of a predictions file.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// `.csv`
    Csv,
    /// `.jsonl`
    Jsonl,
}

impl Format {
    /// By the file's name.
    ///
    /// # Errors
    /// Another extension.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::Jsonl),
            _ => bail!("--output {}: expected a name that ends in .csv or .jsonl", path.display()),
        }
    }
}

/// A row that a prediction was asked for.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its text; of a row that cannot be read, what there is of it.
    pub text: String,
    /// The prediction, or why there is none.
    pub outcome: Result<Prediction, String>,
}

/// An object of the JSON Lines.
#[derive(Serialize)]
struct Record<'a> {
    text: &'a str,
    #[serde(flatten)]
    prediction: Option<messages::Prediction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// Writes all rows, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, format: Format, labels: &[String], rows: &[Row]) -> anyhow::Result<()> {
    let bytes = match format {
        Format::Csv => csv_bytes(labels, rows).context("cannot write the predictions as CSV")?,
        Format::Jsonl => jsonl_bytes(labels, rows).context("cannot write the predictions as JSON")?,
    };
    write_atomically(path, &bytes)
}

/// One line: label, probabilities, what is special, the text; or why there is no label.
pub fn line(labels: &[String], row: &Row) -> String {
    let mut line = match &row.outcome {
        Ok(prediction) => figures(labels, prediction),
        Err(reason) => format!("no label  ({reason})"),
    };
    // Control characters of a text could move the cursor or recolour the terminal.
    let text: String = row.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(line, "  │ {}", text.trim());
    line
}

fn figures(labels: &[String], prediction: &Prediction) -> String {
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let mut line = format!("{:width$} ", prediction.label);
    for (label, probability) in labels.iter().zip(&prediction.probabilities) {
        let _ = write!(line, "  {label} {:5.1} %", probability * 100.0);
    }
    let notes = [(prediction.is_uncertain, "uncertain"), (prediction.is_truncated, "truncated")];
    let notes: Vec<_> = notes.iter().filter(|(applies, _)| *applies).map(|(_, note)| *note).collect();
    if !notes.is_empty() {
        let _ = write!(line, "  ({})", notes.join(", "));
    }
    line
}

fn csv_bytes(labels: &[String], rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["text".to_owned(), "label".to_owned()];
    header.extend(labels.iter().map(|label| format!("p_{label}")));
    header.extend(["uncertain", "tokens", "layers", "truncated", "error"].map(str::to_owned));
    writer.write_record(&header)?;
    for Row { text, outcome } in rows {
        let mut fields = vec![text.clone()];
        match outcome {
            Ok(prediction) => {
                fields.push(prediction.label.clone());
                fields.extend(prediction.probabilities.iter().map(f32::to_string));
                fields.push(prediction.is_uncertain.to_string());
                fields.push(prediction.num_tokens.to_string());
                fields.push(prediction.num_layers.to_string());
                fields.push(prediction.is_truncated.to_string());
                fields.push(String::new());
            }
            Err(reason) => {
                fields.resize(header.len() - 1, String::new());
                fields.push(reason.clone());
            }
        }
        writer.write_record(&fields)?;
    }
    Ok(writer.into_inner()?)
}

fn jsonl_bytes(labels: &[String], rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for Row { text, outcome } in rows {
        let prediction = outcome.as_ref().ok().map(|prediction| messages::Prediction {
            label: prediction.label.clone(),
            scores: labels.iter().cloned().zip(prediction.probabilities.iter().copied()).collect(),
            uncertain: prediction.is_uncertain,
            tokens: prediction.num_tokens,
            layers: prediction.num_layers,
            truncated: prediction.is_truncated,
        });
        let error = outcome.as_ref().err().map(String::as_str);
        serde_json::to_writer(&mut bytes, &Record { text, prediction, error })?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
