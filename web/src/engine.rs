//! An engine as the page sees it: the only file that talks to JavaScript.
//!
//! `js/load-engine.js` has begun to load engine and models before this program runs; what it could not load is
//! an error that the page can show. This file asks for the outcome, and turns answers into the types of
//! `messages`.

use messages::{EMPTY_TEXT, EngineInfo, Explanation, ManifestModel, Prediction, TEXT_TOO_LONG};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

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
}

/// What `classifyEach` says of one text.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Prediction(Prediction),
    Error { name: String, message: String },
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
    #[wasm_bindgen(method, catch)]
    async fn explain(this: &JsClassifier, text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn dispose(this: &JsClassifier);
}

/// A loaded engine.
pub struct Engine {
    classifier: JsClassifier,
}

impl Engine {
    /// Loads an engine with the model of this role. `attempt` counts its loads from 0.
    ///
    /// # Errors
    /// What was expected, what was found and what to do, in words for the page; or that no preview is needed.
    pub async fn load(
        role: Role,
        attempt: u32,
        on_progress: impl Fn(Progress) + 'static,
    ) -> Result<(Self, ReadyEngine), String> {
        let report = Closure::<dyn Fn(JsValue)>::new(move |progress| {
            if let Ok(messages::Progress { loaded, total }) = serde_wasm_bindgen::from_value(progress) {
                on_progress(Progress { loaded: loaded as u64, total: total.map(|bytes| bytes as u64) });
            }
        });
        let name = match role {
            Role::Preview => "preview",
            Role::Default => "default",
        };
        let loaded = load_engine(name, attempt, report.as_ref()).await.map_err(|error| message(&error))?;
        if loaded.is_null() {
            return Err("The default model needs no other one before it.".to_owned());
        }
        let loaded: Loaded = loaded.unchecked_into();
        let model: ManifestModel = read(loaded.model())?;
        let engine = Self { classifier: loaded.classifier() };
        let info: EngineInfo = read(engine.classifier.info())?;
        Ok((engine, ReadyEngine { info, metrics: model.metrics }))
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
        let outcomes: Vec<Outcome> = read(answer).map_err(Failure::Engine)?;
        if outcomes.len() != expected {
            let found = outcomes.len();
            return Err(Failure::Engine(format!(
                "The engine was expected to answer {expected} texts, but answered {found}."
            )));
        }
        let outcome = |outcome| match outcome {
            Outcome::Prediction(prediction) => Ok(prediction),
            Outcome::Error { name, message } => Err(failure_named(&name, sentence(&message))),
        };
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    /// Measures what each word does for the label.
    ///
    /// # Errors
    /// As [`Engine::classify`].
    pub async fn explain(&self, text: &str) -> Result<Explanation, Failure> {
        read(self.classifier.explain(text).await.map_err(|error| failure(&error))?).map_err(Failure::Engine)
    }

    /// Ends its worker, also in the middle of a call, which then fails.
    pub fn dispose(&self) {
        self.classifier.dispose();
    }
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |performance| performance.now())
}

fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        format!("The engine answered something this page does not understand ({error}). Reload the page to get both in the same version.")
    })
}

/// What a rejected call says about the text or the engine.
fn failure(error: &JsValue) -> Failure {
    let name = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name()));
    failure_named(&name.unwrap_or_default(), message(error))
}

fn failure_named(name: &str, message: String) -> Failure {
    match name {
        EMPTY_TEXT => Failure::NothingToRead,
        TEXT_TOO_LONG => Failure::TooLong(message),
        _ => Failure::Engine(message),
    }
}

/// The words of whatever JavaScript threw, as a sentence.
fn message(error: &JsValue) -> String {
    sentence(&words_of(error))
}

fn sentence(words: &str) -> String {
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

fn words_of(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}
