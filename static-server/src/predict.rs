//! `POST /predict_batch`: an array of strings in, one label and its probabilities for each out.
//!
//! A request takes a place in the queue of the [`Predictor`](crate::predictor::Predictor), only then is its body
//! read (`body`), unpacked (`content_coding`) and parsed (`texts`). It is answered in the order of its texts,
//! duplicates included. That a text was longer than the model reads is said in a header, since the body's shape is
//! a contract.

mod body;
mod content_coding;
mod refused_text;
mod texts;

pub use content_coding::{ContentCoding, unpack};
pub use refused_text::{NamedText, RefusedText, RefusedTexts};
pub use texts::parse_texts;

use crate::access_log::BatchSize;
use crate::error::ApiError;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use body::BodyReader;
use classifier::{Prediction, TextError};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// Indices of the texts whose end was not read, separated by commas; absent if all were read whole.
const TRUNCATED: HeaderName = HeaderName::from_static("tickertone-truncated");

/// What the query may ask for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wishes {
    /// What becomes of a text that cannot be read: without it, it costs the others their answers.
    on_error: Option<OnError>,
    /// Whether the answer also says what the contract's fields do not.
    #[serde(default)]
    details: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnError {
    Null,
}

/// The 200 answer. The order of the fields is the contract's; those after `model` are there where they were asked for or
/// the model has an exit. A text without an answer has null everywhere.
#[derive(Serialize)]
struct Answer<'a> {
    input: Vec<Option<&'a str>>,
    message: &'static str,
    #[serde(rename = "status-code")]
    status_code: u16,
    output: Vec<Option<&'a str>>,
    scores: Vec<Option<Scores<'a>>>,
    model: &'a str,
    /// Layers after which each text was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<Option<usize>>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    details: Option<Details>,
    /// The texts without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<NamedText>>,
}

/// What else there is to say of each text.
#[derive(Serialize)]
struct Details {
    uncertain: Vec<Option<bool>>,
    tokens: Vec<Option<usize>>,
    truncated: Vec<Option<bool>>,
}

/// `POST /predict_batch`, with `?on_error=null` and `?details=true`.
///
/// # Errors
/// The request is not an array of strings or exceeds a limit, a text has nothing to read (unless `on_error` says
/// otherwise), or the server is not ready, busy, or broken.
pub async fn predict_batch(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (limits, (parts, body)) = (&state.limits, request.into_parts());
    let Query(wishes) = Query::<Wishes>::try_from_uri(&parts.uri)
        .map_err(|error| ApiError::Query { found: error.body_text() })?;
    let reader = BodyReader::new(&parts.headers, &body, limits)?;
    let place = state.predictor.place()?;
    let body = reader.read(body, limits).await?;
    let texts = parse_texts(&body, limits.max_batch.get(), limits.max_text_bytes.get())?;
    drop(body);
    let must_read_all = wishes.on_error != Some(OnError::Null);
    if must_read_all {
        refuse_any(&texts)?;
    }
    // Each text is there once: the bodies that wait are bounded, and so is what is made of them.
    let mut readable = Vec::with_capacity(texts.len());
    let keep = |text: Result<String, RefusedText>| text.map(|text| readable.push(text));
    let texts: Vec<Result<(), RefusedText>> = texts.into_iter().map(keep).collect();
    let readable = Arc::new(readable);
    let mut predictions = state.predictor.predict(place, Arc::clone(&readable)).await?.into_iter();
    let mut inputs = readable.iter().map(String::as_str);
    let input: Vec<Option<&str>> =
        texts.iter().map(|text| text.as_ref().ok().and_then(|()| inputs.next())).collect();
    let outcome = |text: Result<(), RefusedText>| {
        text.and_then(|()| Ok(predictions.next().unwrap_or(Err(TextError::NotANumber))?))
    };
    let outcomes: Vec<Result<Prediction, RefusedText>> = texts.into_iter().map(outcome).collect();
    if must_read_all {
        refuse_any(&outcomes)?;
    }
    let classifier = state.predictor.classifier()?;
    let scores = |prediction| Scores { labels: classifier.labels(), prediction };
    let answer = Answer {
        input,
        message: "OK",
        status_code: 200,
        output: of_each(&outcomes, |prediction| prediction.label.as_str()),
        scores: of_each(&outcomes, scores),
        model: classifier.model_id(),
        layers: classifier.exit_layer().map(|_| of_each(&outcomes, |prediction| prediction.num_layers)),
        details: wishes.details.then(|| Details {
            uncertain: of_each(&outcomes, |prediction| prediction.is_uncertain),
            tokens: of_each(&outcomes, |prediction| prediction.num_tokens),
            truncated: of_each(&outcomes, |prediction| prediction.is_truncated),
        }),
        errors: (!must_read_all).then(|| RefusedTexts::among(&outcomes).0),
    };
    let mut response = Json(answer).into_response();
    response.extensions_mut().insert(BatchSize(outcomes.len()));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let is_cut = |outcome: &&Result<Prediction, RefusedText>| matches!(outcome, Ok(prediction) if prediction.is_truncated);
    let truncated: Vec<String> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| is_cut(outcome))
        .map(|(index, _)| index.to_string())
        .collect();
    if let Ok(indices) = HeaderValue::try_from(truncated.join(","))
        && !truncated.is_empty()
    {
        headers.insert(TRUNCATED, indices);
    }
    Ok(response)
}

/// Refuses a request of which a text gets no answer.
fn refuse_any<T>(outcomes: &[Result<T, RefusedText>]) -> Result<(), ApiError> {
    let refused = RefusedTexts::among(outcomes);
    if refused.0.is_empty() { Ok(()) } else { Err(ApiError::Texts(refused)) }
}

/// A value of each prediction.
fn of_each<'a, T>(
    outcomes: &'a [Result<Prediction, RefusedText>],
    value: impl Fn(&'a Prediction) -> T,
) -> Vec<Option<T>> {
    outcomes.iter().map(|outcome| outcome.as_ref().ok().map(&value)).collect()
}

/// One text's probabilities: an object, label → probability, in label order.
struct Scores<'a> {
    labels: &'a [String],
    prediction: &'a Prediction,
}

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.labels.iter().zip(&self.prediction.probabilities))
    }
}
