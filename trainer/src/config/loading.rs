//! From a file and `--set` to a [`Config`].
//!
//! The file and the overrides are merged as TOML tables and checked as one, so that a misspelt key is refused by name
//! wherever it stands.

use super::hints;
use super::overrides;
use super::overrides::Override;
use super::schema::Config;
use super::validation;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

impl Config {
    /// Reads the file, lays the overrides over it, fills in defaults, checks every range.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML, an unknown key, a value of the wrong type or out of range; each named,
    /// with the file or override it comes from.
    pub fn load(path: &Path, overrides: &[Override]) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let found = error.span().and_then(|span| text.get(span));
            let hint = found.map_or_else(String::new, hints::of_file);
            anyhow::Error::new(error).context(format!("{} is not valid TOML{hint}", path.display()))
        })?;
        let known = toml::Table::try_from(Self::default()).context("the defaults are no TOML table")?;
        overrides::refuse_unknown_keys(&table, &known).with_context(|| format!("in {}", path.display()))?;
        for set in overrides {
            set.apply(&mut table, &known).with_context(|| format!("in {set}"))?;
        }
        let override_of = |key: &str| overrides.iter().rev().find(|set| set.decides(key));
        let source_of = |key: &str| match override_of(key) {
            Some(set) => set.to_string(),
            None => path.display().to_string(),
        };
        let mut config: Self = match serde_path_to_error::deserialize(table.clone()) {
            Ok(config) => config,
            Err(error) => {
                let key = overrides::by_name(&error.path().to_string(), &table);
                let message = error.inner().to_string();
                let reason = message.lines().next().unwrap_or_default();
                // Of an item of a list, the list is what is written anew.
                let whole = key.split('[').next().unwrap_or_default();
                let found = overrides::lookup(&table, whole);
                let hint = found
                    .map_or_else(String::new, |found| hints::hint(whole, found, reason, override_of(&key)));
                bail!("`{key}` in {}: {reason}{hint}", source_of(&key));
            }
        };
        if !config.data.sources.is_empty() {
            // A file states every key; who sets this one means it.
            let set = override_of("data.train").filter(|_| !config.data.train.as_os_str().is_empty());
            if let Some(set) = set {
                bail!(
                    "{set}: expected no `data.train` beside `data.sources`, which stand in its place. Set `path` of one"
                );
            }
            config.data.train = PathBuf::new();
        }
        if let Err(invalid) = validation::check(&config) {
            bail!("`{}` in {}: {invalid}", invalid.key, source_of(&invalid.key));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::training::ClassWeights;

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

    /// The error of a configuration with this content and this override.
    fn refused(content: &str, set: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, content).unwrap();
        let overrides: Vec<_> = set.iter().map(|text| Override::parse(text).unwrap()).collect();
        format!("{:#}", Config::load(&path, &overrides).unwrap_err())
    }

    #[test]
    fn a_value_of_another_type_is_told_with_what_was_probably_meant() {
        for (set, hint) in [
            ("data.labels=[1, 2]", "Write --set 'data.labels=[\"1\", \"2\"]'"),
            ("name=2024", "needs quotes. Write --set 'name=\"2024\"'"),
            ("model.base=true", "Write --set 'model.base=\"true\"'"),
            ("name=1.50", "Write --set 'name=\"1.50\"'"),
            // What a shell leaves of ["Down", "Up"].
            ("data.labels=[Down, Up]", "not for the shell. Write --set 'data.labels=[\"Down\", \"Up\"]'"),
            ("data.labels=[Down,]", "not for the shell"),
            ("data.unlabelled=texts.txt", "Write --set 'data.unlabelled=[\"texts.txt\"]'"),
            ("train.epochs=3.0", "Write --set 'train.epochs=3'"),
            ("train.epochs=1e1", "Write --set 'train.epochs=10'"),
            ("train.epochs=\"3\"", "Write --set 'train.epochs=3'"),
            ("train.learning_rate=0,5", "Write --set 'train.learning_rate=0.5'"),
            ("train.learning_rate=\"1e-4\"", "Write --set 'train.learning_rate=1e-4'"),
            ("seed=18446744073709551615", "the largest whole number of TOML is 9223372036854775807"),
            ("export.quantization_aware=yes", "Write --set 'export.quantization_aware=true'"),
            ("export.quantization_aware=0", "Write --set 'export.quantization_aware=false'"),
        ] {
            let error = refused("", Some(set));
            assert!(error.contains(hint) && error.contains(&format!("in --set {set}")), "{error}");
        }
        for (content, hint) in [
            ("[data]\nlabels = [1, 2]", "Write data.labels = [\"1\", \"2\"]"),
            ("[train]\nepochs = 3.0", "Write train.epochs = 3"),
            ("[train]\nepochs = \"3\"", "Write train.epochs = 3"),
            ("seed = 18446744073709551616", "the largest whole number of TOML is 9223372036854775807"),
        ] {
            let error = refused(content, None);
            assert!(error.contains(hint) && error.contains("run.toml"), "{error}");
        }
    }

    #[test]
    fn where_nobody_can_know_what_was_meant_nothing_is_said() {
        for set in ["train.epochs=3.5", "train.epochs=many", "data.labels={ a = 1 }", "train.keep=never"] {
            let error = refused("", Some(set));
            assert!(!error.contains("Write") && !error.contains("TOML"), "{error}");
        }
    }

    #[test]
    fn an_override_is_not_blamed_for_a_key_that_begins_with_its_own() {
        let error = refused("[model]\nbase_name = 3", Some("model.base=here"));
        assert!(error.contains("`model.base_name` in") && error.contains("run.toml"), "{error}");
    }
}
