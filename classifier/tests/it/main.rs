//! The classifier from outside: model files, texts, inference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exit;
mod fixture;
mod golden;
mod inference;
mod model_file;
mod spelling;
mod texts;

use proptest::test_runner::{Config as ProptestConfig, RngSeed};

/// The same cases in every run: a failure is a failure of the change at hand. To search further, change the seed.
fn proptest_config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}
