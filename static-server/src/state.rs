//! What every handler answers from: files, model, limits, headers.
//!
//! It lies below the handlers and above [`predictor`](crate::predictor) and
//! [`static_files`](crate::static_files): neither knows of it, so both can be tested without it.

use crate::config::Limits;
use crate::predictor::Predictor;
use crate::static_files::StaticFiles;
use axum::http::HeaderMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the answers are made of.
#[derive(Debug)]
pub struct AppState {
    /// Page, engine and models.
    pub files: StaticFiles,
    /// The default model and the turns at it.
    pub predictor: Predictor,
    /// What a request may ask for.
    pub limits: Limits,
    /// Headers of every answer.
    pub security_headers: HeaderMap,
    shutting_down: AtomicBool,
}

impl AppState {
    /// The state of a server that still waits for its model.
    pub fn new(files: StaticFiles, security_headers: HeaderMap, limits: Limits) -> Self {
        let predictor = Predictor::new(&limits);
        Self { files, predictor, limits, security_headers, shutting_down: AtomicBool::new(false) }
    }

    /// From now on the server is not ready any more.
    pub fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Release);
    }

    /// Whether the shutdown has begun.
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Acquire)
    }
}
