//! The digests of all kernels of a target that cargo's tests do not run on: a WebAssembly module for the browser's
//! tests, a program for aarch64 under emulation. Compiled by itself, with the library's kernels as a module.
#![allow(dead_code, missing_docs)]

mod cases;
#[path = "../../src"]
mod src {
    pub mod kernels;
}
use src::kernels;

/// Number of kernels.
#[unsafe(no_mangle)]
pub extern "C" fn kernel_count() -> u32 {
    kernels::available().len() as u32
}

/// The digest of the kernel with this number.
#[unsafe(no_mangle)]
pub extern "C" fn kernel_digest(index: u32) -> u64 {
    cases::digest(kernels::available()[index as usize])
}

/// A name and a digest a line.
#[cfg(not(target_arch = "wasm32"))]
fn main() {
    for kernel in kernels::available() {
        println!("{} {:016x}", kernel.name(), cases::digest(kernel));
    }
}
