//! `--set key.path=value` and the refusal of unknown keys, both on TOML tables before any type is known.
//!
//! The default configuration, as a table, says which keys there are: no second list to keep.

use anyhow::{Context, bail};
use std::fmt;
use toml::{Table, Value};

/// A table of the user's own keys; as a whole it is one value of the configuration.
const TABLES: [&str; 2] = ["data.label_map", "distillation.label_map"];
/// Tables with names; `data.sources.NAME.KEY` is a key of one.
const SOURCES: &str = "data.sources";

/// One key of a configuration with another value than the file's.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    key: String,
    value: Value,
    /// As a person would type it.
    typed: String,
}

impl Override {
    /// The key of this full path with this value.
    pub fn new(key: &str, value: Value) -> Self {
        Self { typed: format!("{key}={value}"), key: key.to_owned(), value }
    }

    /// What `--set key.path=value` says; the value is TOML, or else the text itself.
    ///
    /// # Errors
    /// No `=`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let (key, value) = text.split_once('=').with_context(|| {
            format!("in --set {text}: expected key.path=value, found no `=` (e.g. --set train.epochs=3)")
        })?;
        Ok(Self { key: key.trim().to_owned(), value: parse_value(value.trim()), typed: text.to_owned() })
    }

    /// All that `--set` was given, in order.
    ///
    /// # Errors
    /// As [`Override::parse`].
    pub fn parse_all(texts: &[String]) -> anyhow::Result<Vec<Self>> {
        texts.iter().map(|text| Self::parse(text)).collect()
    }

    /// Full path of the key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value as it was typed.
    pub fn typed_value(&self) -> &str {
        self.typed.split_once('=').map_or("", |(_, value)| value.trim())
    }

    /// Whether this says what stands at `path`: a key, or something inside its value.
    pub fn decides(&self, path: &str) -> bool {
        path.strip_prefix(&self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Lays the value over `table`.
    ///
    /// # Errors
    /// A key that `known` lacks, or a whole section where a single key is expected.
    pub fn apply(&self, table: &mut Table, known: &Table) -> anyhow::Result<()> {
        let key = self.key.as_str();
        if let Some(inside) = key.strip_prefix(SOURCES).and_then(|rest| rest.strip_prefix('.')) {
            return self.apply_to_source(table, inside);
        }
        match lookup(known, key) {
            None => bail!(unknown_key(key, known)),
            Some(Value::Table(section)) if !TABLES.contains(&key) => {
                let keys = keys_below(section, key).join(", ");
                bail!("`{key}` is a section: expected one of its keys ({keys})")
            }
            Some(_) => {}
        }
        let (sections, last) =
            key.rsplit_once('.').map_or((None, key), |(sections, last)| (Some(sections), last));
        let mut target = table;
        for section in sections.into_iter().flat_map(|sections| sections.split('.')) {
            let inner = target.entry(section).or_insert_with(|| Value::Table(Table::new()));
            target =
                inner.as_table_mut().with_context(|| format!("`{section}` is no section in the file"))?;
        }
        target.insert(last.to_owned(), self.value.clone());
        Ok(())
    }

    /// Lays the value over the key `NAME.KEY` of a source; which keys there are, its type says.
    fn apply_to_source(&self, table: &mut Table, inside: &str) -> anyhow::Result<()> {
        let expected = || format!("`{}`: expected data.sources.NAME.KEY, without further keys", self.key);
        let (name, key) =
            inside.split_once('.').filter(|(_, key)| !key.contains('.')).with_context(expected)?;
        let data = table.get_mut("data").and_then(Value::as_table_mut);
        let sources = data.and_then(|data| data.get_mut("sources")).and_then(Value::as_array_mut);
        let mut sources: Vec<&mut Table> =
            sources.into_iter().flatten().filter_map(Value::as_table_mut).collect();
        let name_of =
            |source: &Table| source.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let names: Vec<String> = sources.iter().map(|source| name_of(source)).collect();
        let Some(index) = names.iter().position(|found| found == name) else {
            let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            bail!("`{}`: expected the name of a source ({found}), found {name}", self.key);
        };
        sources[index].insert(key.to_owned(), self.value.clone());
        Ok(())
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--set {}", self.typed)
    }
}

/// Refuses a key of `table` that `known` lacks, and a value where `known` has a section.
///
/// # Errors
/// The first such key by its full path, with the known keys that look most like it.
pub fn refuse_unknown_keys(table: &Table, known: &Table) -> anyhow::Result<()> {
    for key in keys_of(table, known, "") {
        match lookup(known, &key) {
            None => bail!(unknown_key(&key, known)),
            Some(Value::Table(_)) if !TABLES.contains(&key.as_str()) => {
                bail!("`{key}`: expected a section [{key}], found a value")
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The value as TOML; what is no TOML value is taken as text, so that paths and names need no quotes.
fn parse_value(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok();
    // A line break in the text could smuggle in a second key: only a lone value counts.
    let lone = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    lone.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The value at this full path; `data.sources.NAME` is the source of that name.
pub fn lookup<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => match table.get(section)? {
            Value::Array(sources) => {
                let (name, rest) = rest.split_once('.')?;
                let has_name = |source: &&Table| source.get("name").and_then(Value::as_str) == Some(name);
                lookup(sources.iter().filter_map(Value::as_table).find(has_name)?, rest)
            }
            section => lookup(section.as_table()?, rest),
        },
    }
}

/// The path of a key inside a source, `data.sources[2].weight`, as `--set` has it; any other one as it is.
pub fn by_name(path: &str, table: &Table) -> String {
    let named = || {
        let (index, rest) = path.strip_prefix(SOURCES)?.strip_prefix('[')?.split_once(']')?;
        let source = lookup(table, SOURCES)?.as_array()?.get(index.parse::<usize>().ok()?)?;
        Some(format!("{SOURCES}.{}{rest}", source.get("name")?.as_str()?))
    };
    named().unwrap_or_else(|| path.to_owned())
}

/// Full paths of the keys of `table`; a table counts as a section only where `known` has one.
fn keys_of(table: &Table, known: &Table, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match (value, known.get(key)) {
            (Value::Table(section), Some(Value::Table(known_section)))
                if !TABLES.contains(&path.as_str()) =>
            {
                keys.extend(keys_of(section, known_section, &format!("{path}.")));
            }
            _ => keys.push(path),
        }
    }
    keys
}

fn keys_below(section: &Table, prefix: &str) -> Vec<String> {
    keys_of(section, section, &format!("{prefix}."))
}

fn unknown_key(key: &str, known: &Table) -> String {
    let mut candidates = keys_of(known, known, "");
    candidates.extend(known.iter().filter(|(_, value)| value.is_table()).map(|(section, _)| section.clone()));
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    // The right name in the wrong section is as likely as a misspelling: compare whole paths and last names.
    let likeness = |candidate: &String| {
        strsim::jaro_winkler(key, candidate).max(strsim::jaro_winkler(&last(key), &last(candidate)))
    };
    let mut nearest: Vec<_> = candidates.iter().map(|candidate| (likeness(candidate), candidate)).collect();
    nearest.sort_by(|lhs, rhs| rhs.0.total_cmp(&lhs.0));
    let names: Vec<_> = nearest.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    format!("unknown key `{key}`: expected a key of the configuration, the nearest are {}", names.join(", "))
}
