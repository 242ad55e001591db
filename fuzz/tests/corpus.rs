//! Every property over its corpus and some thousand mutations of it: the same ones in every run.
//!
//! `FUZZ_MUTATIONS` and `FUZZ_NUMBER` search longer and elsewhere. What is found lies in the target folder, and
//! `cargo run -p fuzz --example replay` shows it again; put it into the corpus once it is mended.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fuzz::{TARGETS, search};
use peak_alloc::PeakAlloc;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// No input takes a thousandth of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Far more than an input of some kilobytes has reason for.
const MEMORY_MB: f32 = 64.0;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// The memory is everybody's, so that only one property is tried at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn holds(target: &str) {
    let (_, property) = TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds(target);
    let num_mutations = setting("FUZZ_MUTATIONS").unwrap_or(3_000);
    let number = setting("FUZZ_NUMBER").unwrap_or(1);
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let within_memory = move |bytes: &[u8]| {
        MEMORY.reset_peak_usage();
        property(bytes);
        assert!(MEMORY.peak_usage_as_mb() < MEMORY_MB, "it takes {} MB", MEMORY.peak_usage_as_mb());
    };
    if let Err(failure) = search(within_memory, seeds, num_mutations as usize, number, PATIENCE) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
        std::fs::write(&file, &failure.input).unwrap();
        panic!(
            "{}; to see it again: `cargo run -p fuzz --example replay {target} {}`",
            failure.what,
            file.display()
        );
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    // The order of a folder is the file system's.
    files.sort();
    assert!(!files.is_empty(), "{}: no seeds find nothing", folder.display());
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn setting(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap())
}

#[test]
fn no_table_does_harm() {
    holds("csv");
}

#[test]
fn no_model_file_does_harm() {
    holds("gguf");
}

#[test]
fn no_range_header_does_harm() {
    holds("range_header");
}

#[test]
fn no_request_body_does_harm() {
    holds("request_body");
}

#[test]
fn no_tokenizer_does_harm() {
    holds("tokenizer_json");
}

#[test]
fn every_seed_belongs_to_a_target_and_every_target_is_searched() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut folders: Vec<_> =
        corpus.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name));
}

/// The search itself must be able to fail.
#[test]
fn what_is_planted_is_found() {
    let seeds = || vec![b"0123456789".to_vec()];
    let search = |property: fn(&[u8]), patience| search(property, seeds(), 3_000, 1, patience);
    search(|_| {}, PATIENCE).unwrap();
    let found = search(|bytes| assert!(bytes.len() < 60, "too long"), PATIENCE).unwrap_err();
    assert_eq!((found.what.as_str(), found.input.len() >= 60), ("too long", true));
    let found = search(
        |bytes| {
            if bytes.contains(&b'[') {
                loop {
                    std::thread::park();
                }
            }
        },
        Duration::from_secs(2),
    );
    let found = found.unwrap_err();
    assert!(found.what.contains("longer than 2s") && found.input.contains(&b'['), "{}", found.what);
}
