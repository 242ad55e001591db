//! In what two configurations differ, by key.

use super::schema::Config;
use toml::{Table, Value};

/// The keys in which a run's configuration differs from another one, each with both values; paths do not count: what
/// lies there has hashes of its own.
///
/// # Errors
/// A configuration that cannot be written as TOML.
pub fn differences(there: &Config, here: &Config) -> anyhow::Result<Vec<Difference>> {
    let table = |config: &Config| Table::try_from(config.without_paths());
    let mut found = Vec::new();
    collect(&table(there)?, &table(here)?, "", &mut found);
    Ok(found)
}

/// A key with other values.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Full path.
    pub key: String,
    /// The run's value; nothing where it has none.
    pub there: String,
    /// The other value.
    pub here: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is {} there, {} here", self.key, self.there, self.here)
    }
}

fn collect(there: &Table, here: &Table, prefix: &str, found: &mut Vec<Difference>) {
    let missing = there.keys().filter(|key| !here.contains_key(*key));
    for key in here.keys().chain(missing) {
        let path = format!("{prefix}{key}");
        match (there.get(key), here.get(key)) {
            (Some(Value::Table(there)), Some(Value::Table(here))) => {
                collect(there, here, &format!("{path}."), found);
            }
            (there, here) if there != here => {
                let shown =
                    |value: Option<&Value>| value.map_or_else(|| "missing".to_owned(), Value::to_string);
                found.push(Difference { key: path, there: shown(there), here: shown(here) });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_value_is_named_and_no_path() {
        let there = Config::default();
        let mut here = there.clone();
        assert_eq!(differences(&there, &here).unwrap(), []);
        here.seed = 7;
        here.train.epochs = 12;
        here.data.labels.pop();
        here.data.train = "elsewhere.csv".into();
        let shown: Vec<String> =
            differences(&there, &here).unwrap().iter().map(ToString::to_string).collect();
        assert!(shown.contains(&"`train.epochs` is 6 there, 12 here".to_owned()), "{shown:?}");
        assert!(shown.contains(&"`seed` is 1 there, 7 here".to_owned()), "{shown:?}");
        assert!(
            shown.len() == 3 && shown.iter().any(|line| line.starts_with("`data.labels` is [")),
            "{shown:?}"
        );
    }
}
