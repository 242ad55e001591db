//! Ctrl-C: the step that runs is finished, a checkpoint written, and the program ends. A second one ends it at once.

use anyhow::Context;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_WANTED: AtomicBool = AtomicBool::new(false);
static WATCH: Once = Once::new();

/// Exit code of a program that SIGINT ended (128 + 2).
const INTERRUPTED: i32 = 130;

/// Begins to listen to SIGINT and SIGTERM.
///
/// # Errors
/// An operating system that does not let us.
pub fn watch() -> anyhow::Result<()> {
    let mut result = Ok(());
    WATCH.call_once(|| {
        result = ctrlc::set_handler(|| {
            if IS_WANTED.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
            eprintln!("interrupted: finishing the step and writing a checkpoint; once more ends at once");
        });
    });
    result.context("cannot listen to Ctrl-C")
}

/// Whether somebody asked the program to stop.
pub fn is_wanted() -> bool {
    IS_WANTED.load(Ordering::SeqCst)
}
