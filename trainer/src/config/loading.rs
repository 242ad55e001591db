//! From a file and `--set` to a [`Config`].
//!
//! The file and the overrides are merged as TOML tables and checked as one, so that a misspelt key is refused by name
//! wherever it stands.

use super::overrides;
use super::overrides::Override;
use super::schema::Config;
use super::validation;
use anyhow::{Context, bail};
use std::path::Path;

impl Config {
    /// Reads the file, lays the overrides over it, fills in defaults, checks every range.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML, an unknown key, a value of the wrong type or out of range; each named,
    /// with the file or override it comes from.
    pub fn load(path: &Path, overrides: &[Override]) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut table: toml::Table =
            toml::from_str(&text).with_context(|| format!("{} is not valid TOML", path.display()))?;
        let known = toml::Table::try_from(Self::default()).context("the defaults are no TOML table")?;
        overrides::refuse_unknown_keys(&table, &known).with_context(|| format!("in {}", path.display()))?;
        for set in overrides {
            set.apply(&mut table, &known).with_context(|| format!("in {set}"))?;
        }
        let source_of = |key: &str| match overrides.iter().rev().find(|set| key.starts_with(set.key())) {
            Some(set) => set.to_string(),
            None => path.display().to_string(),
        };
        let config: Self = match serde_path_to_error::deserialize(table) {
            Ok(config) => config,
            Err(error) => {
                let key = error.path().to_string();
                let message = error.inner().to_string();
                let reason = message.lines().next().unwrap_or_default();
                bail!("`{key}` in {}: {reason}", source_of(&key));
            }
        };
        if let Err(invalid) = validation::check(&config) {
            bail!("`{}` in {}: {invalid}", invalid.key, source_of(invalid.key));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::training::ClassWeights;
    use std::path::PathBuf;

    fn load(content: &str, overrides: &[&str]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, content).unwrap();
        let overrides: Vec<_> = overrides.iter().map(|text| Override::parse(text).unwrap()).collect();
        Config::load(&path, &overrides).unwrap()
    }

    #[test]
    fn missing_keys_have_defaults_and_overrides_win_over_the_file() {
        assert_eq!(load("", &[]), Config::default());
        let config = load(
            "seed = 2\n[train]\nepochs = 3\nbatch_size = 8\n",
            &[
                "train.epochs=4",
                "train.learning_rate=1e-4",
                "data.train=some where/a.csv",
                "train.epochs = 5",
            ],
        );
        assert_eq!((config.seed, config.train.epochs, config.train.batch_size), (2, 5, 8));
        assert_eq!(
            (config.train.learning_rate, config.data.train),
            (1e-4, PathBuf::from("some where/a.csv"))
        );
    }

    #[test]
    fn override_values_are_toml_or_else_text() {
        let config = load(
            "",
            &[
                "data.labels=[\"Down\", \"Up\"]",
                "loss.class_weights=[1, 2.5]",
                "loss.label_smoothing=0",
                "model.base=a=b",
                "name=\"quoted\"",
            ],
        );
        assert_eq!(config.data.labels, ["Down", "Up"]);
        assert_eq!(config.loss.class_weights, ClassWeights::Explicit(vec![1.0, 2.5]));
        assert_eq!((config.loss.label_smoothing, config.name.as_str()), (0.0, "quoted"));
        assert_eq!(config.model.base, PathBuf::from("a=b"));
    }

    #[test]
    fn the_resolved_configuration_reads_back_unchanged() {
        for overrides in [&["loss.class_weights=balanced", "seed=7"][..], &["loss.class_weights=[1, 2, 3]"]] {
            let config = load("", overrides);
            assert_eq!(load(&config.to_toml().unwrap(), &[]), config);
        }
    }

    #[test]
    fn the_shipped_file_states_every_key() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/minilm-l6.toml");
        let keys = |text: &str| {
            let table: toml::Table = toml::from_str(text).unwrap();
            let sections = table.iter().map(|(key, value)| {
                let inner = value.as_table().map(|section| section.keys().cloned().collect::<Vec<_>>());
                (key.clone(), inner.unwrap_or_default())
            });
            sections.collect::<std::collections::BTreeMap<_, _>>()
        };
        let resolved = Config::load(Path::new(path), &[]).unwrap().to_toml().unwrap();
        assert_eq!(keys(&std::fs::read_to_string(path).unwrap()), keys(&resolved));
    }

    #[test]
    fn the_shipped_file_states_the_defaults_and_claims_nothing_of_data_that_it_does_not_know() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/minilm-l6.toml");
        let mut shipped = Config::load(Path::new(path), &[]).unwrap();
        let defaults = Config::default();
        shipped.name = defaults.name.clone();
        assert_eq!(shipped, defaults);
        assert_eq!((defaults.data.source.as_str(), defaults.export.limitations), ("", Vec::new()));
    }
}
