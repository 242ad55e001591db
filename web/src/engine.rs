//! The engine as the page sees it: the only file that talks to JavaScript.
//!
//! It imports `/engine/tickertone.js` when asked to (never at start, so that a missing engine is an error the
//! page can show), loads the manifest's default model in a worker, and turns answers into the types of
//! `messages`. Each retry imports under another address: browsers remember a module that failed to load.

use gloo::net::http::Request;
use messages::{EngineInfo, Explanation, Manifest, ManifestModel, Prediction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::state::{Progress, ReadyEngine};

const ENGINE_URL: &str = "/engine/tickertone.js";
const MODELS_URL: &str = "/models/";

#[wasm_bindgen(module = "/js/import-engine.js")]
extern "C" {
    #[wasm_bindgen(js_name = importEngine, catch)]
    async fn import_engine(url: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The namespace object of `tickertone.js`.
    type EngineModule;
    #[wasm_bindgen(method, getter, js_name = Classifier)]
    fn classifier(this: &EngineModule) -> ClassifierClass;

    /// The class `Classifier` itself.
    type ClassifierClass;
    #[wasm_bindgen(method, catch)]
    async fn load(this: &ClassifierClass, options: &JsValue) -> Result<JsValue, JsValue>;

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

/// The options of `Classifier.load`.
#[derive(Serialize)]
struct LoadOptions {
    model: String,
    sha256: String,
    worker: bool,
    engine: &'static str,
    #[serde(rename = "onProgress", with = "serde_wasm_bindgen::preserve")]
    on_progress: JsValue,
}

/// The argument of `onProgress`, in bytes (JavaScript has no integers).
#[derive(Deserialize)]
struct JsProgress {
    loaded: f64,
    total: Option<f64>,
}

/// A loaded engine.
pub struct Engine {
    classifier: JsClassifier,
}

impl Engine {
    /// Loads engine and default model. `attempt` counts the loads from 0.
    ///
    /// # Errors
    /// What was expected, what was found and what to do, in words for the page.
    pub async fn load(
        attempt: u32,
        on_progress: impl Fn(Progress) + 'static,
    ) -> Result<(Self, ReadyEngine), String> {
        let model = default_model().await?;
        let size_bytes = model.size_bytes;
        on_progress(Progress { loaded: 0, total: Some(size_bytes) });
        let url =
            if attempt == 0 { ENGINE_URL.to_owned() } else { format!("{ENGINE_URL}?attempt={attempt}") };
        let module = import_engine(&url).await.map_err(|error| {
            format!(
                "The engine at {ENGINE_URL} did not start. Check the connection and try again. ({})",
                words_of(&error)
            )
        })?;
        let module: EngineModule = module.unchecked_into();

        let report = Closure::<dyn Fn(JsValue)>::new(move |progress| {
            if let Ok(JsProgress { loaded, total }) = serde_wasm_bindgen::from_value(progress) {
                let total = total.map_or(size_bytes, |bytes| bytes as u64);
                on_progress(Progress { loaded: loaded as u64, total: Some(total) });
            }
        });
        let options = LoadOptions {
            // Named by content, the model stays in the browser's cache until another one takes its place.
            model: format!("{MODELS_URL}{}?sha256={}", model.file, model.sha256),
            sha256: model.sha256,
            worker: true,
            engine: "auto",
            on_progress: report.as_ref().clone(),
        };
        let options = serde_wasm_bindgen::to_value(&options).map_err(|error| error.to_string())?;
        let classifier = module.classifier().load(&options).await.map_err(|error| message(&error))?;
        let engine = Self { classifier: classifier.unchecked_into() };
        let info: EngineInfo = read(engine.classifier.info())?;
        Ok((engine, ReadyEngine { info, metrics: model.metrics }))
    }

    /// Classifies one text.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn classify(&self, text: &str) -> Result<Prediction, String> {
        let answer =
            self.classifier.classify(vec![text.to_owned()]).await.map_err(|error| message(&error))?;
        let mut predictions: Vec<Prediction> = read(answer)?;
        let found = predictions.len();
        match (predictions.pop(), found) {
            (Some(prediction), 1) => Ok(prediction),
            _ => Err(format!(
                "The engine was expected to answer one text with one prediction, but sent {found}."
            )),
        }
    }

    /// Measures what each word does for the label.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn explain(&self, text: &str) -> Result<Explanation, String> {
        read(self.classifier.explain(text).await.map_err(|error| message(&error))?)
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

async fn default_model() -> Result<ManifestModel, String> {
    let url = format!("{MODELS_URL}manifest.json");
    let response = Request::get(&url).send().await;
    let response =
        response.map_err(|_| format!("{url} did not arrive. Check the connection and try again."))?;
    if !response.ok() {
        return Err(format!(
            "Expected the list of models at {url}, but the server answered {} {}. Ask its operator to add a model.",
            response.status(),
            response.status_text()
        ));
    }
    let manifest: Manifest = response.json().await.map_err(|error| {
        format!("Expected a list of models at {url}, but found something else ({error}). Ask the server's operator.")
    })?;
    manifest.default_model().cloned().ok_or_else(|| {
        format!(
            "{url} names \"{}\" as its default model, but does not list it. Ask the server's operator.",
            manifest.default
        )
    })
}

fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        format!("The engine answered something this page does not understand ({error}). Reload the page to get both in the same version.")
    })
}

/// The words of whatever JavaScript threw, as a sentence.
fn message(error: &JsValue) -> String {
    let words = words_of(error);
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

fn words_of(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}
