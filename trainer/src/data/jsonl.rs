//! JSON Lines: one object a line, by key. Other keys are ignored.
//!
//! A label may be a number or a string; both become text here, so that ids and names are told apart in one
//! place for both formats.

use super::columns;
use super::lines;
use super::row::{Columns, Each, Rejected, Row};
use super::source::Source;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// The values of the wanted keys, line by line. Blank lines are no rows.
///
/// # Errors
/// A file that cannot be read, whatever `each` returns.
pub fn rows(source: Source<'_>, keys: Columns<'_>, each: Each<'_>) -> anyhow::Result<()> {
    lines::for_each(source, &mut |line, text| {
        if text.as_ref().is_ok_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        let row = text.and_then(|text| row(text, keys, line));
        each(row.map_err(|reason| Rejected { line, reason }))
    })
}

fn row(text: &str, keys: Columns<'_>, line: usize) -> Result<Row, String> {
    // Serde would take an array for a struct, field by field.
    if !text.trim_start().starts_with('{') {
        return Err("expected a JSON object, found a line that does not begin with `{`".to_owned());
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object = Wanted(keys).deserialize(&mut deserializer).and_then(|object| {
        deserializer.end()?;
        Ok(object)
    });
    let Object { text, label, keys: found } =
        object.map_err(|error| format!("expected a JSON object, {}", reason(&error)))?;
    let missing = |key: &str, expected: &str| {
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        format!("expected the key `{key}` with {expected}, found none{}", columns::cure(keys, &found))
    };
    let text = match text.ok_or_else(|| missing(keys.text, "a string"))? {
        Value::String(text) => text,
        other => return Err(format!("`{}`: expected a string, found {other}", keys.text)),
    };
    let label = match (keys.label, label) {
        (None, _) => String::new(),
        (Some(key), None) => return Err(missing(key, "a label id or name")),
        (Some(_), Some(Value::String(label))) => label,
        (Some(_), Some(Value::Number(id))) => id.to_string(),
        (Some(key), Some(other)) => {
            return Err(format!("`{key}`: expected a label id or name, found {other}"));
        }
    };
    Ok(Row { line, text, label })
}

/// The parser's words with the column alone: its line is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let words = message.rsplit_once(" at line ").map_or(message.as_str(), |(words, _)| words);
    format!("found: {words} at column {}", error.column())
}

/// The wanted values of an object, and all its keys.
struct Object {
    text: Option<Value>,
    label: Option<Value>,
    keys: Vec<String>,
}

/// Refuses a wanted key that is there twice, which a generic JSON value would not.
struct Wanted<'a>(Columns<'a>);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Object;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object { text: None, label: None, keys: Vec::new() };
        while let Some(key) = map.next_key::<String>()? {
            let wanted = match key == self.0.text {
                true => Some(&mut object.text),
                false => (self.0.label == Some(key.as_str())).then_some(&mut object.label),
            };
            match wanted {
                Some(Some(_)) => return Err(A::Error::custom(format!("duplicate key `{key}`"))),
                Some(value) => *value = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            object.keys.push(key);
        }
        Ok(object)
    }
}
