//! What page, engine and server say to each other: plain serde data, a leaf that links no tensor library.
//!
//! The engine (`wasm-model`) serializes these to JavaScript values, the page (`web`) reads them back, the
//! server and the trainer share the manifest. The page depends on nothing else of the workspace, which is
//! why it paints before the engine has arrived.

mod engine;
mod manifest;

pub use engine::{
    EMPTY_TEXT, EngineInfo, Explanation, ExplanationPart, MAX_EXPLAINED_WORDS, Outcome, Prediction, Progress,
    TEXT_TOO_LONG, TextFailure, WordContribution,
};
pub use manifest::{Manifest, ManifestModel, Metrics};
