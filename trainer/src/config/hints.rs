//! What a person probably meant by a value that its key does not take.
//!
//! Quotes that the shell took, numbers where text is expected and the other way round, numbers that TOML does not have.

use super::overrides::Override;
use toml::Value;

/// The largest whole number of TOML.
const LARGEST: i64 = i64::MAX;

/// What to write instead of `found` at `key`, as a sentence; nothing where nobody can know. `reason` is the parser's: it
/// says what was expected. `set` is the override that the value comes from, where it is one's.
pub fn hint(key: &str, found: &Value, reason: &str, set: Option<&Override>) -> String {
    let expects = |kinds: &[&str]| {
        let expected = reason.rsplit_once("expected ").map_or("", |(_, expected)| expected);
        kinds.iter().any(|kind| expected.starts_with(kind))
    };
    let write = |value: &str| match set {
        Some(_) => format!(". Write --set '{key}={value}'"),
        None => format!(". Write {key} = {value}"),
    };
    let (text, number, list) =
        (["a string", "path string", "string"], ["u64", "usize", "f64", "f32"], ["a sequence"]);
    match found {
        Value::String(found) if expects(&list) || expects(&["a map"]) => match set {
            Some(_) if found.starts_with(['[', '{']) => format!(
                ": the quotes in it are for TOML, not for the shell{}",
                write(&with_quotes(found).unwrap_or_else(|| "[\"…\"]".to_owned()))
            ),
            _ if expects(&list) => write(&format!("[{found:?}]")),
            _ => String::new(),
        },
        Value::String(found) if expects(&number) => {
            number_for(found).map_or_else(String::new, |number| match number {
                Ok(number) => write(&number),
                Err(too_large) => too_large,
            })
        }
        Value::String(found) if expects(&["a boolean"]) => match found.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => write("true"),
            "false" | "no" | "off" | "0" => write("false"),
            _ => ". Write true or false".to_owned(),
        },
        Value::Integer(found @ (0 | 1)) if expects(&["a boolean"]) => write(&(*found == 1).to_string()),
        Value::Float(found)
            if expects(&["u64", "usize"]) && found.fract() == 0.0 && (0.0..1e15).contains(found) =>
        {
            write(&format!("{found:.0}"))
        }
        Value::Array(items) if expects(&text) => {
            let items: Vec<String> = items.iter().map(quoted).collect();
            format!(": a name that is a number needs quotes{}", write(&format!("[{}]", items.join(", "))))
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) if expects(&text) => {
            let typed = set.map_or_else(|| found.to_string(), |set| set.typed_value().to_owned());
            format!(": text that looks like something else needs quotes{}", write(&format!("{typed:?}")))
        }
        _ => String::new(),
    }
}

/// What is wrong with what the parser of a whole file stumbled over, where that is a number beyond TOML's.
pub fn of_file(found: &str) -> String {
    match number_for(found) {
        Some(Err(too_large)) => too_large,
        _ => String::new(),
    }
}

/// `[Down,Up]` with the quotes that a shell took from it; nothing where that is no list of words.
fn with_quotes(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let items: Vec<String> = inner.split(',').map(|item| format!("{:?}", item.trim())).collect();
    Some(format!("[{}]", items.join(", ")))
}

/// A text as it is, anything else as the text that shows it.
fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{:?}", value.to_string()), |text| format!("{text:?}"))
}

/// The number that a text means, or why TOML has none.
fn number_for(text: &str) -> Option<Result<String, String>> {
    let text = text.trim();
    if text.parse::<i64>().is_ok() {
        return Some(Ok(text.trim_start_matches('+').to_owned()));
    }
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        return Some(Err(format!(": the largest whole number of TOML is {LARGEST}")));
    }
    // With a decimal comma, or in quotes.
    let number = text.replace(',', ".");
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| Ok(number))
}
