//! That Firefox obeys: what the tests of the page without relaxed SIMD take for proof must be able to fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chromium::{Error, Firefox, find_firefox};
use std::net::TcpListener;

/// A module with `i32x4.relaxed_trunc_f32x4_s` in it.
const VALIDATES_RELAXED: &str = "return WebAssembly.validate(Uint8Array.of(
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 14, 1, 12, 0, 67, 0, 0, 0, 0, 253, 19, 253, 129, 2, 11));";

fn launch(preferences: &[(&str, bool)]) -> Firefox {
    Firefox::launch(&find_firefox().unwrap(), preferences).unwrap()
}

#[test]
fn a_preference_takes_a_feature_away() {
    for has_relaxed in [true, false] {
        let mut page = launch(&[("javascript.options.wasm_relaxed_simd", has_relaxed)]);
        assert_eq!(page.evaluate::<bool>(VALIDATES_RELAXED).unwrap(), has_relaxed);
    }
}

#[test]
fn what_fails_says_so() {
    let mut page = launch(&[]);
    let thrown = page.evaluate::<u32>("throw new RangeError('too far');").unwrap_err();
    assert!(
        matches!(&thrown, Error::Script { message } if message.contains("RangeError: too far")),
        "{thrown}"
    );
    let other = page.evaluate::<u32>("return 'seven';").unwrap_err();
    assert!(matches!(&other, Error::Unexpected { found, .. } if found.contains("seven")), "{other}");
    page.evaluate::<()>("console.error('pressed', 7);").unwrap();
    assert_eq!(page.evaluate::<u32>("return 7;").unwrap(), 7);
    assert_eq!(page.errors(), ["pressed 7"]);
    // Nothing listens on a port that was just given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = page.goto(&format!("http://{closed}/")).unwrap_err();
    assert!(matches!(&refused, Error::Command { message, .. } if message.contains("REFUSED")), "{refused}");
}
