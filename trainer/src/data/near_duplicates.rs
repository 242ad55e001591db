//! Which texts are the same to a model: near-duplicates, which a split must not part.
//!
//! Two texts that a model reads as one have one key, whatever steps the run's normalization has: the key is taken of the
//! normalized text. The steps of a new model are applied to it besides, so that runs with other steps are divided alike
//! and can be compared.

use classifier::normalization::{CURRENT, Normalization, UnknownStep};
use indexmap::IndexMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What near-duplicates have in common, as a function of the text.
#[derive(Clone, Debug)]
pub struct NearDuplicates {
    run: Normalization,
    current: Normalization,
}

impl NearDuplicates {
    /// For a run that normalizes by these steps.
    ///
    /// # Errors
    /// A step that is not known.
    pub fn new<S: AsRef<str>>(normalization: &[S]) -> Result<Self, UnknownStep> {
        Ok(Self { run: Normalization::new(normalization)?, current: Normalization::new(&CURRENT)? })
    }

    /// The letters of the text as a model reads it, without case, accents, punctuation and spaces.
    pub fn key(&self, text: &str) -> String {
        letters(&self.current.apply(&self.run.apply(text)))
    }

    /// Groups of positions with the same key, in order of their first one.
    pub fn groups<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Vec<Vec<usize>> {
        let mut groups = IndexMap::<String, Vec<usize>>::new();
        for (index, text) in texts.into_iter().enumerate() {
            groups.entry(self.key(text)).or_default().push(index);
        }
        groups.into_values().collect()
    }
}

/// Lower-case letters and digits without accents; a text of symbols alone (emoji) stands for itself.
///
/// Spaces go with the punctuation, for a tokenizer that divides words at it reads `profit/loss` as `profit / loss`.
fn letters(text: &str) -> String {
    let lower = text.to_lowercase();
    let plain: String = match lower.is_ascii() {
        true => lower.chars().filter(char::is_ascii_alphanumeric).collect(),
        // As an uncased tokenizer does: decomposed, marks dropped.
        false => lower.nfkd().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c)).collect(),
    };
    if plain.is_empty() { lower.split_whitespace().collect() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use classifier::normalization::Step;
    use proptest::prelude::*;

    #[test]
    fn letters_and_digits_stay_and_symbols_where_there_is_nothing_else() {
        assert_eq!(letters("$ACME: Up/down, 5%! Café"), letters("acme up / down 5 cafe"));
        assert_ne!(letters("\u{1f680}"), letters("\u{1f4c9}"));
        assert_eq!(letters("\u{1f680} \u{1f680}"), letters("\u{1f680}\u{1f680}"));
    }

    #[test]
    fn a_text_in_other_clothes_is_the_same() {
        let near_duplicates = NearDuplicates::new::<&str>(&[]).unwrap();
        let texts = [
            "$ACME up 5%",
            "$XYZ.A UP: 5%?",
            "$acme &quot;up&quot; 5% https://t.co/a",
            "$ACME down 5%",
            "#ACME \u{1d42e}p 5%\u{200b}",
        ];
        assert_eq!(near_duplicates.groups(texts), [vec![0, 1, 2, 4], vec![3]]);
    }

    fn steps() -> impl Strategy<Value = Vec<&'static str>> {
        let every: Vec<&str> = Step::all().map(Step::name).collect();
        proptest::sample::subsequence(every.clone(), 0..=every.len()).prop_shuffle()
    }

    proptest! {
        /// The guarantee of a split, under whatever normalization.
        #[test]
        fn texts_that_a_model_reads_as_one_have_one_key(
            steps in steps(),
            words in proptest::collection::vec("up|\\$ACME|\\$B|&amp;|&amp;amp;|&lt;|http://t&nbsp;c|https://t.co/x|www.a| |É|\u{1f680}|#A|@b|\\[PAD\\]|…", 0..5),
            others in proptest::collection::vec("up|\\$ACME|\\$B|&amp;|&amp;amp;|&lt;|http://t&nbsp;c|https://t.co/x|www.a| |É|\u{1f680}|#A|@b|\\[PAD\\]|…", 0..5),
        ) {
            let (lhs, rhs) = (words.join(" "), others.join(" "));
            let normalization = Normalization::new(&steps).unwrap();
            if normalization.apply(&lhs) == normalization.apply(&rhs) {
                let near_duplicates = NearDuplicates::new(&steps).unwrap();
                prop_assert_eq!(near_duplicates.key(&lhs), near_duplicates.key(&rhs));
            }
        }
    }
}
