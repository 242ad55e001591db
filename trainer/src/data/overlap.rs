//! How much of one domain's words another one has: what a model of both can have learned there for here.

use super::collection::Collection;
use super::domains::Domains;
use super::split::Split;
use classifier::normalization::{Normalization, UnknownStep};
use indexmap::IndexMap;
use std::collections::HashSet;

/// Share of the running words of a domain's test rows that the training rows of each domain have, 0 ..= 1; by the test
/// rows' domain, then by the training rows'. A word is what lies between spaces and punctuation, as the model reads it, in
/// lower case, if it has a letter.
pub type Overlap = IndexMap<String, IndexMap<String, f64>>;

/// Of all domains of a split; nothing where training and test rows are of one.
///
/// # Errors
/// A step that is not known.
pub fn overlap<S: AsRef<str>>(
    data: &Collection,
    split: &Split,
    normalization: &[S],
) -> Result<Overlap, UnknownStep> {
    let normalization = Normalization::new(normalization)?;
    let texts = |part: &[usize], rows: &[usize]| -> Vec<String> {
        rows.iter().map(|&row| normalization.apply(&data.examples[part[row]].text).to_lowercase()).collect()
    };
    let trained = Domains::new(data, &split.train).all(|rows| {
        let texts = texts(&split.train, rows);
        texts.iter().flat_map(|text| words(text)).map(str::to_owned).collect::<HashSet<String>>()
    });
    let tested = Domains::new(data, &split.test).all(|rows| {
        let texts = texts(&split.test, rows);
        let words: Vec<&str> = texts.iter().flat_map(|text| words(text)).collect();
        let share = |known: &HashSet<String>| {
            let num_known = words.iter().filter(|word| known.contains(**word)).count();
            num_known as f64 / words.len().max(1) as f64
        };
        trained.iter().map(|(name, known)| (name.clone(), share(known))).collect::<IndexMap<_, _>>()
    });
    let is_one = trained.keys().eq(tested.keys()) && tested.len() == 1;
    Ok(if is_one { Overlap::new() } else { tested })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sources::SourceConfig;
    use crate::data::collection::Source;
    use crate::data::labelled::Example;

    #[test]
    fn shares_are_of_running_words_as_the_model_reads_them() {
        let texts = ["Shares up 5%", "down &amp; out", "shares DOWN, shares up", "moon moon down 7"];
        let example = |text: &&str| Example { text: (*text).to_owned(), label: 0, line: 1 };
        let source = |name: &str, rows| Source {
            config: SourceConfig::new(name, "a.csv".into()),
            sha256: String::new(),
            rows,
            labels: vec![0],
        };
        let data = Collection {
            examples: texts.iter().map(example).collect(),
            sources: vec![
                source("news", 0..1),
                source("social", 1..2),
                source("news", 2..3),
                source("social", 3..4),
            ],
        };
        let split = Split { train: vec![0, 1], validation: Vec::new(), test: vec![2, 3] };
        let found = overlap(&data, &split, &["decode_html_entities"]).unwrap();
        assert_eq!((found["news"]["news"], found["news"]["social"]), (0.75, 0.25));
        assert_eq!((found["social"]["news"], found["social"]["social"]), (0.0, 1.0 / 3.0));
        let one = Split { train: vec![0], validation: Vec::new(), test: vec![2] };
        assert_eq!(overlap::<&str>(&data, &one, &[]).unwrap(), Overlap::new());
    }
}
