//! From the classifier's results to the public message types: the last step before JavaScript.
//!
//! The classifier speaks in vectors by label index, the contract in objects by label name; the order of the
//! labels survives because the scores are an `IndexMap`.

use classifier::{Classifier, TextError};
use messages::{
    EMPTY_TEXT, EngineInfo, Explanation, ExplanationPart, Outcome, Prediction, TEXT_TOO_LONG, TextFailure,
    WordContribution,
};

const _: () = assert!(messages::MAX_EXPLAINED_WORDS == classifier::MAX_EXPLAINED_WORDS);

/// Name of this build, as in the tables of `js/builds.js` and `xtask/src/build.rs`.
pub const BUILD: &str = if cfg!(feature = "relaxed-simd") { "relaxed" } else { "simd128" };

/// One prediction, its probabilities under the names of the labels.
pub fn prediction(labels: &[String], prediction: classifier::Prediction) -> Prediction {
    Prediction {
        label: prediction.label,
        scores: labels.iter().cloned().zip(prediction.probabilities).collect(),
        uncertain: prediction.is_uncertain,
        tokens: prediction.num_tokens,
        layers: prediction.num_layers,
        truncated: prediction.is_truncated,
    }
}

/// What became of one text of a batch.
pub fn outcome(labels: &[String], outcome: Result<classifier::Prediction, TextError>) -> Outcome {
    match outcome {
        Ok(classified) => Outcome::Prediction(prediction(labels, classified)),
        Err(error) => Outcome::Failure { error: failure(&error) },
    }
}

/// Why a text has no prediction.
pub fn failure(error: &TextError) -> TextFailure {
    TextFailure { name: error_name(error).to_owned(), message: error.to_string() }
}

/// One explanation, its words in reading order.
pub fn explanation(labels: &[String], explanation: classifier::Explanation) -> Explanation {
    Explanation {
        prediction: prediction(labels, explanation.prediction),
        words: explanation
            .words
            .into_iter()
            .map(|word| WordContribution { word: word.word, contribution: word.contribution })
            .collect(),
    }
}

/// A part of an explanation.
pub fn explanation_part(labels: &[String], part: classifier::Explanation) -> ExplanationPart {
    let total = part.num_words;
    let Explanation { prediction, words } = explanation(labels, part);
    ExplanationPart { prediction, words, total }
}

/// What has been loaded and what computes it.
pub fn info(classifier: &Classifier) -> EngineInfo {
    EngineInfo {
        model: classifier.model_id().to_owned(),
        engine: BUILD.to_owned(),
        // Only js/engine.js knows what else was wanted.
        fallback: None,
        kernel: classifier.kernel().to_owned(),
        labels: classifier.labels().to_vec(),
        max_tokens: classifier.max_tokens(),
        layers: classifier.num_layers(),
        uncertain_below: classifier.uncertain_threshold(),
    }
}

/// What JavaScript finds in `error.name`: the two kinds that a caller may want to tell apart, for which nothing but
/// another text helps.
fn error_name(error: &TextError) -> &'static str {
    match error {
        TextError::Empty => EMPTY_TEXT,
        TextError::TooLong { .. } => TEXT_TOO_LONG,
        TextError::Tokenizer { .. } | TextError::NotANumber => "Error",
    }
}
