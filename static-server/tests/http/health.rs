//! `/livez` and `/readyz`, and what is answered before the model is there.
//!
//! The states that last only a moment in a running server are held still by asking the router itself.

use crate::running_server::Server;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use clap::Parser;
use static_server::config::Config;
use static_server::router::router;
use static_server::state::AppState;
use static_server::static_files::StaticFiles;
use std::sync::Arc;
use tower::ServiceExt;

#[test]
fn a_server_with_its_model_is_alive_and_ready() {
    let server = Server::start();
    for path in ["/livez", "/readyz"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{path}");
        assert_eq!(reply.json(), serde_json::json!({"message": "OK", "status-code": 200}), "{path}");
    }
}

#[test]
fn the_socket_is_open_before_the_model_is_loaded() {
    let log = Server::start().start_log.clone();
    let position = |part: &str| log.iter().position(|line| line.contains(part));
    assert!(position("listening on http://") < position(" ready model="), "{log:#?}");
    assert!(position("listening on http://").is_some(), "{log:#?}");
}

fn state() -> Arc<AppState> {
    let limits = Config::parse_from(["static-server"]).limits;
    Arc::new(AppState::new(StaticFiles::default(), HeaderMap::new(), limits))
}

async fn ask(state: &Arc<AppState>, method: &str, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    router(Arc::clone(state)).oneshot(request.body(Body::from("[\"up\"]")).unwrap()).await.unwrap()
}

#[tokio::test]
async fn without_its_model_a_server_is_alive_but_not_ready() {
    let state = state();
    assert_eq!(ask(&state, "GET", "/livez").await.status(), StatusCode::OK);
    for (method, path) in [("GET", "/readyz"), ("POST", "/predict_batch")] {
        let response = ask(&state, method, path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()["retry-after"], "1", "{path}");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("loading its model"), "{path}: {body:?}");
    }
}

#[tokio::test]
async fn a_server_that_shuts_down_is_alive_but_not_ready() {
    let state = state();
    state.begin_shutdown();
    assert_eq!(ask(&state, "GET", "/livez").await.status(), StatusCode::OK);
    let response = ask(&state, "GET", "/readyz").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("shutting down"), "{body:?}");
}
