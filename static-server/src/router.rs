//! The routes, as a factory: state in, `Router` out; whoever has the state can ask it without a socket.

use crate::error::ApiError;
use crate::predict::predict_batch;
use crate::state::AppState;
use crate::{access_log, health};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{from_fn, map_response};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// Every route of the server.
pub fn router(state: Arc<AppState>) -> Router {
    let secured = Arc::clone(&state);
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/predict_batch", post(predict_batch))
        .route("/predict_batch/", post(predict_batch))
        // Where browsers look for the icon of what is no page, as the manifest.
        .route("/favicon.ico", get(Redirect::permanent("/favicon.svg")))
        .route("/", get(static_file))
        .route("/{*path}", get(static_file))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(move |response| std::future::ready(secure(&secured, response))))
        .layer(from_fn(access_log::log))
        .with_state(state)
}

async fn static_file(
    State(state): State<Arc<AppState>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    state.files.answer(&method, &uri, &headers)
}

async fn not_found(uri: Uri) -> ApiError {
    ApiError::NotFound { path: uri.path().to_owned() }
}

async fn method_not_allowed(method: Method, request: Request) -> ApiError {
    ApiError::MethodNotAllowed { found: method.to_string(), path: request.uri().path().to_owned() }
}

fn secure(state: &AppState, mut response: Response) -> Response {
    response.headers_mut().extend(state.security_headers.clone());
    response
}
