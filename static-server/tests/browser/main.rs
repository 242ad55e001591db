//! The whole path in a real Chromium: the real server hands out the real page, engine and models.
//!
//! `cargo xtask test` builds what they open (`dist/`) before it runs them. Each test has a server and a browser
//! of its own ([`site`]); where the network has to misbehave, a [`line`] between the two does it. The tests
//! wait for what they expect and never for a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builds;
mod calling;
mod golden_chain;
mod kernels;
mod line;
mod loading;
mod many_labels;
mod models_folder;
mod page_blank;
mod page_input;
mod page_limits;
mod page_states;
mod pool;
mod preview;
mod same_bytes;
mod site;
