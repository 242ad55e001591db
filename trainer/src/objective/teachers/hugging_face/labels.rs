//! Whose label is whose: a checkpoint's names for the student's labels, in whatever case, or what a map makes of them.
//!
//! Never by their order: a teacher whose `positive` is taken for Bearish teaches without a sign that anything is wrong.

use anyhow::{Context, ensure};
use indexmap::IndexMap;

/// The position among `found` of each of `labels`.
///
/// # Errors
/// A name that is none of the labels, a label that has no name or two.
pub fn order(
    found: &[String],
    labels: &[String],
    label_map: &IndexMap<String, String>,
) -> anyhow::Result<Vec<usize>> {
    let example = || {
        let name = found.first().map_or("positive", String::as_str);
        format!("Say which is which: [distillation.label_map] \"{name}\" = \"…\"")
    };
    let expected = || format!("expected a label of {labels:?} for each of the checkpoint's {found:?}");
    let mut order = vec![None; labels.len()];
    for (at, name) in found.iter().enumerate() {
        let label = label_map.get(name).unwrap_or(name).to_lowercase();
        let label = labels.iter().position(|other| other.to_lowercase() == label);
        let label =
            label.with_context(|| format!("{}, found none for {name:?}. {}", expected(), example()))?;
        let earlier: Option<usize> = order[label].replace(at);
        ensure!(
            earlier.is_none(),
            "{}, found two for {:?}. Take a teacher that tells the same labels apart",
            expected(),
            labels[label]
        );
    }
    let missing = || labels.iter().zip(&order).find(|(_, at)| at.is_none());
    if let Some((label, _)) = missing() {
        anyhow::bail!("{}, found none that means {label:?}. Take a teacher that knows it", expected());
    }
    Ok(order.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(found: &[&str], map: &[(&str, &str)]) -> Result<Vec<usize>, String> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let map = map.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        order(&names(found), &names(&["Bearish", "Bullish", "Neutral"]), &map)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_found_in_any_case_and_through_the_map() {
        assert_eq!(order_of(&["NEUTRAL", "bullish", "Bearish"], &[]), Ok(vec![2, 1, 0]));
        let map = [("negative", "Bearish"), ("positive", "Bullish")];
        assert_eq!(order_of(&["positive", "negative", "neutral"], &map), Ok(vec![1, 0, 2]));
    }

    #[test]
    fn what_cannot_be_mapped_is_named() {
        for (found, map, fragment) in [
            (&["LABEL_0", "LABEL_1", "LABEL_2"][..], &[][..], "none for \"LABEL_0\""),
            (&["Bearish", "Bullish"], &[], "none that means \"Neutral\""),
            (&["Bearish", "Bullish", "Neutral", "bullish"], &[], "two for \"Bullish\""),
            (&["Bearish", "Bullish", "mixed", "Neutral"], &[("mixed", "Neutral")], "two for \"Neutral\""),
            (&["Bearish", "Bullish", "neutral", "other"], &[], "label_map"),
        ] {
            let error = order_of(found, map).unwrap_err();
            assert!(error.contains(fragment), "{error}");
        }
    }
}
