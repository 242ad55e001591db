//! The body of `POST /predict_batch`: bytes → texts within the limits, or a refusal that names the place.
//!
//! A body above its limit is read to the end (up to a bound) before it is refused: a client that is still
//! sending when the connection closes would see a reset instead of the answer.

use crate::config::Limits;
use crate::error::ApiError;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde_json::Value;

/// How much of a body that is too large is read and dropped.
const MAX_DRAINED_BYTES: usize = 64 << 20;

/// The texts of a request.
///
/// # Errors
/// Anything but a JSON array of strings within the limits, sent as `application/json` and in time.
pub(super) async fn read_texts(request: Request, limits: &Limits) -> Result<Vec<String>, ApiError> {
    check_content_type(request.headers())?;
    let body = read_body(request.into_body(), limits.max_body_bytes.get());
    let limit = limits.read_timeout();
    let body = tokio::time::timeout(limit, body).await.map_err(|_| ApiError::BodyTooSlow { limit })??;
    parse_texts(&body, limits)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Err(ApiError::ContentType { found: "none".to_owned() });
    };
    let value = String::from_utf8_lossy(value.as_bytes());
    let media_type = value.split(';').next().unwrap_or_default().trim();
    match media_type.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(ApiError::ContentType { found: format!("`{media_type}`") }),
    }
}

async fn read_body(mut body: Body, limit_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let mut found_bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BodyCutOff { found_bytes })?;
        let Ok(data) = frame.into_data() else { continue };
        found_bytes += data.len();
        if found_bytes <= limit_bytes {
            bytes.extend_from_slice(&data);
        } else if found_bytes > MAX_DRAINED_BYTES {
            break;
        }
    }
    if found_bytes > limit_bytes { Err(ApiError::BodyTooLarge { limit_bytes }) } else { Ok(bytes) }
}

fn parse_texts(body: &[u8], limits: &Limits) -> Result<Vec<String>, ApiError> {
    let body =
        std::str::from_utf8(body).map_err(|error| ApiError::NotUtf8 { offset: error.valid_up_to() })?;
    let value: Value =
        serde_json::from_str(body).map_err(|error| ApiError::NotJson { reason: error.to_string() })?;
    let Value::Array(values) = value else { return Err(ApiError::NotAnArray { found: type_name(&value) }) };
    if values.len() > limits.max_batch.get() {
        return Err(ApiError::TooManyTexts { limit: limits.max_batch.get(), found: values.len() });
    }
    values.into_iter().enumerate().map(|(index, value)| parse_text(index, value, limits)).collect()
}

fn parse_text(index: usize, value: Value, limits: &Limits) -> Result<String, ApiError> {
    let Value::String(text) = value else {
        return Err(ApiError::NotAString { index, found: type_name(&value) });
    };
    let limit_bytes = limits.max_text_bytes.get();
    match text.len() > limit_bytes {
        true => Err(ApiError::TextTooLong { index, limit_bytes, found_bytes: text.len() }),
        false => Ok(text),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
