//! Ctrl-C: the step that runs is finished, a checkpoint written, and the program ends. A second one ends it at once,
//! as the first one does where no steps run.

use anyhow::Context;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_WANTED: AtomicBool = AtomicBool::new(false);
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
static HANDLER: Once = Once::new();

/// Exit code of a program that SIGINT ended (128 + 2).
const INTERRUPTED: i32 = 130;

/// While it lives, a SIGINT or SIGTERM is left to [`is_wanted`].
#[derive(Debug)]
pub struct Watch(());

impl Watch {
    /// Begins to listen.
    ///
    /// # Errors
    /// An operating system that does not let us.
    pub fn new() -> anyhow::Result<Self> {
        let mut result = Ok(());
        HANDLER.call_once(|| {
            result = ctrlc::set_handler(|| {
                let is_watched = IS_WATCHED.load(Ordering::SeqCst);
                if IS_WANTED.swap(true, Ordering::SeqCst) || !is_watched {
                    std::process::exit(INTERRUPTED);
                }
                eprintln!("interrupted: finishing the step and writing a checkpoint; once more ends at once");
            });
        });
        result.context("cannot listen to Ctrl-C")?;
        IS_WATCHED.store(true, Ordering::SeqCst);
        Ok(Self(()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        IS_WATCHED.store(false, Ordering::SeqCst);
    }
}

/// Whether somebody asked the program to stop.
pub fn is_wanted() -> bool {
    IS_WANTED.load(Ordering::SeqCst)
}
