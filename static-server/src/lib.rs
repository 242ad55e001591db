//! The server: it hands out page, engine and weights, and answers `POST /predict_batch`.
//!
//! The life of a request: [`connections`] accepts it, [`router`] finds its place, [`access_log`] and
//! [`security_headers`] wrap the answer, and one of three answers it: [`static_files`], [`predict`] or
//! [`health`]. Whatever can be wrong with a request ends as an [`error::ApiError`]. The handlers stand above
//! [`state`], which stands above the [`predictor`]; nothing below looks up.
//!
//! Everything that is served is read once at start ([`static_files`], [`model_store`]) and answered from
//! memory: what was checked is what goes out, no path of a request ever reaches the file system, and the
//! page, the weights and `/predict_batch` cannot drift apart while the server runs.

pub mod access_log;
pub mod config;
pub mod connections;
pub mod descriptors;
pub mod error;
pub mod health;
pub mod model_store;
pub mod predict;
pub mod predictor;
pub mod router;
pub mod security_headers;
pub mod server;
pub mod state;
pub mod static_files;
