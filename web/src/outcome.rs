//! What JavaScript answers, in the page's own types: values, the outcomes of many texts, and what a rejected call says.

use messages::{EMPTY_TEXT, Prediction, TEXT_TOO_LONG};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::state::Failure;

/// `name` of the error of a server that did not answer, in words for the visitor.
const SERVER: &str = "ServerError";

/// What is said of one text among many.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its answer.
    Prediction(Prediction),
    /// Why it has none.
    Error {
        /// Which kind of error.
        name: String,
        /// In the reader's words.
        message: String,
    },
}

/// One outcome a text.
///
/// # Errors
/// There are more or fewer than texts.
pub fn outcomes(
    outcomes: Vec<Outcome>,
    expected: usize,
) -> Result<Vec<Result<Prediction, Failure>>, Failure> {
    if outcomes.len() != expected {
        let found = outcomes.len();
        return Err(Failure::Engine(format!("Expected {expected} answers, found {found}.")));
    }
    let outcome = |outcome| match outcome {
        Outcome::Prediction(prediction) => Ok(prediction),
        Outcome::Error { name, message } => Err(failure_named(&name, sentence(&message))),
    };
    Ok(outcomes.into_iter().map(outcome).collect())
}

/// A value as the page has it.
///
/// # Errors
/// It is something else: page and engine are of different versions.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        format!("The answer is not one that this page understands ({error}). Reload the page to get both in the same version.")
    })
}

/// What a rejected call says about the text, the engine or the server.
pub fn failure(error: &JsValue) -> Failure {
    failure_named(&name_of(error), message(error))
}

/// The `name` of whatever JavaScript threw.
pub fn name_of(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name())).unwrap_or_default()
}

/// The words of whatever JavaScript threw, as a sentence.
pub fn message(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => sentence(&String::from(error.message())),
        None => sentence(&error.as_string().unwrap_or_else(|| format!("{error:?}"))),
    }
}

fn failure_named(name: &str, message: String) -> Failure {
    match name {
        EMPTY_TEXT => Failure::NothingToRead,
        TEXT_TOO_LONG => Failure::TooLong(message),
        SERVER => Failure::Server(message),
        _ => Failure::Engine(message),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}
