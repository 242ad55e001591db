//! Every kernel of this machine against the scalar one, bit for bit, and the scalar one against plain arithmetic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod oracle;

use cases::{cases, digest};
/// Under the name by which `cases` knows it.
use classifier::testing as kernels;

/// What every kernel on every machine computes, checked in: see `digest.txt`.
fn golden_digest() -> u64 {
    u64::from_str_radix(include_str!("digest.txt").trim(), 16).unwrap()
}

#[test]
fn every_kernel_returns_the_bits_of_the_scalar_one() {
    let kernels = kernels::available();
    let scalar = kernels::scalar();
    for case in cases() {
        let expected = case.run(scalar);
        for kernel in &kernels {
            let found = case.run(*kernel);
            let differs = expected.iter().zip(&found).position(|(a, b)| a != b);
            assert_eq!(differs, None, "{} differs from scalar in {case:?}", kernel.name());
            assert_eq!(found.len(), expected.len(), "{} in {case:?}", kernel.name());
        }
    }
}

#[test]
fn the_digest_is_that_of_every_other_machine() {
    for kernel in kernels::available() {
        let found = digest(kernel);
        assert_eq!(found, golden_digest(), "{}: {found:016x}", kernel.name());
    }
}
