//! JSON Lines: one object a line, by key. Other keys are ignored.
//!
//! A label may be a number or a string; both become text here, so that ids and names are told apart in one
//! place for both formats.

use super::lines;
use super::rows::{Each, Row};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::io::BufRead;
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
/// also an integer), or is not UTF-8; each with its line. Whatever `each` returns.
pub fn rows(reader: impl BufRead, path: &Path, keys: &[&str], each: Each<'_>) -> anyhow::Result<()> {
    lines::for_each(reader, path, &mut |line, text| {
        if text.trim().is_empty() {
            return Ok(());
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
        each(Row { line, fields: fields.with_context(|| format!("{}:{line}", path.display()))? })
    })
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
