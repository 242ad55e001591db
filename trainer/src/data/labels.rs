//! What a label in a file means: an id or a name of the model's labels, or what a map makes of it.
//!
//! Strict, because a label that is guessed wrong is never noticed: an id has no sign and no leading zeros, a name is
//! written letter by letter. Where a name is itself a number (`["1", "2", "3"]`, `["-1", "1"]`), labels are names only.

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
}

impl Labels {
    /// Labels by id; messages say whose they are (`the labels of …`).
    pub fn new(names: &[String], owner: impl Into<String>) -> Self {
        let has_ids = !names.iter().any(|name| looks_like_a_number(name));
        Self { names: names.to_vec(), owner: owner.into(), map: IndexMap::new(), has_ids }
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
        id.ok_or_else(|| self.unknown(found))
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
            (false, Some(meant)) => {
                format!("Did you mean {meant}? Correct it, or map it: --label-map '{found}={meant}'")
            }
            (false, None) => format!("Correct it, or map it: --label-map '{found}=LABEL'"),
        };
        let in_configuration =
            if found.trim().is_empty() { "" } else { " (in a configuration [data.label_map])" };
        format!(
            "unknown label: expected {} ({}), found {found:?}. {cure}{in_configuration}",
            names.join(", "),
            self.owner
        )
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
