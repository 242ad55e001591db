//! `config.json` on its way to candle-transformers: what is missing gets transformers' default, and what would be computed
//! otherwise than it says is refused.

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The keys of a configuration.
#[derive(Debug)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// Lays a configuration over these defaults; a key that is null is not there.
    pub fn new(config: &Map<String, Value>, defaults: Value) -> Self {
        let mut settings = defaults.as_object().cloned().unwrap_or_default();
        let known = config.iter().filter(|(_, value)| !value.is_null());
        settings.extend(known.map(|(key, value)| (key.clone(), value.clone())));
        // Read elsewhere, and candle's configurations disagree about their form.
        ["id2label", "label2id"].iter().for_each(|key| {
            settings.shift_remove(*key);
        });
        Self(settings)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    /// A whole number.
    ///
    /// # Errors
    /// Something else, or nothing.
    pub fn count(&self, key: &str) -> anyhow::Result<usize> {
        let value = self.get(key);
        let count = value.and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        count.with_context(|| {
            format!(
                "config.json: expected a whole number in `{key}`, found {}",
                value.unwrap_or(&Value::Null)
            )
        })
    }

    /// A key that has one of these values or is not there.
    ///
    /// # Errors
    /// Another value: the words say what of it is not computed.
    pub fn only(&self, key: &str, values: &[Value], what: &str) -> anyhow::Result<()> {
        let found = self.get(key).unwrap_or(&Value::Null);
        let expected: Vec<String> = values.iter().map(Value::to_string).collect();
        ensure!(
            found.is_null() || values.contains(found),
            "config.json: expected `{key}` to be {}, found {found}: candle-transformers does not compute {what}. Take \
             another teacher",
            expected.join(" or ")
        );
        Ok(())
    }

    /// As the structure that candle-transformers wants.
    ///
    /// # Errors
    /// A key that is missing or of another type.
    pub fn parse<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        let parsed = serde_path_to_error::deserialize(Value::Object(self.0.clone()));
        parsed.map_err(|error| match error.path().iter().len() {
            0 => anyhow::anyhow!("config.json: {}", error.inner()),
            _ => anyhow::anyhow!("config.json: `{}`: {}", error.path(), error.inner()),
        })
    }
}
