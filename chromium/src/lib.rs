//! A real Chromium under the control of a test or a benchmark: open a page, click, type, look.
//!
//! `e2e` and `cargo xtask bench browser` stand on it. It needs the browser and nothing
//! else, no driver program and no Node: it speaks the DevTools protocol itself, the dozen commands that are
//! needed, because only so the page's workers can be watched too (what they request, what they complain about)
//! and because the crates that wrap the whole protocol take minutes to compile. [`Firefox`] is for the one thing that
//! no Chromium is any more: a browser without relaxed SIMD.
//!
//! The life of a page: [`find_executable`] → [`Page::launch`] (a process with a fresh profile) → [`Page::goto`]
//! → input and [`Page::evaluate`] → dropped, and with it the process and the profile.

mod connection;
mod error;
mod executable;
mod firefox;
mod input;
mod observation;
mod page;
mod process;
mod script;
mod socket;

pub use error::Error;
pub use executable::{find_executable, find_firefox};
pub use firefox::Firefox;
pub use input::Key;
pub use page::Page;
