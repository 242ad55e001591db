//! Which rows are trained on, selected on and reported: decided by a seed alone, before anything is trained.
//!
//! Near-duplicates (texts that a model reads as the same words) stay on one side, or the report would be about rows that
//! were learned by heart, in whatever source they are. The labels of each source keep their shares in every part.

use crate::config::schema::SplitConfig;
use crate::data::collection::{Collection, Source};
use crate::data::learned;
use crate::data::near_duplicates::NearDuplicates;
use anyhow::ensure;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Positions in the list of examples, ascending; every example is in one part at most: in none is what `split.fold` leaves
/// unlearned.
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

/// Rows of a source with a label: the positions of both.
type Stratum = (usize, usize);

/// Rows that each part still has to receive.
type Quotas = BTreeMap<Stratum, [usize; NUM_PARTS]>;

/// Divides the rows, whose labels have these names. Each held-out part gets its source's fraction of each label, rounded, at
/// least one row where that is not 0; near-duplicates so many that they fit into no part's share go to the training rows.
///
/// ```
/// use trainer::config::schema::SplitConfig;
/// use trainer::data::collection::Collection;
/// use trainer::data::labelled::Example;
/// use trainer::data::near_duplicates::NearDuplicates;
/// use trainer::data::split::split;
///
/// let texts = ["up", "Up!", "shares rise", "record profit", "down", "shares fall", "profit warning", "flat at noon"];
/// let example = |(at, text): (usize, &&str)| Example { text: (*text).to_owned(), label: at / 4, line: at + 2 };
/// let rows = Collection::from(texts.iter().enumerate().map(example).collect::<Vec<_>>());
/// let labels = ["Bullish", "Bearish"].map(str::to_owned);
/// let near_duplicates = NearDuplicates::new(&["collapse_whitespace"])?;
/// let split = split(&rows, &labels, &near_duplicates, &SplitConfig::default())?;
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
    rows: &Collection,
    labels: &[String],
    near_duplicates: &NearDuplicates,
    config: &SplitConfig,
) -> anyhow::Result<Split> {
    let mut quotas = quotas(rows, labels, config)?;
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut groups = near_duplicates.groups(rows.examples.iter().map(|example| example.text.as_str()));
    let num_different = groups.len();
    groups.shuffle(&mut rng);
    let learned = learned::read(&config.never_hold_out)?;
    let key = learned::key_of_texts()?;
    let is_learned = |row: &usize| !learned.is_empty() && learned.contains(&key(&rows.examples[*row].text));
    // Single rows come last: they fill every share exactly, whatever the groups before them took; and what is learned
    // already first, so that it takes the training rows' share.
    let mut groups: Vec<(bool, Vec<usize>)> =
        groups.into_iter().map(|group| (group.iter().any(is_learned), group)).collect();
    groups.sort_by_key(|(is_learned, group)| (!is_learned, std::cmp::Reverse(group.len())));
    let wanted = quotas.clone();
    let strata = strata(rows);
    let mut parts: [Vec<usize>; NUM_PARTS] = Default::default();
    let mut filled = Quotas::new();
    for (is_learned, group) in groups {
        let part = match is_learned {
            true => TRAIN,
            false => choose_part(&group, &strata, &quotas, &mut rng),
        };
        for index in &group {
            let stratum = strata[*index];
            filled.entry(stratum).or_default()[part] += 1;
            if let Some(rooms) = quotas.get_mut(&stratum) {
                rooms[part] = rooms[part].saturating_sub(1);
            }
        }
        parts[part].extend(group);
    }
    for (stratum, wanted) in &wanted {
        let is_everywhere = (0..NUM_PARTS).all(|part| wanted[part] == 0 || filled[stratum][part] > 0);
        ensure!(
            is_everywhere,
            "{}: expected a row in each of training, validation and test, found too few that are no near-duplicates of each other ({num_different} different texts among {} rows). Add rows with other words",
            named(*stratum, rows, labels),
            rows.examples.len()
        );
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    let [mut train, validation, test] = parts;
    train.retain(|&row| {
        config.folds == 0 || fold(near_duplicates, &rows.examples[row].text, config.folds) != config.fold
    });
    Ok(Split { train, validation, test })
}

/// Which of the parts of the training rows a text is in: decided by its words alone.
fn fold(near_duplicates: &NearDuplicates, text: &str, folds: u64) -> u64 {
    let digest = Sha256::digest(near_duplicates.key(text));
    digest.iter().fold(0, |rest, byte| (rest << 8 | u64::from(*byte)) % folds)
}

/// Of every row, in order.
fn strata(rows: &Collection) -> Vec<Stratum> {
    let of = |(index, source): (usize, &Source)| {
        rows.examples[source.rows.clone()].iter().map(move |example| (index, example.label))
    };
    rows.sources.iter().enumerate().flat_map(of).collect()
}

/// `label 1 (Bullish)`, of several sources with the source's name.
fn named((source, label): Stratum, rows: &Collection, labels: &[String]) -> String {
    let name = labels.get(label).map_or("unknown", String::as_str);
    match rows.sources.as_slice() {
        [_] => format!("label {label} ({name})"),
        sources => format!("source {}, label {label} ({name})", sources[source].config.name),
    }
}

fn quotas(rows: &Collection, labels: &[String], config: &SplitConfig) -> anyhow::Result<Quotas> {
    let mut counts = BTreeMap::<Stratum, usize>::new();
    for stratum in strata(rows) {
        *counts.entry(stratum).or_default() += 1;
    }
    let first = counts.keys().next().copied().unwrap_or_default();
    ensure!(
        counts.keys().any(|(_, label)| *label != first.1),
        "expected rows of at least two labels to tell apart, found only {} in all {} rows. Add rows of another label",
        named(first, rows, labels),
        rows.examples.len()
    );
    let mut quotas = Quotas::new();
    for (stratum, count) in counts {
        let share = |fraction: f64| match fraction {
            0.0 => 0,
            _ => ((count as f64 * fraction).round() as usize).max(1),
        };
        let (validation, test) = rows.sources[stratum.0].config.fractions(config, labels);
        let (validation, test) = (share(validation), share(test));
        ensure!(
            validation + test < count,
            "{}: expected more than {} rows, for training, validation and test, found {count}. Add rows or lower split.validation_fraction and split.test_fraction",
            named(stratum, rows, labels),
            validation + test
        );
        quotas.insert(stratum, [count - validation - test, validation, test]);
    }
    Ok(quotas)
}

/// A part with room for the whole group, drawn by the room it has left.
fn choose_part(group: &[usize], strata: &[Stratum], quotas: &Quotas, rng: &mut ChaCha8Rng) -> usize {
    let mut needs = BTreeMap::<Stratum, usize>::new();
    for index in group {
        *needs.entry(strata[*index]).or_default() += 1;
    }
    let room = |stratum: &Stratum, part: usize| quotas.get(stratum).map_or(0, |rooms| rooms[part]);
    let fits = |part: usize| needs.iter().all(|(stratum, need)| *need <= room(stratum, part));
    let rooms: [usize; NUM_PARTS] = std::array::from_fn(|part| match fits(part) {
        true => needs.keys().map(|stratum| room(stratum, part)).sum(),
        false => 0,
    });
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
    use crate::config::sources::SourceConfig;
    use crate::data::labelled::Example;
    use proptest::prelude::*;

    fn example(text: String, label: usize) -> Example {
        Example { text, label, line: 1 }
    }

    fn config(seed: u64) -> SplitConfig {
        SplitConfig { validation_fraction: 0.1, test_fraction: 0.2, seed, ..SplitConfig::default() }
    }

    const LABELS: [&str; 3] = ["a", "b", "c"];

    fn split(examples: &[Example], config: &SplitConfig) -> anyhow::Result<Split> {
        let near_duplicates = NearDuplicates::new(&["remove_urls", "replace_cashtags"])?;
        super::split(
            &Collection::from(examples.to_vec()),
            &LABELS.map(str::to_owned),
            &near_duplicates,
            config,
        )
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

    /// A collection of these sources, each with so many rows a label and a prefix of its own.
    fn sources(sources: Vec<(SourceConfig, &[usize], usize)>) -> Collection {
        let mut rows = Collection { examples: Vec::new(), sources: Vec::new() };
        for (config, labels, count) in sources {
            let start = rows.examples.len();
            for &label in labels {
                let row = |n: usize| example(format!("{} {label} {n}", config.name), label);
                rows.examples.extend((0..count).map(row));
            }
            let range = start..rows.examples.len();
            rows.sources.push(Source { config, sha256: String::new(), rows: range, labels: labels.to_vec() });
        }
        rows
    }

    /// Each fold leaves other training rows unlearned, all of them together each row once; nobody holds out anything else.
    #[test]
    fn folds_share_the_training_rows() {
        let examples: Vec<Example> = (0..300).map(|n| example(format!("row {n} of many"), n % 3)).collect();
        let whole = split(&examples, &config(7)).unwrap();
        let mut left_out = Vec::new();
        for fold in 0..3 {
            let part = split(&examples, &SplitConfig { folds: 3, fold, ..config(7) }).unwrap();
            assert_eq!((&part.validation, &part.test), (&whole.validation, &whole.test));
            let learned: Vec<usize> = part.train;
            let missing: Vec<usize> =
                whole.train.iter().copied().filter(|row| !learned.contains(row)).collect();
            assert!(missing.len() > whole.train.len() / 5, "{}", missing.len());
            assert_eq!(learned.len() + missing.len(), whole.train.len());
            left_out.extend(missing);
        }
        left_out.sort_unstable();
        assert_eq!(left_out, whole.train);
    }

    #[test]
    fn every_source_keeps_its_shares_and_some_labels_are_learned_from_alone() {
        let named = |name: &str| SourceConfig::new(name, "a.csv".into());
        let some = SourceConfig {
            labels: Some(LABELS[..2].iter().map(|l| (*l).to_owned()).collect()),
            ..named("some")
        };
        let fixed =
            SourceConfig { test_fraction: Some(0.5), validation_fraction: Some(0.0), ..named("fixed") };
        let mut rows =
            sources(vec![(named("news"), &[0, 1, 2], 40), (some, &[0, 1], 20), (fixed, &[0, 1, 2], 10)]);
        // Near-duplicates of rows that are learned from alone.
        for row in 0..5 {
            rows.examples[row].text = rows.examples[120 + row].text.to_uppercase();
        }
        let near_duplicates = NearDuplicates::new::<&str>(&[]).unwrap();
        let split = super::split(&rows, &LABELS.map(str::to_owned), &near_duplicates, &config(1)).unwrap();
        let count = |part: &[usize], source: usize, label: usize| {
            let of =
                |row: &&usize| rows.sources[source].rows.contains(row) && rows.examples[**row].label == label;
            part.iter().filter(of).count()
        };
        for label in 0..3 {
            assert_eq!([count(&split.validation, 0, label), count(&split.test, 0, label)], [4, 8]);
            assert_eq!([count(&split.validation, 1, label), count(&split.test, 1, label)], [0, 0]);
            assert_eq!([count(&split.validation, 2, label), count(&split.test, 2, label)], [0, 5]);
        }
        assert!((0..5).all(|row| split.train.contains(&row)), "{:?}", split.train);
    }
}
