//! The challenge set: short texts of our own that are easy for a person and hard for a model, in kinds.
//!
//! `trainer challenge` prints what a model makes of it; card and report show the same. The texts stand in
//! `challenge.jsonl`, built into the program, each with its label and the reason for it. A label is what the author
//! expects of the price, or, in a headline, what the news means for it. Many texts are minimal pairs, in which a word, an
//! emoji or the order decides. Tests after Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with
//! CheckList". The set is no sample of what people write: its accuracy says what a model stumbles over, not how often it
//! errs on real texts. Companies and brokers in its headlines do not exist.

use super::bootstrap::Interval;
use super::predictions::classify_each;
use anyhow::Context;
use classifier::Classifier;
use indexmap::IndexMap;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

const SET: &str = include_str!("challenge.jsonl");
/// The labels of the set; a model with others cannot be measured with it.
pub const LABELS: [&str; 3] = ["Bearish", "Bullish", "Neutral"];
/// How many standard deviations of a normal variable a 95 % interval reaches on either side.
const Z: f64 = 1.96;

/// A text of the set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What makes it hard, e.g. `double negation`.
    pub kind: String,
    /// As a user would paste it.
    pub text: String,
    /// What its author expects of the price.
    pub label: String,
    /// Why that is its label, in a clause.
    pub reason: String,
}

/// What a model makes of the set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Over all kinds.
    pub total: Share,
    /// Kind by kind, in the order of the set.
    pub kinds: IndexMap<String, Share>,
    /// Every text with another label than it should have, in the order of the set.
    pub failures: Vec<Failure>,
}

/// How many texts of a group get the right label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many there are.
    pub texts: usize,
    /// How many of them get their label, whether the model is sure or not.
    pub right: usize,
    /// How many get another one which the model does not call uncertain: what a user would believe.
    pub wrong_and_sure: usize,
}

/// A text that gets another label than it should have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// What makes it hard.
    pub kind: String,
    /// The text.
    pub text: String,
    /// Its label.
    pub expected: String,
    /// Why that is its label.
    pub reason: String,
    /// The model's label; none where it finds nothing to read.
    pub found: Option<String>,
    /// The model's probability of it, 0 ..= 1.
    pub confidence: Option<f32>,
    /// The model calls it uncertain, or finds nothing to read.
    #[serde(rename = "uncertain")]
    pub is_uncertain: bool,
}

impl Share {
    /// Right / texts, 0 ..= 1.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.texts.max(1) as f64
    }

    /// 95 % interval of the accuracy after Wilson 1927, which holds for few texts and near 0 and 1.
    pub fn interval(&self) -> Interval {
        let (n, p) = (self.texts.max(1) as f64, self.accuracy());
        let center = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        Interval { low: ((center - reach) / scale).max(0.0), high: ((center + reach) / scale).min(1.0) }
    }

    fn count(&mut self, failure: Option<&Failure>) {
        self.texts += 1;
        self.right += usize::from(failure.is_none());
        self.wrong_and_sure += usize::from(failure.is_some_and(|failure| !failure.is_uncertain));
    }
}

impl Scores {
    /// The failures that the model is surest of, the surest first.
    pub fn surest(&self, count: usize) -> Vec<&Failure> {
        let mut failures: Vec<_> = self.failures.iter().collect();
        let confidence = |failure: &Failure| failure.confidence.unwrap_or_default();
        failures.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
        failures.truncate(count);
        failures
    }
}

/// The texts of the set.
///
/// # Errors
/// A line of the built-in file that is no case; a test reads it.
pub fn cases() -> anyhow::Result<Vec<Case>> {
    let case = |(index, line)| {
        serde_json::from_str(line).with_context(|| format!("challenge.jsonl:{}: expected a case", index + 1))
    };
    SET.lines().enumerate().map(case).collect()
}

/// Whether a model with these labels, in whatever order, can be measured with the set.
pub fn has_its_labels(labels: &[String]) -> bool {
    labels.len() == LABELS.len() && LABELS.iter().all(|label| labels.iter().any(|other| other == label))
}

/// What the model makes of the set; none where its labels are others. It takes half a second.
///
/// # Errors
/// A model whose weights are damaged.
pub fn measure(classifier: &Classifier) -> anyhow::Result<Option<Scores>> {
    if !has_its_labels(classifier.labels()) {
        return Ok(None);
    }
    let cases = cases()?;
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let predictions = classify_each(classifier, &texts, &ProgressBar::hidden())?;
    let mut scores = Scores { total: Share::default(), kinds: IndexMap::new(), failures: Vec::new() };
    for (case, prediction) in cases.into_iter().zip(predictions) {
        let prediction = prediction.ok();
        let is_right = prediction.as_ref().is_some_and(|prediction| prediction.label == case.label);
        let confidence = |probabilities: &[f32]| probabilities.iter().copied().fold(0.0, f32::max);
        let failure = (!is_right).then(|| Failure {
            kind: case.kind.clone(),
            text: case.text,
            expected: case.label,
            reason: case.reason,
            confidence: prediction.as_ref().map(|prediction| confidence(&prediction.probabilities)),
            is_uncertain: prediction.as_ref().is_none_or(|prediction| prediction.is_uncertain),
            found: prediction.map(|prediction| prediction.label),
        });
        scores.total.count(failure.as_ref());
        scores.kinds.entry(case.kind).or_default().count(failure.as_ref());
        scores.failures.extend(failure);
    }
    Ok(Some(scores))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::near_duplicates::NearDuplicates;
    use classifier::normalization::Normalization;
    use std::collections::{HashMap, HashSet};

    /// What a model reads at most of a text, in lower case: symbols count here, for an emoji may be all that differs.
    fn as_read(text: &str) -> String {
        let steps = ["decode_html_entities", "remove_urls", "replace_cashtags", "collapse_whitespace"];
        Normalization::new(&steps).unwrap().apply(text).trim().to_lowercase()
    }

    #[test]
    fn the_set_is_whole() {
        let cases = cases().unwrap();
        let mut labels = IndexMap::<_, HashMap<_, usize>>::new();
        for case in &cases {
            assert!(LABELS.contains(&case.label.as_str()), "{case:?}");
            *labels.entry(&case.kind).or_default().entry(case.label.as_str()).or_default() += 1;
            for words in [&case.kind, &case.text, &case.reason] {
                assert!(!words.is_empty() && words.trim() == words, "{case:?}");
                // Cards quote them in back ticks, on one line.
                assert!(!words.contains(['`', '\n', '|']), "{case:?}");
            }
        }
        assert!(cases.len() >= 240 && labels.len() >= 12, "{} texts, {} kinds", cases.len(), labels.len());
        for (kind, counts) in labels {
            let texts: usize = counts.values().sum();
            assert!(texts >= 10, "{kind}: {texts} texts");
            // Whoever always says the same is wrong more often than not, in every kind.
            assert!(
                counts.len() == LABELS.len() && counts.values().all(|count| count * 2 <= texts),
                "{kind}"
            );
        }
    }

    #[test]
    fn no_text_is_there_twice() {
        let mut seen = HashSet::new();
        let cases = cases().unwrap();
        for case in &cases {
            assert!(seen.insert(as_read(&case.text)), "twice the same to a model: {case:?}");
        }
        // Beyond symbols and spaces too, but where symbols decide.
        let words = cases.iter().filter(|case| case.kind != "emoji").map(|case| case.text.as_str());
        let words: Vec<_> = words.collect();
        let groups = NearDuplicates::new::<&str>(&[]).unwrap().groups(words.iter().copied());
        let double = groups.iter().find(|group| group.len() > 1);
        assert_eq!(double.map(|group| words[group[1]]), None, "near-duplicates");
    }

    #[test]
    fn the_interval_is_that_of_wilson() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20.
        for (right, texts, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let share = Share { texts, right, wrong_and_sure: 0 };
            let Interval { low: found_low, high: found_high } = share.interval();
            assert!((found_low - low).abs() < 5e-5 && (found_high - high).abs() < 5e-5, "{share:?}");
        }
    }

    #[test]
    fn other_labels_are_others() {
        let labels = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(has_its_labels(&labels(&["Neutral", "Bearish", "Bullish"])));
        for others in
            [&["Bearish", "Bullish"][..], &["Down", "Up", "Flat"], &["Bearish", "Bearish", "Neutral"]]
        {
            assert!(!has_its_labels(&labels(others)));
        }
    }
}
