//! The server from outside: the real binary on a free port, spoken to over HTTP. One file a behaviour.
//!
//! The models are the repository's own; page and engine are small folders written by
//! [`running_server`](crate::running_server), so that these tests need no browser build.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_requests;
mod bodies;
mod conditions;
mod connections;
mod contract;
mod health;
mod limits;
mod logs;
mod ranges;
mod running_server;
mod security_headers;
mod shutdown;
mod start_failures;
mod static_files;
