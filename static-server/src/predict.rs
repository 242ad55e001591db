//! `POST /predict_batch`: an array of strings in, one label and its probabilities for each out.
//!
//! A request takes a place in the queue of the [`Predictor`](crate::predictor::Predictor), only then is its body
//! read (`body`), unpacked (`content_coding`) and parsed (`texts`). It is answered in the order of its texts,
//! duplicates included. That a text was longer than the model reads is said in a header, since the body's shape is
//! a contract.

mod body;
mod content_coding;
mod texts;

pub use content_coding::{ContentCoding, unpack};
pub use texts::parse_texts;

use crate::access_log::BatchSize;
use crate::error::ApiError;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use body::BodyReader;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Indices of the texts whose end was not read, separated by commas; absent if all were read whole.
const TRUNCATED: HeaderName = HeaderName::from_static("tickertone-truncated");

/// The 200 answer. The order of the fields is the contract's; the last is there where the model has an exit.
#[derive(Serialize)]
struct Answer<'a> {
    input: &'a [String],
    message: &'static str,
    #[serde(rename = "status-code")]
    status_code: u16,
    output: Vec<&'a str>,
    scores: Vec<Scores<'a>>,
    model: &'a str,
    /// Layers after which each text was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<usize>>,
}

/// `POST /predict_batch`.
///
/// # Errors
/// The request is not an array of strings or exceeds a limit, a text has nothing to read, or the server is
/// not ready, busy, or broken.
pub async fn predict_batch(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (limits, (parts, body)) = (&state.limits, request.into_parts());
    let reader = BodyReader::new(&parts.headers, &body, limits)?;
    let place = state.predictor.place()?;
    let body = reader.read(body, limits).await?;
    let texts = Arc::new(parse_texts(&body, limits.max_batch.get(), limits.max_text_bytes.get())?);
    drop(body);
    let predictions = state.predictor.predict(place, Arc::clone(&texts)).await?;
    let classifier = state.predictor.classifier()?;
    let truncated: Vec<String> = predictions
        .iter()
        .enumerate()
        .filter(|(_, prediction)| prediction.is_truncated)
        .map(|(index, _)| index.to_string())
        .collect();
    let answer = Answer {
        input: &texts,
        message: "OK",
        status_code: 200,
        output: predictions.iter().map(|prediction| prediction.label.as_str()).collect(),
        scores: predictions
            .iter()
            .map(|prediction| Scores {
                labels: classifier.labels(),
                probabilities: &prediction.probabilities,
            })
            .collect(),
        model: classifier.model_id(),
        layers: classifier
            .exit_layer()
            .map(|_| predictions.iter().map(|prediction| prediction.num_layers).collect()),
    };
    let mut response = Json(answer).into_response();
    response.extensions_mut().insert(BatchSize(texts.len()));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(indices) = HeaderValue::try_from(truncated.join(","))
        && !truncated.is_empty()
    {
        headers.insert(TRUNCATED, indices);
    }
    Ok(response)
}

/// One text's probabilities: an object, label → probability, in label order.
struct Scores<'a> {
    labels: &'a [String],
    probabilities: &'a [f32],
}

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.labels.iter().zip(self.probabilities))
    }
}
