//! The server that the page came from, as another reader of texts.

use std::rc::Rc;

use messages::Prediction;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::outcome::{Outcome, failure, outcomes, read};
use crate::state::Failure;

#[wasm_bindgen(raw_module = "./js/asking-server.js")]
extern "C" {
    #[wasm_bindgen(js_name = askServer, catch)]
    async fn ask_server(texts: Vec<String>) -> Result<JsValue, JsValue>;
    /// Where texts go when the server reads them.
    #[wasm_bindgen(js_name = serverHost)]
    pub fn host() -> String;
}

/// What `askServer` gives.
#[derive(Deserialize)]
struct Answer {
    model: Rc<str>,
    outcomes: Vec<Outcome>,
}

/// One outcome a text, in order, and the id of the model that answered.
///
/// # Errors
/// The server did not answer; what to tell the visitor.
pub async fn classify_each(
    texts: Vec<String>,
) -> Result<(Vec<Result<Prediction, Failure>>, Rc<str>), Failure> {
    let expected = texts.len();
    let answer = ask_server(texts).await.map_err(|error| failure(&error))?;
    let Answer { model, outcomes: found } = read(answer).map_err(Failure::Server)?;
    Ok((outcomes(found, expected)?, model))
}

/// Classifies one text.
///
/// # Errors
/// The text cannot be read, or the server did not answer.
pub async fn classify(text: &str) -> Result<(Prediction, Rc<str>), Failure> {
    let (mut outcomes, model) = classify_each(vec![text.to_owned()]).await?;
    let prediction = outcomes.pop().unwrap_or(Err(Failure::NothingToRead))?;
    Ok((prediction, model))
}
