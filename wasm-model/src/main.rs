//! The engine's module: the library's exports, and nothing else. wasm-bindgen turns it into what browsers load.
//!
//! A program rather than a `cdylib`, because cargo gives those a file name without a hash: the two builds, with relaxed
//! SIMD and without, would overwrite each other, and cargo would take the one for the other.
#![cfg_attr(target_arch = "wasm32", no_main)]

use wasm_model as _;

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
