//! JSON Lines: one object a line, by key. Other keys are ignored.
//!
//! A label may be a number or a string; both become text here, so that ids and names are told apart in one
//! place for both formats.

use super::columns;
use super::lines;
use super::row::{Columns, Each, Field, Rejected};
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
        match text.and_then(|text| fields(text, keys)) {
            Ok(fields) => keys.row(line, fields).map_or(Ok(()), &mut *each),
            Err(reason) => each(Err(Rejected { line, reason })),
        }
    })
}

fn fields(text: &str, keys: Columns<'_>) -> Result<Vec<Field>, String> {
    // Serde would take an array for a struct, field by field.
    if !text.trim_start().starts_with('{') {
        return Err("expected a JSON object, found a line that does not begin with `{`".to_owned());
    }
    let names = keys.names();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object = Wanted(&names).deserialize(&mut deserializer).and_then(|object| {
        deserializer.end()?;
        Ok(object)
    });
    let Object { values, keys: found } =
        object.map_err(|error| format!("expected a JSON object, {}", reason(&error)))?;
    let field = |(index, (key, value)): (usize, (&&str, Option<Value>))| {
        let (is_text, expected) = match index {
            0 => (true, "a string"),
            _ => (false, "a label id or name"),
        };
        match value {
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(number)) if !is_text => Ok(number.to_string()),
            // Of a condition; a label is none of these.
            Some(Value::Bool(value)) if keys.label != Some(*key) && !is_text => Ok(value.to_string()),
            Some(other) => Err(format!("`{key}`: expected {expected}, found {other}")),
            None => {
                let found: Vec<&str> = found.iter().map(String::as_str).collect();
                let cure = columns::cure(keys, &found);
                Err(format!("expected the key `{key}` with {expected}, found none{cure}"))
            }
        }
    };
    Ok(names.iter().zip(values).enumerate().map(field).collect())
}

/// The parser's words with the column alone: its line is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let words = message.rsplit_once(" at line ").map_or(message.as_str(), |(words, _)| words);
    format!("found: {words} at column {}", error.column())
}

/// The wanted values of an object, one for each name, and all its keys.
struct Object {
    values: Vec<Option<Value>>,
    keys: Vec<String>,
}

/// Refuses a wanted key that is there twice, which a generic JSON value would not.
struct Wanted<'a>(&'a [&'a str]);

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
        let mut object = Object { values: vec![None; self.0.len()], keys: Vec::new() };
        while let Some(key) = map.next_key::<String>()? {
            let wanted: Vec<usize> = (0..self.0.len()).filter(|index| self.0[*index] == key).collect();
            if wanted.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else if wanted.iter().any(|index| object.values[*index].is_some()) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            } else {
                let value: Value = map.next_value()?;
                wanted.into_iter().for_each(|index| object.values[index] = Some(value.clone()));
            }
            object.keys.push(key);
        }
        Ok(object)
    }
}
