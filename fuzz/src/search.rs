//! The search on any toolchain: a property over its seeds, then over mutations of them.
//!
//! The property runs in a thread of its own, so that one that never ends is found too.

use crate::Mutator;
use std::any::Any;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// An input for which the property does not hold.
#[derive(Debug)]
pub struct Failure {
    /// The bytes.
    pub input: Vec<u8>,
    /// The words of the panic, or that it took too long.
    pub what: String,
}

/// Tries all seeds, and as many mutations of them; `number` says which ones. One input may take so long as
/// `patience`.
///
/// # Errors
/// The first input for which the property does not hold.
pub fn search(
    property: impl Fn(&[u8]) + Send + 'static,
    seeds: Vec<Vec<u8>>,
    num_mutations: usize,
    number: u64,
    patience: Duration,
) -> Result<(), Failure> {
    let current = Arc::new(Mutex::new(Vec::new()));
    let (done, is_done) = channel();
    let trying = current.clone();
    let thread = thread::spawn(move || {
        let mut mutator = Mutator::new(number);
        let mutations = std::iter::repeat_with(|| mutator.next_input(&seeds)).take(num_mutations);
        for input in seeds.iter().cloned().chain(mutations) {
            if let Ok(mut trying) = trying.lock() {
                trying.clone_from(&input);
            }
            property(&input);
            // Whoever has lost patience listens no more.
            if done.send(()).is_err() {
                break;
            }
        }
    });
    let what = loop {
        match is_done.recv_timeout(patience) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => break format!("it takes longer than {patience:?}"),
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Ok(()) => return Ok(()),
                Err(panic) => break words(panic.as_ref()),
            },
        }
    };
    let input = current.lock().map(|input| input.clone()).unwrap_or_default();
    Err(Failure { input, what })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
