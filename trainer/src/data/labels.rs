//! What a label in a file means: an id or a name of the model's labels, or what a map makes of it.
//!
//! Strict, because a label that is guessed wrong is never noticed: an id has no sign and no leading zeros, a name is
//! written letter by letter. Where a name is itself a number (`["1", "2", "3"]`, `["-1", "1"]`), labels are names only. In
//! one file of several, an id stands for a label only where the file's order is stated: each may have another.

use crate::config::sources::SourceConfig;
use anyhow::Context;
use classifier::Classifier;
use indexmap::IndexMap;
use std::path::Path;

/// How alike an unknown label and a name must be for the one to be a misspelling of the other (Jaro-Winkler, 0 ..= 1).
const MISSPELLED: f64 = 0.9;

/// The labels that a file may have.
#[derive(Clone, Debug)]
pub struct Labels {
    names: Vec<String>,
    /// Whose labels they are, for messages.
    owner: String,
    /// What the file writes → label id.
    map: IndexMap<String, usize>,
    /// Whether an id stands for a label.
    has_ids: bool,
    /// The source that has them, where there are several.
    source: Option<SourceConfig>,
}

impl Labels {
    /// Labels by id; messages say whose they are (`the labels of …`).
    pub fn new(names: &[String], owner: impl Into<String>) -> Self {
        let has_ids = !names.iter().any(|name| looks_like_a_number(name));
        Self { names: names.to_vec(), owner: owner.into(), map: IndexMap::new(), has_ids, source: None }
    }

    /// Those of `data.labels` that a source may have, by name, and by id where it states the order.
    pub fn of_source(source: &SourceConfig, names: &[String]) -> Self {
        let mut labels =
            Self { has_ids: false, source: Some(source.clone()), ..Self::new(names, "`data.labels`") };
        for (id, label) in source.ids.iter().enumerate() {
            labels.map.extend(labels.named(label).map(|label| (id.to_string(), label)));
        }
        labels
    }

    /// A model file's labels.
    pub fn of_model(classifier: &Classifier, path: &Path) -> Self {
        Self::new(classifier.labels(), format!("the labels of {}", path.display()))
    }

    /// The same labels, in whose place a file may also have the keys of this map.
    ///
    /// # Errors
    /// A value of the map that is no label.
    pub fn with_map(&self, map: &IndexMap<String, String>) -> anyhow::Result<Self> {
        let mut labels = self.clone();
        for (found, label) in map {
            // A value of the map is no key of it.
            let id = labels.named(label).ok_or_else(|| anyhow::Error::msg(labels.unknown(label)));
            let id = id.with_context(|| format!("the label map {found:?} = {label:?}"))?;
            labels.map.insert(found.clone(), id);
        }
        Ok(labels)
    }

    /// The label that a file's field stands for.
    ///
    /// # Errors
    /// In words: what is expected, what was found, which label it may be.
    pub fn id(&self, found: &str) -> Result<usize, String> {
        let id = self.map.get(found).copied().or_else(|| self.named(found));
        let id = id.ok_or_else(|| self.unknown(found))?;
        let told_apart = self.source.as_ref().and_then(|source| source.labels.as_ref());
        match told_apart.filter(|labels| !labels.contains(&self.names[id])) {
            None => Ok(id),
            Some(labels) => Err(format!(
                "expected a label that the source tells apart ({}), found {found:?}. Add {} to its `labels`, or leave such \
                 rows out with `where`",
                labels.join(", "),
                self.names[id]
            )),
        }
    }

    fn named(&self, label: &str) -> Option<usize> {
        let id = if self.has_ids { strict_id(label).filter(|id| *id < self.names.len()) } else { None };
        id.or_else(|| self.names.iter().position(|name| name == label))
    }

    fn unknown(&self, found: &str) -> String {
        let name = |(id, name): (usize, &String)| match self.has_ids {
            true => format!("{id} or {name}"),
            false => name.clone(),
        };
        let names: Vec<_> = self.names.iter().enumerate().map(name).collect();
        let cure = match (found.trim().is_empty(), self.meant(found)) {
            (true, _) => "Fill it in or remove the row".to_owned(),
            (false, _) if self.is_unstated_id(found) => format!(
                "A number is no label here, for every file may count in another order: state this one's, data.sources.{}.ids \
                 = {:?}",
                self.source.as_ref().map_or("NAME", |source| &source.name),
                self.names
            ),
            (false, Some(meant)) => {
                format!("Did you mean {meant}? Correct it, or map it: {}", self.mapping(found, meant))
            }
            (false, None) => format!("Correct it, or map it: {}", self.mapping(found, "LABEL")),
        };
        format!("unknown label: expected {} ({}), found {found:?}. {cure}", names.join(", "), self.owner)
    }

    /// A number in a source that does not say what its numbers mean.
    fn is_unstated_id(&self, found: &str) -> bool {
        let states_none = self.source.as_ref().is_some_and(|source| source.ids.is_empty());
        states_none && strict_id(found.trim()).is_some()
    }

    /// How to map what was found.
    fn mapping(&self, found: &str, label: &str) -> String {
        match &self.source {
            None => format!("--label-map '{found}={label}' (in a configuration [data.label_map])"),
            Some(source) => format!("data.sources.{}.label_map = {{ {found:?} = {label:?} }}", source.name),
        }
    }

    /// The label that somebody meant: in other case, with spaces, as a number in another form, misspelled.
    fn meant(&self, found: &str) -> Option<&str> {
        let trimmed = found.trim();
        let plain = trimmed.to_lowercase();
        let same = self.names.iter().position(|name| name.trim().to_lowercase() == plain);
        let number = || trimmed.parse::<f64>().ok().filter(|number| number.fract() == 0.0);
        let numbered = || self.named(&format!("{}", number()?));
        let alike = |name: &String| strsim::jaro_winkler(&name.to_lowercase(), &plain);
        let nearest = || {
            let nearest = (0..self.names.len())
                .max_by(|a, b| alike(&self.names[*a]).total_cmp(&alike(&self.names[*b])))?;
            (number().is_none() && alike(&self.names[nearest]) >= MISSPELLED).then_some(nearest)
        };
        same.or_else(numbered).or_else(nearest).map(|id| self.names[id].as_str())
    }
}

/// `0`, `7`, `12`; not `+1`, `01`, ` 1` or `1.0`.
fn strict_id(text: &str) -> Option<usize> {
    let is_canonical =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_canonical.then(|| text.parse().ok()).flatten()
}

fn looks_like_a_number(name: &str) -> bool {
    name.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str], map: &[(&str, &str)]) -> anyhow::Result<Labels> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let map = map.iter().map(|(found, label)| ((*found).to_owned(), (*label).to_owned())).collect();
        Labels::new(&names, "the labels of a test").with_map(&map)
    }

    const MOODS: [&str; 3] = ["Bearish", "Bullish", "Neutral"];

    #[test]
    fn ids_and_names_are_taken_as_written_alone() {
        let labels = labels(&MOODS, &[]).unwrap();
        for (found, id) in [("0", 0), ("2", 2), ("Bullish", 1)] {
            assert_eq!(labels.id(found), Ok(id));
        }
        for found in ["+1", "01", "00002", " 1", "1 ", "1.0", "-0", "3", "", "bullish", "Bullish ", "१"] {
            let error = labels.id(found).unwrap_err();
            assert!(error.contains(&format!("found {found:?}")) && error.contains("1 or Bullish"), "{error}");
        }
    }

    #[test]
    fn an_error_says_what_was_meant_and_how_to_map_it() {
        let labels = labels(&MOODS, &[]).unwrap();
        for (found, meant) in [
            ("bullish", "Bullish"),
            ("BULLISH", "Bullish"),
            ("Bullish ", "Bullish"),
            ("Bearisch", "Bearish"),
            ("01", "Bullish"),
            ("+1", "Bullish"),
            ("1.0", "Bullish"),
            (" 2", "Neutral"),
        ] {
            let error = labels.id(found).unwrap_err();
            assert!(error.contains(&format!("Did you mean {meant}?")), "{error}");
            assert!(error.contains(&format!("--label-map '{found}={meant}'")), "{error}");
        }
        for found in ["positive", "3", "-1", "1.5", "nan"] {
            let error = labels.id(found).unwrap_err();
            assert!(!error.contains("Did you mean") && error.contains("=LABEL'"), "{error}");
        }
        assert!(labels.id("").unwrap_err().ends_with("Fill it in or remove the row"));
    }

    #[test]
    fn names_that_are_numbers_are_names_and_nothing_else_is() {
        let ratings = labels(&["1", "2", "3"], &[]).unwrap();
        assert_eq!(["1", "2", "3"].map(|found| ratings.id(found).ok()), [Some(0), Some(1), Some(2)]);
        assert!(ratings.id("0").unwrap_err().contains("expected 1, 2, 3 (the labels of a test)"));
        let signs = labels(&["-1", "1"], &[]).unwrap();
        assert_eq!(["-1", "1", "0", "+1"].map(|found| signs.id(found).ok()), [Some(0), Some(1), None, None]);
    }

    #[test]
    fn a_source_has_ids_where_it_states_their_order_and_only_labels_that_it_tells_apart() {
        let names = MOODS.map(str::to_owned);
        let mut source = SourceConfig::new("notes", "notes.csv".into());
        let id = |source: &SourceConfig, found: &str| Labels::of_source(source, &names).id(found);
        assert_eq!(id(&source, "Bullish"), Ok(1));
        let error = id(&source, "1").unwrap_err();
        let stated = r#"data.sources.notes.ids = ["Bearish", "Bullish", "Neutral"]"#;
        assert!(error.contains("another order") && error.contains(stated), "{error}");
        let error = id(&source, "bullish").unwrap_err();
        assert!(error.contains(r#"data.sources.notes.label_map = { "bullish" = "Bullish" }"#), "{error}");
        source.ids = ["Neutral", "Bullish", "Bearish"].map(str::to_owned).to_vec();
        assert_eq!(["0", "1", "2", "Bearish"].map(|found| id(&source, found)), [Ok(2), Ok(1), Ok(0), Ok(0)]);
        assert!(id(&source, "3").unwrap_err().contains("unknown label"));
        source.labels = Some(vec!["Bullish".to_owned(), "Bearish".to_owned()]);
        assert_eq!(id(&source, "2"), Ok(0));
        let error = id(&source, "0").unwrap_err();
        assert!(error.contains("tells apart (Bullish, Bearish)") && error.contains("Add Neutral"), "{error}");
    }

    #[test]
    fn a_map_comes_before_ids_and_names() {
        let map = [("positive", "Bullish"), ("0", "2"), ("2", "Bearish"), ("a=b", "Neutral")];
        let mapped = labels(&MOODS, &map).unwrap();
        for (found, id) in [("positive", 1), ("0", 2), ("2", 0), ("1", 1), ("a=b", 2), ("Bearish", 0)] {
            assert_eq!(mapped.id(found), Ok(id), "{found}");
        }
        let error = format!("{:#}", labels(&MOODS, &[("up", "bullish")]).unwrap_err());
        assert!(error.contains("\"up\" = \"bullish\"") && error.contains("Did you mean Bullish?"), "{error}");
    }
}
