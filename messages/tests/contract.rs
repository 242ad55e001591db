//! The types of this crate and those of the JavaScript side describe the same values.
//!
//! `contract.js` beside this file is written from values of these types, each under the JSDoc type that
//! `wasm-model/js/tickertone.js` and `web/js/load-engine.js` have for it. This test holds the file against the values,
//! the type check of `cargo xtask test` against the types: a field that one side renames, adds, drops or makes
//! optional is an error on the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use messages::{
    EngineInfo, Explanation, Manifest, ManifestModel, Metrics, Prediction, Progress, WordContribution,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

const CONTRACT: &str = include_str!("contract.js");

fn prediction() -> Prediction {
    let scores = [("Bearish", 0.25), ("Bullish", 0.625), ("Neutral", 0.125)];
    Prediction {
        label: "Bullish".to_owned(),
        scores: scores.into_iter().map(|(label, score)| (label.to_owned(), score)).collect(),
        uncertain: false,
        tokens: 6,
        layers: 1,
        truncated: true,
    }
}

fn explanation() -> Explanation {
    let word = |word: &str, contribution| WordContribution { word: word.to_owned(), contribution };
    Explanation { prediction: prediction(), words: vec![word("shares", -0.125), word("jump", 0.5)] }
}

fn info(engine: &str, fallback: Option<&str>) -> EngineInfo {
    EngineInfo {
        model: "minilm-l4-q4_0".to_owned(),
        engine: engine.to_owned(),
        fallback: fallback.map(str::to_owned),
        kernel: "wasm-simd128".to_owned(),
        labels: ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec(),
        max_tokens: 256,
        layers: 3,
        uncertain_below: 0.75,
    }
}

fn manifest(preview: Option<&str>) -> Manifest {
    let model = ManifestModel {
        id: "big".to_owned(),
        file: "big/model.gguf".to_owned(),
        size_bytes: 8_000_000,
        sha256: "0".repeat(64),
        labels: ["Bearish", "Bullish", "Neutral"].map(str::to_owned).to_vec(),
        quantization: "Q4_0".to_owned(),
        metrics: Metrics { rows: 1_000, accuracy: 0.875, macro_f1: 0.75, ece: 0.0625, nll: 0.5 },
        quality: None,
    };
    Manifest { default: "big".to_owned(), preview: preview.map(str::to_owned), models: vec![model] }
}

/// A value that survives the way to JavaScript and back, under the JSDoc type that has all of its fields.
fn whole<T: Serialize + DeserializeOwned + PartialEq>(kind: &str, name: &str, value: &T) -> String {
    format!("/** @type {{{kind}}} */\nexport const {name} = {};\n", json(value))
}

/// The same under a type that has only those fields that JavaScript reads.
fn in_part<T: Serialize + DeserializeOwned + PartialEq>(kind: &str, name: &str, value: &T) -> String {
    let json = json(value);
    format!("const {name} = {json};\n/** @type {{{kind}}} */\nexport const {name}AsRead = {name};\n")
}

fn json<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap();
    assert!(serde_json::from_str::<T>(&json).unwrap() == *value, "another value comes back from {json}");
    json
}

#[test]
fn the_values_that_javascript_is_checked_against_are_those_of_these_types() {
    let of_the_package = |name: &str| format!("import(\"../../wasm-model/js/tickertone.js\").{name}");
    let of_the_page = "import(\"../../web/js/load-engine.js\").Manifest";
    let expected = [
        "// Written from the values in contract.rs, which says what for.\n\n".to_owned(),
        whole(&of_the_package("Progress"), "progress", &Progress { loaded: 0.5, total: Some(1.5) }),
        whole(&of_the_package("Prediction"), "prediction", &prediction()),
        whole(&of_the_package("Explanation"), "explanation", &explanation()),
        whole(&of_the_package("EngineInfo"), "info", &info("relaxed", None)),
        whole(&of_the_package("EngineInfo"), "fallenBack", &info("simd128", Some("no relaxed SIMD"))),
        in_part(of_the_page, "manifest", &manifest(None)),
        in_part(of_the_page, "manifestWithPreview", &manifest(Some("nano"))),
    ]
    .concat();
    assert_eq!(CONTRACT, expected, "write messages/tests/contract.js anew; it should be:\n{expected}");
}
