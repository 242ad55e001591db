//! JSON Lines: one object a line, by key. Other keys are ignored.
//!
//! A label may be a number or a string; both become text here, so that ids and names are told apart in one
//! place for both formats.

use super::{Row, utf8, without_byte_order_mark};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::path::Path;

/// Serde refuses a key that is there twice, which a generic JSON value would not.
#[derive(Deserialize)]
struct Object {
    text: Option<serde_json::Value>,
    label: Option<serde_json::Value>,
}

/// The values of the named keys (`text`, `label`), line by line.
///
/// # Errors
/// A line that is no JSON object, lacks a key or has it twice, holds another type than a string (for `label`
/// also an integer), or is not UTF-8; each with its line.
pub fn rows(bytes: &[u8], path: &Path, keys: &[&str]) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (index, bytes) in without_byte_order_mark(bytes).split(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let text = utf8(bytes, path, line)?;
        if text.trim().is_empty() {
            continue;
        }
        // Serde would take an array for a struct, field by field.
        ensure!(
            text.trim_start().starts_with('{'),
            "{}:{line}: expected a JSON object, found a line that does not begin with `{{`",
            path.display()
        );
        let object: Object = match serde_json::from_str(text) {
            Ok(object) => object,
            Err(error) => bail!("{}:{line}: expected a JSON object, {}", path.display(), reason(&error)),
        };
        let fields = keys.iter().map(|key| field(&object, key)).collect::<anyhow::Result<_>>();
        rows.push(Row { line, fields: fields.with_context(|| format!("{}:{line}", path.display()))? });
    }
    Ok(rows)
}

fn field(object: &Object, key: &str) -> anyhow::Result<String> {
    let (value, expected) = match key {
        "text" => (&object.text, "a string"),
        _ => (&object.label, "a label id or name"),
    };
    match value {
        None => bail!("expected the key `{key}` with {expected}, found none"),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(serde_json::Value::Number(id)) if key == "label" => Ok(id.to_string()),
        Some(other) => bail!("`{key}`: expected {expected}, found {other}"),
    }
}

/// The parser's words with the column alone: its line is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let words = message.rsplit_once(" at line ").map_or(message.as_str(), |(words, _)| words);
    format!("found: {words} at column {}", error.column())
}
