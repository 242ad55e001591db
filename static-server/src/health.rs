//! `/livez` and `/readyz`: is the process there, and should it get requests.
//!
//! Ready means: the default model is loaded and no shutdown has begun.

use crate::error::ApiError;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// `GET /livez`: 200 as long as the process answers.
pub async fn livez() -> Response {
    ok()
}

/// `GET /readyz`: 200 when the model is loaded, 503 before, and again once the shutdown has begun.
///
/// # Errors
/// The server is loading its model or shutting down.
pub async fn readyz(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    if state.is_shutting_down() {
        return Err(ApiError::NotReady { found: "shutting down" });
    }
    state.predictor.classifier()?;
    Ok(ok())
}

/// The body of a healthy answer.
#[derive(Serialize)]
struct Status {
    message: &'static str,
    #[serde(rename = "status-code")]
    status_code: u16,
}

fn ok() -> Response {
    let body = Json(Status { message: "OK", status_code: 200 });
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}
