//! One log line a request: method, path, status, latency, batch size. Never a query, never a text.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::{debug, info};

/// How many texts a request held; `/predict_batch` attaches it to its answer.
#[derive(Clone, Copy, Debug)]
pub struct BatchSize(pub usize);

/// Logs the request once its answer is known. Health checks come every few seconds: they are logged at debug.
pub async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let latency_ms = (start.elapsed().as_secs_f64() * 1e5).round() / 1e2;
    let batch_size = response.extensions().get::<BatchSize>().map(|size| size.0);
    if path == "/livez" || path == "/readyz" {
        debug!(%method, path, status, latency_ms, "request");
    } else {
        info!(%method, path, status, latency_ms, batch_size, "request");
    }
    response
}
