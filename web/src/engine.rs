//! An engine as the page sees it, in the words of `messages`.
//!
//! `js/load-engine.js` has begun to load engine and models before this program runs; what it could not load is
//! an error that the page can show. This file asks for the outcome, and turns answers into the types of
//! `messages`.

use messages::{EngineInfo, Explanation, ManifestModel, Prediction};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use crate::outcome::{failure, message, name_of, outcomes, read};
use crate::state::{Failure, Progress, ReadyEngine, Role};

#[wasm_bindgen(raw_module = "./js/load-engine.js")]
extern "C" {
    #[wasm_bindgen(js_name = loadEngine, catch)]
    async fn load_engine(role: &str, attempt: u32, on_progress: &JsValue) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(raw_module = "./js/answering.js")]
extern "C" {
    #[wasm_bindgen(js_name = classifyEach, catch)]
    async fn classify_each(classifier: &JsClassifier, texts: Vec<String>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn explain(
        classifier: &JsClassifier,
        text: &str,
        signal: &AbortSignal,
        on_progress: &JsValue,
    ) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(raw_module = "./js/web-mcp.js")]
extern "C" {
    #[wasm_bindgen(js_name = offerTool)]
    fn offer_tool(classifier: &JsClassifier);
}

#[wasm_bindgen]
extern "C" {
    /// What `loadEngine` gives.
    type Loaded;
    #[wasm_bindgen(method, getter)]
    fn classifier(this: &Loaded) -> JsClassifier;
    #[wasm_bindgen(method, getter)]
    fn model(this: &Loaded) -> JsValue;

    /// An instance of `Classifier`.
    type JsClassifier;
    #[wasm_bindgen(method, getter)]
    fn info(this: &JsClassifier) -> JsValue;
    #[wasm_bindgen(method, catch)]
    async fn classify(this: &JsClassifier, texts: Vec<String>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn dispose(this: &JsClassifier);
}

/// A loaded engine: a worker and its memory, given back when nobody holds it any more.
pub struct Engine {
    classifier: JsClassifier,
}

/// Why there is no engine.
pub enum NotLoaded {
    /// The visitor has paused the download.
    Paused,
    /// What was expected, what was found and what to do; or that no preview is needed.
    Because(String),
}

/// `name` of the error of a load that was paused.
const PAUSED: &str = "Paused";

impl Engine {
    /// Loads an engine with the model of this role. `attempt` counts its loads from 0.
    ///
    /// # Errors
    /// See [`NotLoaded`].
    pub async fn load(
        role: Role,
        attempt: u32,
        on_progress: impl Fn(Progress) + 'static,
    ) -> Result<(Self, ReadyEngine), NotLoaded> {
        let report = Closure::<dyn Fn(JsValue)>::new(move |progress| {
            if let Ok(messages::Progress { loaded, total }) = serde_wasm_bindgen::from_value(progress) {
                on_progress(Progress { loaded: loaded as u64, total: total.map(|bytes| bytes as u64) });
            }
        });
        let name = match role {
            Role::Preview => "preview",
            Role::Default => "default",
        };
        let loaded = load_engine(name, attempt, report.as_ref()).await.map_err(|error| {
            if name_of(&error) == PAUSED { NotLoaded::Paused } else { NotLoaded::Because(message(&error)) }
        })?;
        if loaded.is_null() {
            return Err(NotLoaded::Because("The default model needs no other one before it.".to_owned()));
        }
        let loaded: Loaded = loaded.unchecked_into();
        let model: ManifestModel = read(loaded.model()).map_err(NotLoaded::Because)?;
        let engine = Self { classifier: loaded.classifier() };
        let info: EngineInfo = read(engine.classifier.info()).map_err(NotLoaded::Because)?;
        Ok((engine, ReadyEngine { info, metrics: model.metrics }))
    }

    /// Lets an assistant in the browser ask this engine, where the browser offers that.
    pub fn offer_as_tool(&self) {
        offer_tool(&self.classifier);
    }

    /// Classifies one text.
    ///
    /// # Errors
    /// Whether text or engine is at fault, in the engine's own words.
    pub async fn classify(&self, text: &str) -> Result<Prediction, Failure> {
        let answer =
            self.classifier.classify(vec![text.to_owned()]).await.map_err(|error| failure(&error))?;
        let mut predictions: Vec<Prediction> = read(answer).map_err(Failure::Engine)?;
        let found = predictions.len();
        match (predictions.pop(), found) {
            (Some(prediction), 1) => Ok(prediction),
            _ => Err(Failure::Engine(format!(
                "The engine was expected to answer one text with one prediction, but sent {found}."
            ))),
        }
    }

    /// One outcome a text, in order: its prediction, or why it has none.
    ///
    /// # Errors
    /// The engine itself failed; nothing is known of any text.
    pub async fn classify_each(
        &self,
        texts: Vec<String>,
    ) -> Result<Vec<Result<Prediction, Failure>>, Failure> {
        let expected = texts.len();
        let answer = classify_each(&self.classifier, texts).await.map_err(|error| failure(&error))?;
        outcomes(read(answer).map_err(Failure::Engine)?, expected)
    }

    /// Measures what each word does for the label, until it is done or the signal says stop. `on_progress` is told how
    /// many readings of how many are done.
    ///
    /// # Errors
    /// As [`Engine::classify`]; what the signal has stopped fails, too.
    pub async fn explain(
        &self,
        text: &str,
        signal: &AbortSignal,
        on_progress: impl Fn(u32, u32) + 'static,
    ) -> Result<Explanation, Failure> {
        let report = Closure::<dyn Fn(u32, u32)>::new(on_progress);
        let answer = explain(&self.classifier, text, signal, report.as_ref()).await;
        read(answer.map_err(|error| failure(&error))?).map_err(Failure::Engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.classifier.dispose();
    }
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |performance| performance.now())
}
