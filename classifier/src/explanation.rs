//! Why a text got its label: each word left out in turn.
//!
//! Occlusion (Zeiler & Fergus 2014, section 4.2): exact for the model at hand, needs no gradients and so works
//! on quantized weights; its price is one more text to classify for every word.

use crate::{Classifier, ClassifyError, Depth, Prediction};

/// Words beyond this are not left out in turn: what they contribute is not measured. A tweet has some 15, and 280
/// characters hold about 50.
pub const MAX_EXPLAINED_WORDS: usize = 64;

/// A prediction and what each word did for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The prediction for the whole text.
    pub prediction: Prediction,
    /// The first [`MAX_EXPLAINED_WORDS`] words of the text, in reading order.
    pub words: Vec<WordContribution>,
}

/// What one word contributed.
#[derive(Clone, Debug, PartialEq)]
pub struct WordContribution {
    /// The word as it was written: `$TSLA` also where the model reads `stock`, a link also where it reads none.
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
    pub fn explain(&self, text: &str) -> Result<Explanation, ClassifyError> {
        let prediction = self.classify(text)?;
        let label = self.labels().iter().position(|label| *label == prediction.label).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let without: Vec<String> = (0..words.len().min(MAX_EXPLAINED_WORDS))
            .map(|left_out| {
                let kept = words.iter().enumerate().filter(|(at, _)| *at != left_out);
                kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
            })
            .collect();
        // Some words are all there is to read: without them there is nothing to classify.
        let readable: Vec<usize> =
            (0..without.len()).filter(|&at| self.encode(at, &without[at]).is_ok()).collect();
        let texts: Vec<&str> = readable.iter().map(|&at| without[at].as_str()).collect();
        let depth = match prediction.num_layers < self.num_layers() {
            true => Depth::Exit,
            false => Depth::Full,
        };
        let chance = 1.0 / self.labels().len() as f32;
        let mut probability_without = vec![chance; without.len()];
        for (&at, prediction) in readable.iter().zip(self.classify_batch_at(&texts, depth)?) {
            probability_without[at] = prediction.probabilities[label];
        }
        let words = words.iter().zip(&probability_without).map(|(word, without)| WordContribution {
            word: (*word).to_owned(),
            contribution: prediction.probabilities[label] - without,
        });
        Ok(Explanation { words: words.collect(), prediction })
    }
}
