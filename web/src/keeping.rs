//! The models there are and those that this browser keeps, and which one is wanted: `js/load-engine.js` and
//! `js/model-store.js` in the page's types.

use std::rc::Rc;

use messages::Manifest;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::outcome::{message, read};

#[wasm_bindgen(raw_module = "./js/load-engine.js")]
extern "C" {
    #[wasm_bindgen(js_name = readManifest, catch)]
    async fn read_manifest() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = pauseLoading)]
    fn pause_loading(role: &str);
    #[wasm_bindgen(js_name = chosenModel)]
    fn chosen_model() -> Option<String>;
    #[wasm_bindgen(js_name = chooseModel)]
    fn choose_model(id: Option<String>);
}

#[wasm_bindgen(raw_module = "./js/model-store.js")]
extern "C" {
    #[wasm_bindgen(js_name = storedModels, catch)]
    async fn stored_models() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = storageUsage, catch)]
    async fn storage_usage() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = removeModel, catch)]
    async fn remove_model(sha256: &str) -> Result<(), JsValue>;
}

#[wasm_bindgen(raw_module = "./js/updates.js")]
extern "C" {
    #[wasm_bindgen(js_name = watchForUpdates)]
    fn watch_for_updates(on_update: &JsValue);
    /// Switches to the newer version: the page is loaded again.
    #[wasm_bindgen(js_name = applyUpdate)]
    pub fn apply_update();
}

/// A kept file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Stored {
    /// Id of the model that it was.
    pub id: Rc<str>,
    /// Its hash.
    pub sha256: Rc<str>,
    /// Bytes of the whole file.
    pub size_bytes: u64,
    /// Bytes of it that are here.
    pub loaded_bytes: u64,
}

/// What the browser keeps for the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// The model files.
    pub models: Vec<Stored>,
    /// How much there is and how much there may be.
    pub usage: Usage,
}

/// Room on the device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Usage {
    /// Bytes that the page has taken.
    pub used_bytes: f64,
    /// Bytes that it may take, where the browser says so.
    pub quota_bytes: Option<f64>,
    /// False where the browser keeps nothing.
    pub is_kept: bool,
}

/// The models there are.
///
/// # Errors
/// The list did not arrive or is none, in the words of who noticed it.
pub async fn manifest() -> Result<Manifest, String> {
    read(read_manifest().await.map_err(|error| message(&error))?)
}

/// What is kept here. A browser that does not say keeps nothing as far as the page is concerned.
pub async fn kept() -> Kept {
    let models = stored_models().await.ok().and_then(|models| read(models).ok()).unwrap_or_default();
    let usage = storage_usage().await.ok().and_then(|usage| read(usage).ok()).unwrap_or_default();
    Kept { models, usage }
}

/// Forgets a file.
pub async fn remove(sha256: &str) {
    let _ = remove_model(sha256).await;
}

/// Stops the download of the full model; what has arrived is kept.
pub fn pause() {
    pause_loading("default");
}

/// Id of the model that is wanted in place of the default one.
pub fn chosen() -> Option<String> {
    chosen_model()
}

/// Wants another model from the next load on; none wants the default.
pub fn choose(id: Option<&str>) {
    choose_model(id.map(str::to_owned));
}

/// Calls back once there is a newer version of the page.
pub fn on_update(callback: impl Fn() + 'static) {
    // It lives as long as the page.
    watch_for_updates(&Closure::<dyn Fn()>::new(callback).into_js_value());
}
