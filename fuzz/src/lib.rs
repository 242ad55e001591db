//! What bytes from strangers must not do: a model file, a tokenizer, the body of a request, a table, a header.
//!
//! Each of the [`properties`] is one function of bytes that panics where the property does not hold. Two search for
//! such bytes: libFuzzer, guided by coverage, on nightly (`cargo +nightly fuzz run gguf`, targets in `fuzz_targets/`),
//! and [`search()`], blind but on any toolchain, which `cargo test -p fuzz` calls. Both start from the seeds in
//! `corpus/`, which are written for the project: what a search has found becomes a seed.

mod mutation;
pub mod properties;
mod search;

pub use mutation::Mutator;
pub use search::{Failure, search};

/// A function that panics where what it is about does not hold of the bytes.
pub type Property = fn(&[u8]);

/// All properties, by the name of their target.
pub const TARGETS: [(&str, Property); 5] = [
    ("csv", properties::csv),
    ("gguf", properties::gguf),
    ("range_header", properties::range_header),
    ("request_body", properties::request_body),
    ("tokenizer_json", properties::tokenizer_json),
];

/// Makes a program of a property: libFuzzer's where `cargo fuzz` compiles it, else one that says how to do so.
#[macro_export]
macro_rules! target {
    ($property:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $property(bytes));

        #[cfg(not(fuzzing))]
        fn main() {
            eprintln!("this is a target of cargo-fuzz: `cargo +nightly fuzz run {}`", env!("CARGO_BIN_NAME"));
        }
    };
}
