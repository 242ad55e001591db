//! The WebAssembly kernels in a real engine: the digest of everything they compute is the one that native kernels
//! are held to (`classifier/tests/kernels`).

use crate::site::Site;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The kernels alone, compiled for the browser with these features of the library; a second's work.
fn compile(features: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../classifier/tests/kernels/program.rs");
    let module = folder.path().join("kernels.wasm");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-O", "--crate-type", "cdylib", "--target", "wasm32-unknown-unknown"]);
    rustc.args(features.iter().flat_map(|feature| ["--cfg".to_owned(), format!("feature={feature:?}")]));
    rustc.args(["-C", "target-feature=+simd128", "-A", "warnings", "-o"]);
    let status = rustc.arg(&module).arg(&source).status().unwrap();
    assert!(status.success(), "the kernels do not compile with {features:?}");
    std::fs::read(module).unwrap()
}

#[test]
fn both_builds_compute_the_bits_of_every_other_kernel() {
    let mut site = Site::open();
    site.goto_blank();
    let golden = include_str!("../../../classifier/tests/kernels/digest.txt").trim();
    for (features, count) in [(&[][..], 2), (&["relaxed-simd"], 4)] {
        let script = format!(
            "const bytes = Uint8Array.from(atob('{}'), (c) => c.charCodeAt(0));
             const {{ exports }} = (await WebAssembly.instantiate(bytes)).instance;
             const digest = (index) => BigInt.asUintN(64, exports.kernel_digest(index)).toString(16);
             return Object.fromEntries(
               Array.from({{ length: exports.kernel_count() }}, (_, index) => [index, digest(index)]));",
            STANDARD.encode(compile(features))
        );
        let digests: BTreeMap<String, String> = site.page.evaluate(&script).unwrap();
        assert_eq!(digests.len(), count, "kernels with {features:?}");
        for (kernel, digest) in digests {
            assert_eq!(digest, golden, "{features:?}, kernel {kernel}");
        }
    }
}
