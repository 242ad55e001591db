//! What a visitor takes away of an answer: a link that carries the text, and the answer as JSON.

use messages::Prediction;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::state::{Answer, Place, Reader};

#[wasm_bindgen(raw_module = "./js/sharing.js")]
extern "C" {
    /// Copies a text; false where the browser does not allow it.
    #[wasm_bindgen(js_name = copyText)]
    async fn copy_text(text: &str) -> JsValue;
}

/// Copies a text; false where the browser does not allow it.
pub async fn copy(text: &str) -> bool {
    copy_text(text).await.is_truthy()
}

/// An answer with what it belongs to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shared<'a> {
    text: &'a str,
    label: &'a str,
    scores: indexmap::IndexMap<&'a str, f64>,
    uncertain: bool,
    truncated: bool,
    model: &'a str,
    read_on: &'static str,
}

/// An answer as JSON, probabilities with four digits.
pub fn json(text: &str, answer: &Answer) -> String {
    let Prediction { label, scores, uncertain, truncated, .. } = &answer.prediction;
    let rounded = |p: f32| (f64::from(p) * 1e4).round() / 1e4;
    let place = if answer.reader == Reader::Server { Place::Server } else { Place::Here };
    let shared = Shared {
        text,
        label,
        scores: scores.iter().map(|(label, p)| (label.as_str(), rounded(*p))).collect(),
        uncertain: *uncertain,
        truncated: *truncated,
        model: &answer.model,
        read_on: if place == Place::Server { "server" } else { "device" },
    };
    let value = shared.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL);
    let text = js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &JsValue::from(2));
    text.map(String::from).unwrap_or_default()
}
