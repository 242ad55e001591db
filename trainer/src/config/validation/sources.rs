//! What a source may say, and that sources do not contradict each other.

use super::{InvalidValue, ensure};
use crate::config::schema::Config;
use crate::config::sources::SourceConfig;
use std::collections::HashSet;

/// The first value of a source that cannot be.
pub fn check(config: &Config) -> Result<(), InvalidValue> {
    let data = &config.data;
    if data.sources.is_empty() {
        return Ok(());
    }
    ensure(
        data.label_map.is_empty(),
        "data.label_map",
        "the `label_map` of a source",
        "one for all of them",
    )?;
    let mut names = HashSet::new();
    for source in &data.sources {
        let name = &source.name;
        let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !name.is_empty();
        let expected = "names of letters, digits, `_` and `-`, each of one source";
        ensure(fits && names.insert(name), "data.sources", expected, format!("{name:?}"))?;
        check_source(source, config)?;
    }
    let fractions: Vec<(f64, f64)> =
        data.labelled().iter().map(|source| source.fractions(&config.split, &data.labels)).collect();
    let has_validation = fractions.iter().any(|(validation, _)| *validation > 0.0);
    let has_test = fractions.iter().any(|(_, test)| *test > 0.0);
    for (is_there, part) in [(has_validation, "validation"), (has_test, "test")] {
        let expected = format!("a source of all labels with {part} rows");
        ensure(is_there || fractions.is_empty(), "data.sources", expected, "none")?;
    }
    Ok(())
}

fn check_source(source: &SourceConfig, config: &Config) -> Result<(), InvalidValue> {
    let key = |key: &str| format!("data.sources.{}.{key}", source.name);
    let path = &source.path;
    let is_file = !path.as_os_str().is_empty() && path.as_os_str() != "-";
    ensure(
        is_file,
        key("path"),
        "a file that can be read again",
        format!("{:?}", path.display().to_string()),
    )?;
    let weight = source.weight;
    let expected = "a number above 0 (a source that shall not count is left out)";
    ensure(weight > 0.0 && weight.is_finite(), key("weight"), expected, weight)?;
    let is_domain = source.domain.as_ref().is_none_or(|domain| !domain.trim().is_empty());
    ensure(is_domain, key("domain"), "a name", "an empty one")?;
    check_labels(source, config)?;
    for (name, fraction) in
        [("validation_fraction", source.validation_fraction), ("test_fraction", source.test_fraction)]
    {
        let found = fraction.unwrap_or_default();
        ensure((0.0..1.0).contains(&found), key(name), "a number from 0 to below 1", found)?;
        let is_scored = source.tells_all(&config.data.labels);
        let expected =
            "0 where a source does not tell all labels apart: its rows cannot be scored beside the others";
        ensure(is_scored || found == 0.0, key(name), expected, found)?;
    }
    let (validation, test) = source.fractions(&config.split, &config.data.labels);
    ensure(
        validation + test < 1.0,
        key("test_fraction"),
        "both fractions together below 1",
        validation + test,
    )
}

fn check_labels(source: &SourceConfig, config: &Config) -> Result<(), InvalidValue> {
    let key = |key: &str| format!("data.sources.{}.{key}", source.name);
    let all = &config.data.labels;
    let expected = format!("labels of `data.labels` ({}), each once", all.join(", "));
    let are_labels = |names: &[String]| {
        let distinct: HashSet<_> = names.iter().collect();
        distinct.len() == names.len() && names.iter().all(|name| all.contains(name))
    };
    let labels = source.labels.as_deref().unwrap_or_default();
    for (name, found) in [("labels", labels), ("ids", &source.ids)] {
        ensure(are_labels(found), key(name), &expected, format!("{found:?}"))?;
    }
    ensure(
        labels.len() != 1,
        key("labels"),
        "two or more to tell apart, or [] for texts without labels",
        format!("{labels:?}"),
    )?;
    for (found, label) in &source.label_map {
        let expected = format!("a label of `data.labels` ({})", all.join(", "));
        ensure(all.contains(label), key("label_map"), expected, format!("{found:?} = {label:?}"))?;
    }
    let says_labels = !source.ids.is_empty() || !source.label_map.is_empty();
    let expected = "no `ids` and no `label_map` where no labels are read";
    ensure(source.is_labelled() || !says_labels, key("labels"), expected, "both")
}
