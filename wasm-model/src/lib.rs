//! The classifier as a WebAssembly module, the Rust half of the npm package `tickertone`.
//!
//! `js/engine.js` streams a model file into [`ModelDownload`], turns it into an [`Engine`] and asks that
//! for answers. The bytes go chunk by chunk into this module's own memory, so JavaScript never holds the file.
//! The browser hashes them there where it can (`crypto.subtle`, in secure contexts only), five times as fast.
//! What can be wrong with a download is decided in [`download`], what an answer looks like in [`answer`];
//! both are plain Rust and tested natively. Only this file touches JavaScript values.

pub mod answer;
pub mod download;

use classifier::Classifier;
use messages::TextFailure;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::download::Download;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds, in a page and in a worker.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Runs once when the module is instantiated: a panic prints its message to the console before the trap.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// A model file on its way in.
#[wasm_bindgen]
pub struct ModelDownload(Download);

#[wasm_bindgen]
impl ModelDownload {
    /// An empty download. `size_bytes` is what the server announced, if it did; `sha256` what the file must
    /// hash to, if that is known, in hexadecimal.
    ///
    /// # Errors
    /// The announced size is over [`download::MAX_MODEL_BYTES`] or cannot be had from the browser; `sha256`
    /// is not 64 hexadecimal digits.
    #[wasm_bindgen(constructor)]
    pub fn new(size_bytes: Option<f64>, sha256: Option<String>) -> Result<ModelDownload, JsError> {
        // JavaScript counts bytes in doubles; the conversion saturates, and the limit lies far below 2^53.
        Ok(Self(Download::new(size_bytes.map(|size| size as u64), sha256)?))
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// The file is longer than announced or allowed, or memory is exhausted.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), JsError> {
        Ok(self.0.push(chunk)?)
    }

    /// Where in this module's memory the file begins; holds until the next [`ModelDownload::push`].
    pub fn address(&self) -> usize {
        self.0.bytes().as_ptr().addr()
    }

    /// Checks the whole file and loads it. Frees the download, also when it fails. `sha256` is the hash of the
    /// bytes, where the browser has computed it.
    ///
    /// # Errors
    /// The file is shorter than announced, has another hash, or is no model that the classifier reads.
    pub fn finish(self, sha256: Option<Vec<u8>>) -> Result<Engine, JsError> {
        let file = self.0.finish(sha256)?;
        Ok(Engine { classifier: Classifier::with_fastest_kernel(file, performance_now)? })
    }
}

/// A loaded model.
#[wasm_bindgen]
pub struct Engine {
    classifier: Classifier,
}

#[wasm_bindgen]
impl Engine {
    /// One `Outcome` for each text, in order: its prediction, or why it has none. No text gives an empty array.
    ///
    /// # Errors
    /// None that can occur; the conversion to a JavaScript value is fallible by type.
    pub fn classify(&self, texts: Vec<String>) -> Result<JsValue, JsError> {
        let labels = self.classifier.labels();
        let outcomes = self.classifier.classify_each(&texts).into_iter();
        to_js(&outcomes.map(|outcome| answer::outcome(labels, outcome)).collect::<Vec<_>>())
    }

    /// The `Explanation` of one text, but only of its words from `start` to `end` (without it), with `total`, the number of
    /// words that a whole one has.
    ///
    /// # Errors
    /// A text with nothing to read or over the classifier's size limit.
    pub fn explain(&self, text: &str, start: usize, end: usize) -> Result<JsValue, JsValue> {
        match self.classifier.explain_part(text, start..end) {
            Ok(part) => Ok(to_js(&answer::explanation_part(self.classifier.labels(), part))?),
            Err(error) => Err(thrown(answer::failure(&error))),
        }
    }

    /// Runs the int8 products of a text of `tokens` tokens and nothing else; returns the number of operations. For
    /// benches.
    #[wasm_bindgen(js_name = runProducts)]
    pub fn run_products(&self, tokens: usize) -> f64 {
        self.classifier.run_products(tokens) as f64
    }

    /// The `EngineInfo`: which model, which build, which kernel.
    ///
    /// # Errors
    /// None that can occur with a loaded model; the conversion to a JavaScript value is fallible by type.
    pub fn info(&self) -> Result<JsValue, JsError> {
        to_js(&answer::info(&self.classifier))
    }
}

fn thrown(failure: TextFailure) -> JsValue {
    let thrown = js_sys::Error::new(&failure.message);
    thrown.set_name(&failure.name);
    thrown.into()
}

/// Plain objects and arrays, no `Map`: the same shapes that JSON would give.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
