//! How predictions look: a line for a person, CSV or JSON Lines for a program.
//!
//! JSON Lines use the field names of the JavaScript engine's predictions, CSV one `p_LABEL` column a label.

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

#[derive(Serialize)]
struct Record<'a> {
    text: &'a str,
    #[serde(flatten)]
    prediction: messages::Prediction,
}

/// Writes all predictions, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn write(
    path: &Path,
    format: Format,
    labels: &[String],
    texts: &[String],
    predictions: &[Prediction],
) -> anyhow::Result<()> {
    let bytes = match format {
        Format::Csv => {
            csv_bytes(labels, texts, predictions).context("cannot write the predictions as CSV")?
        }
        Format::Jsonl => {
            jsonl_bytes(labels, texts, predictions).context("cannot write the predictions as JSON")?
        }
    };
    write_atomically(path, &bytes)
}

/// One line: label, probabilities, what is special, the text.
pub fn line(labels: &[String], text: &str, prediction: &Prediction) -> String {
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let mut line = format!("{:width$} ", prediction.label);
    for (label, probability) in labels.iter().zip(&prediction.probabilities) {
        // Writing to a String cannot fail.
        let _ = write!(line, "  {label} {:5.1} %", probability * 100.0);
    }
    let notes = [(prediction.is_uncertain, "uncertain"), (prediction.is_truncated, "truncated")];
    let notes: Vec<_> = notes.iter().filter(|(applies, _)| *applies).map(|(_, note)| *note).collect();
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
    // Control characters of a text could move the cursor or recolour the terminal.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(line, "{notes}  │ {}", text.trim());
    line
}

fn csv_bytes(labels: &[String], texts: &[String], predictions: &[Prediction]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["text".to_owned(), "label".to_owned()];
    header.extend(labels.iter().map(|label| format!("p_{label}")));
    header.extend(["uncertain", "tokens", "truncated"].map(str::to_owned));
    writer.write_record(&header)?;
    for (text, prediction) in texts.iter().zip(predictions) {
        let mut row = vec![text.clone(), prediction.label.clone()];
        row.extend(prediction.probabilities.iter().map(f32::to_string));
        row.push(prediction.is_uncertain.to_string());
        row.push(prediction.num_tokens.to_string());
        row.push(prediction.is_truncated.to_string());
        writer.write_record(&row)?;
    }
    Ok(writer.into_inner()?)
}

fn jsonl_bytes(labels: &[String], texts: &[String], predictions: &[Prediction]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (text, prediction) in texts.iter().zip(predictions) {
        let prediction = messages::Prediction {
            label: prediction.label.clone(),
            scores: labels.iter().cloned().zip(prediction.probabilities.iter().copied()).collect(),
            uncertain: prediction.is_uncertain,
            tokens: prediction.num_tokens,
            truncated: prediction.is_truncated,
        };
        serde_json::to_writer(&mut bytes, &Record { text, prediction })?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
