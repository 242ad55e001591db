//! The whole path in real browsers: the real server hands out the real page, engine and models.
//!
//! They open what was built before: `cargo xtask build` makes `dist/` and the server, `cargo xtask test` does so
//! itself, and whoever starts them after neither is told. Each test has a server and a browser
//! of its own ([`site`]); where the network has to misbehave, a [`line`] between the two does it. The tests
//! wait for what they expect and never for a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builds;
mod calling;
mod cancelling;
mod early_exit;
mod element;
mod elsewhere;
mod foreign;
mod golden_chain;
mod kernels;
mod line;
mod loading;
mod many_big;
mod many_control;
mod many_desk;
mod many_files;
mod many_labels;
mod many_reading;
mod many_table;
mod models_folder;
mod offline;
mod page_accessibility;
mod page_blank;
mod page_hood;
mod page_input;
mod page_limits;
mod page_place;
mod page_reading;
mod page_states;
mod page_visit;
mod pictures;
mod pool;
mod preview;
mod resume;
mod same_bytes;
mod server;
mod site;
mod static_host;
mod subpath;
mod without_relaxed;
