//! Texts that get no answer, and how a refusal or an answer names them.

use classifier::TextError;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// Why one text of a request gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RefusedText {
    /// It is no text.
    #[error("expected a string, found {found}. Send strings only")]
    NotAString {
        /// Type of the element.
        found: &'static str,
    },
    /// It is larger than this server allows.
    #[error("expected at most {limit_bytes} bytes, found {found_bytes}. Send its beginning")]
    TooLong {
        /// Largest accepted text in UTF-8 bytes.
        limit_bytes: usize,
        /// Its size in UTF-8 bytes.
        found_bytes: usize,
    },
    /// The classifier cannot read it.
    #[error(transparent)]
    Unreadable(#[from] TextError),
}

/// A text without an answer, as it is named in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedText {
    /// Position in the array, from 0.
    pub index: usize,
    /// What was expected, what was found, what to do.
    pub detail: String,
}

/// Every text of a request without an answer, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RefusedTexts(pub Vec<NamedText>);

impl RefusedTexts {
    /// Those among the outcomes that are errors.
    pub fn among<'a, T: 'a>(outcomes: impl IntoIterator<Item = &'a Result<T, RefusedText>>) -> Self {
        let outcomes = outcomes.into_iter().enumerate();
        let refused = outcomes.filter_map(|(index, outcome)| {
            outcome.as_ref().err().map(|error| NamedText { index, detail: error.to_string() })
        });
        Self(refused.collect())
    }
}

/// All of them, those with the same reason in one sentence.
impl fmt::Display for RefusedTexts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut details: Vec<&str> = Vec::new();
        for NamedText { detail, .. } in &self.0 {
            if details.contains(&detail.as_str()) {
                continue;
            }
            let alike = self.0.iter().filter(|text| text.detail == *detail);
            let indices: Vec<String> = alike.map(|text| text.index.to_string()).collect();
            let texts = if indices.len() == 1 { "text at index" } else { "texts at the indices" };
            let gap = if details.is_empty() { "" } else { ". " };
            write!(formatter, "{gap}the {texts} {}: {detail}", indices.join(", "))?;
            details.push(detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{RefusedText, RefusedTexts};
    use classifier::TextError;

    #[test]
    fn every_text_is_named_and_each_reason_once() {
        let outcomes = [
            Ok("up"),
            Err(TextError::Empty.into()),
            Err(RefusedText::NotAString { found: "a number" }),
            Err(TextError::Empty.into()),
        ];
        let message = RefusedTexts::among(&outcomes).to_string();
        assert!(message.starts_with("the texts at the indices 1, 3: empty text"), "{message}");
        assert!(
            message.ends_with(". the text at index 2: expected a string, found a number. Send strings only"),
            "{message}"
        );
    }
}
