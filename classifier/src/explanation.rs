//! Why a text got its label: each word left out in turn.
//!
//! Occlusion (Zeiler & Fergus 2014, section 4.2): exact for the model at hand, needs no gradients and so works
//! on quantized weights; its price is one more text to classify for every word.

use crate::normalization::emoji;
use crate::{Classifier, Depth, Prediction, TextError};
use std::ops::Range;

/// Words beyond this are not left out in turn: what they contribute is not measured. A tweet has some 15, and 280
/// characters hold about 50.
pub const MAX_EXPLAINED_WORDS: usize = 64;

/// A prediction and what each word did for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The prediction for the whole text.
    pub prediction: Prediction,
    /// The first [`MAX_EXPLAINED_WORDS`] words of the text, in reading order; those of one part, where that was asked for.
    pub words: Vec<WordContribution>,
    /// Words of a whole explanation of this text.
    pub num_words: usize,
}

/// What one word contributed.
#[derive(Clone, Debug, PartialEq)]
pub struct WordContribution {
    /// The word as it was written: `$TSLA` also where the model reads `stock`, a link also where it reads none, 🚀 also
    /// where it reads `rocket`. Emoji that stick to a word are words of their own; the same one in a row is one.
    pub word: String,
    /// p(label | text) − p(label | text without the word), in −1 ..= 1: positive speaks for the label.
    pub contribution: f32,
}

impl Classifier {
    /// Classifies `text` and measures what each of its words contributes to the label.
    ///
    /// What is left without a word is read at the depth that answered the whole text, however sure it is there: the two
    /// are then answers of one function, and their difference is the word's.
    ///
    /// A word alone in its text contributes its whole probability above chance (1 / number of labels).
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn explain(&self, text: &str) -> Result<Explanation, TextError> {
        self.explain_part(text, 0..MAX_EXPLAINED_WORDS)
    }

    /// As [`Classifier::explain`], for the words at these places alone (of the first [`MAX_EXPLAINED_WORDS`]): an
    /// explanation can be made part by part, by several engines, and be given up between two parts.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn explain_part(&self, text: &str, places: Range<usize>) -> Result<Explanation, TextError> {
        let prediction = self.classify(text)?;
        let label = self.labels().iter().position(|label| *label == prediction.label).unwrap_or_default();
        let mut words = explained_words(text);
        let num_words = words.len();
        words.truncate(places.end);
        words.drain(..places.start.min(words.len()));
        let leave_out = |word: &Range<usize>| format!("{} {}", &text[..word.start], &text[word.end..]);
        let without: Vec<String> = words.iter().map(leave_out).collect();
        let depth = match prediction.num_layers < self.num_layers() {
            true => Depth::Exit,
            false => Depth::Full,
        };
        let chance = 1.0 / self.labels().len() as f32;
        let words = words.into_iter().zip(self.classify_each_at(&without, depth)).map(|(word, without)| {
            let without = match without {
                Ok(prediction) => prediction.probabilities[label],
                // Some words are all there is to read: without them there is nothing to classify.
                Err(TextError::Empty) => chance,
                Err(error) => return Err(error),
            };
            let contribution = prediction.probabilities[label] - without;
            Ok(WordContribution { word: text[word].to_owned(), contribution })
        });
        Ok(Explanation { words: words.collect::<Result<_, _>>()?, num_words, prediction })
    }
}

/// The words that are left out in turn.
fn explained_words(text: &str) -> Vec<Range<usize>> {
    let mut words = words(text);
    words.truncate(MAX_EXPLAINED_WORDS);
    words
}

/// What stands between whitespace, with emoji apart.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    for word in text.split(char::is_whitespace) {
        let end = start + word.len();
        let mut plain = start;
        let mut last = "";
        while let Some(emoji) = emoji::find(&text[..end], plain) {
            match words.last_mut() {
                Some(Range { end, .. }) if *end == emoji.range.start && emoji.name == last => {
                    *end = emoji.range.end;
                }
                _ => words.extend([plain..emoji.range.start, emoji.range.clone()]),
            }
            (plain, last) = (emoji.range.end, emoji.name);
        }
        words.push(plain..end);
        start = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_words_of_their_own() {
        let text =
            " moon\u{1f680}\u{1f680}now \u{1f4c9}\u{1f680} \u{1f44d}\u{1f3ff}\u{a0}5% (\u{2764}\u{fe0f}) ";
        let words: Vec<&str> = words(text).into_iter().map(|word| &text[word]).collect();
        let expected = [
            "moon",
            "\u{1f680}\u{1f680}",
            "now",
            "\u{1f4c9}",
            "\u{1f680}",
            "\u{1f44d}\u{1f3ff}",
            "5%",
            "(",
            "\u{2764}\u{fe0f}",
            ")",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn nothing_has_no_words() {
        assert!(words(" \n\u{2003}").is_empty() && words("").is_empty());
    }
}
