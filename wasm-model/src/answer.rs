//! From the classifier's results to the public message types: the last step before JavaScript.
//!
//! The classifier speaks in vectors by label index, the contract in objects by label name; the order of the
//! labels survives because the scores are an `IndexMap`.

use classifier::{Classifier, ClassifyError};
use messages::{EMPTY_TEXT, EngineInfo, Explanation, Prediction, TEXT_TOO_LONG, WordContribution};

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
pub fn error_name(error: &ClassifyError) -> &'static str {
    match error {
        ClassifyError::EmptyText { .. } => EMPTY_TEXT,
        ClassifyError::TextTooLong { .. } => TEXT_TOO_LONG,
        ClassifyError::Tokenizer { .. } | ClassifyError::NotANumber { .. } => "Error",
    }
}

/// The error about a text of a chunk, with its index in the array of which the chunk starts at `first_index`.
pub fn error_in_chunk(mut error: ClassifyError, first_index: usize) -> ClassifyError {
    match &mut error {
        ClassifyError::EmptyText { index }
        | ClassifyError::TextTooLong { index, .. }
        | ClassifyError::Tokenizer { index, .. }
        | ClassifyError::NotANumber { index } => *index += first_index,
    }
    error
}
