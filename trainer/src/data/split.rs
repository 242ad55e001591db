//! Which rows are trained on, selected on and reported: decided by a seed alone, before anything is trained.
//!
//! Near-duplicates (texts that a model reads as the same words) stay on one side, or the report would be about rows that
//! were learned by heart. Labels keep their shares in every part.

use crate::config::schema::SplitConfig;
use crate::data::labelled::Example;
use crate::data::near_duplicates::NearDuplicates;
use anyhow::ensure;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Positions in the list of examples, ascending; every example is in exactly one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Learned from.
    pub train: Vec<usize>,
    /// Selects the best epoch and the temperature.
    pub validation: Vec<usize>,
    /// Reported on by `export` and `report`, which log that they look; training does not use it.
    pub test: Vec<usize>,
}

const TRAIN: usize = 0;
const NUM_PARTS: usize = 3;

/// Rows that each part still has to receive, a label.
type Quotas = BTreeMap<usize, [usize; NUM_PARTS]>;

/// Divides the examples, whose labels have these names. Each held-out part gets its fraction of each label, rounded, at
/// least one row; near-duplicates so many that they fit into no part's share go to the training rows.
///
/// ```
/// use trainer::config::schema::SplitConfig;
/// use trainer::data::labelled::Example;
/// use trainer::data::near_duplicates::NearDuplicates;
/// use trainer::data::split::split;
///
/// let texts = ["up", "Up!", "shares rise", "record profit", "down", "shares fall", "profit warning", "flat at noon"];
/// let example = |(at, text): (usize, &&str)| Example { text: (*text).to_owned(), label: at / 4, line: at + 2 };
/// let examples: Vec<Example> = texts.iter().enumerate().map(example).collect();
/// let labels = ["Bullish", "Bearish"].map(str::to_owned);
/// let near_duplicates = NearDuplicates::new(&["collapse_whitespace"])?;
/// let split = split(&examples, &labels, &near_duplicates, &SplitConfig::default())?;
///
/// let parts = [&split.train, &split.validation, &split.test];
/// assert_eq!(parts.map(Vec::len), [4, 2, 2], "a row of each label is held out twice");
/// assert!(parts.iter().any(|part| part.contains(&0) && part.contains(&1)), "`up` and `Up!` are the same words");
/// # anyhow::Ok(())
/// ```
///
/// # Errors
/// Rows of one label alone; a label with too few rows, or too few that are no near-duplicates, to have one in every
/// part.
pub fn split(
    examples: &[Example],
    labels: &[String],
    near_duplicates: &NearDuplicates,
    config: &SplitConfig,
) -> anyhow::Result<Split> {
    let mut quotas = quotas(examples, labels, config)?;
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut groups = near_duplicates.groups(examples.iter().map(|example| example.text.as_str()));
    let num_different = groups.len();
    groups.shuffle(&mut rng);
    // Single rows come last: they fill every share exactly, whatever the groups before them took.
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut parts: [Vec<usize>; NUM_PARTS] = Default::default();
    for group in groups {
        let part = choose_part(&group, examples, &quotas, &mut rng);
        for index in &group {
            if let Some(rooms) = quotas.get_mut(&examples[*index].label) {
                rooms[part] = rooms[part].saturating_sub(1);
            }
        }
        parts[part].extend(group);
    }
    for label in quotas.keys() {
        let is_everywhere =
            parts.iter().all(|part| part.iter().any(|index| examples[*index].label == *label));
        ensure!(
            is_everywhere,
            "{}: expected a row in each of training, validation and test, found too few that are no near-duplicates of each other ({num_different} different texts among {} rows). Add rows with other words",
            named(*label, labels),
            examples.len()
        );
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    let [train, validation, test] = parts;
    Ok(Split { train, validation, test })
}

/// `label 1 (Bullish)`.
fn named(label: usize, labels: &[String]) -> String {
    format!("label {label} ({})", labels.get(label).map_or("unknown", String::as_str))
}

fn quotas(examples: &[Example], labels: &[String], config: &SplitConfig) -> anyhow::Result<Quotas> {
    let mut counts = BTreeMap::<usize, usize>::new();
    for example in examples {
        *counts.entry(example.label).or_default() += 1;
    }
    ensure!(
        counts.len() > 1,
        "expected rows of at least two labels to tell apart, found only {} in all {} rows. Add rows of another label",
        named(counts.keys().next().copied().unwrap_or_default(), labels),
        examples.len()
    );
    let mut quotas = Quotas::new();
    for (label, count) in counts {
        let share = |fraction: f64| ((count as f64 * fraction).round() as usize).max(1);
        let (validation, test) = (share(config.validation_fraction), share(config.test_fraction));
        ensure!(
            validation + test < count,
            "{}: expected more than {} rows, for training, validation and test, found {count}. Add rows or lower split.validation_fraction and split.test_fraction",
            named(label, labels),
            validation + test
        );
        quotas.insert(label, [count - validation - test, validation, test]);
    }
    Ok(quotas)
}

/// A part with room for the whole group, drawn by the room it has left.
fn choose_part(group: &[usize], examples: &[Example], quotas: &Quotas, rng: &mut ChaCha8Rng) -> usize {
    let mut needs = BTreeMap::<usize, usize>::new();
    for index in group {
        *needs.entry(examples[*index].label).or_default() += 1;
    }
    let room = |label: &usize, part: usize| quotas.get(label).map_or(0, |rooms| rooms[part]);
    let fits = |part: usize| needs.iter().all(|(label, need)| *need <= room(label, part));
    let rooms: [usize; NUM_PARTS] =
        std::array::from_fn(
            |part| if fits(part) { needs.keys().map(|label| room(label, part)).sum() } else { 0 },
        );
    let total: usize = rooms.iter().sum();
    if total == 0 {
        return TRAIN;
    }
    let mut drawn = rng.random_range(0..total);
    for (part, room) in rooms.into_iter().enumerate() {
        if drawn < room {
            return part;
        }
        drawn -= room;
    }
    TRAIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example(text: String, label: usize) -> Example {
        Example { text, label, line: 1 }
    }

    fn config(seed: u64) -> SplitConfig {
        SplitConfig { validation_fraction: 0.1, test_fraction: 0.2, seed }
    }

    fn split(examples: &[Example], config: &SplitConfig) -> anyhow::Result<Split> {
        let near_duplicates = NearDuplicates::new(&["remove_urls", "replace_cashtags"])?;
        super::split(examples, &["a", "b", "c"].map(str::to_owned), &near_duplicates, config)
    }

    /// 20 to 60 different texts a label, and some of them again in other clothes, often under another label.
    fn examples() -> impl Strategy<Value = Vec<Example>> {
        let counts = proptest::array::uniform3(20usize..60);
        let repeats = proptest::collection::vec((0usize..60, 0usize..3, 0usize..4), 0..15);
        (counts, repeats).prop_map(|(counts, repeats)| {
            let distinct =
                |label: usize| (0..counts[label]).map(move |n| example(format!("Tweet {label} {n}"), label));
            let mut examples: Vec<_> = (0..3).flat_map(distinct).collect();
            for (n, label, form) in repeats {
                let base = format!("tweet 0 {}", n % counts[0]);
                let text = match form {
                    0 => base.to_uppercase(),
                    1 => format!("{base} https://t.co/{label}"),
                    2 => format!("\"{base}!\""),
                    _ => base.replace(' ', "  "),
                };
                examples.push(example(text, label));
            }
            examples
        })
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_complete_sorted_and_decided_by_the_seed(examples in examples(), seed: u64) {
            let parts = split(&examples, &config(seed)).unwrap();
            let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
            prop_assert!([&parts.train, &parts.validation, &parts.test].iter().all(|part| part.is_sorted()));
            all.sort_unstable();
            prop_assert_eq!(all, (0..examples.len()).collect::<Vec<_>>());
            prop_assert_eq!(&parts, &split(&examples, &config(seed)).unwrap());
            prop_assert_ne!(&parts, &split(&examples, &config(seed ^ 1)).unwrap());
        }

        #[test]
        fn near_duplicates_stay_on_one_side(examples in examples(), seed: u64) {
            let split = split(&examples, &config(seed)).unwrap();
            let part = |index: &usize| [&split.train, &split.validation].iter().position(|part| part.contains(index));
            // What the generator's forms have in common, without the function under test.
            let key = |index: usize| {
                let lower = examples[index].text.to_lowercase();
                let kept = lower.split_whitespace().filter(|word| !word.starts_with("http"));
                kept.collect::<Vec<_>>().join(" ").replace(['"', '!'], "")
            };
            for lhs in 0..examples.len() {
                for rhs in 0..lhs {
                    prop_assert!(key(lhs) != key(rhs) || part(&lhs) == part(&rhs), "{} and {}", lhs, rhs);
                }
            }
        }

        #[test]
        fn labels_keep_their_shares_within_a_row(examples in examples(), seed: u64) {
            let split = split(&examples, &config(seed)).unwrap();
            for label in 0..3 {
                let count = |part: &[usize]| part.iter().filter(|index| examples[**index].label == label).count() as f64;
                let total = examples.iter().filter(|example| example.label == label).count() as f64;
                prop_assert!((count(&split.validation) - 0.1 * total).abs() <= 1.0);
                prop_assert!((count(&split.test) - 0.2 * total).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn a_label_without_enough_different_rows_is_refused() {
        let mut examples: Vec<_> = (0..30).map(|n| example(format!("Tweet {n}"), 0)).collect();
        examples.extend((0..30).map(|_| example("The same".to_owned(), 1)));
        let error = split(&examples, &config(1)).unwrap_err().to_string();
        assert!(error.contains("label 1 (b)") && error.contains("near-duplicates"), "{error}");
    }
}
