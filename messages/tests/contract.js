// Written from the values in contract.rs, which says what for.

/** @type {import("../../wasm-model/js/tickertone.js").Progress} */
export const progress = {"loaded":0.5,"total":1.5};
/** @type {import("../../wasm-model/js/tickertone.js").Prediction} */
export const prediction = {"label":"Bullish","scores":{"Bearish":0.25,"Bullish":0.625,"Neutral":0.125},"uncertain":false,"tokens":6,"layers":1,"truncated":true};
/** @type {import("../../wasm-model/js/tickertone.js").Explanation} */
export const explanation = {"prediction":{"label":"Bullish","scores":{"Bearish":0.25,"Bullish":0.625,"Neutral":0.125},"uncertain":false,"tokens":6,"layers":1,"truncated":true},"words":[{"word":"shares","contribution":-0.125},{"word":"jump","contribution":0.5}]};
/** @type {import("../../wasm-model/js/tickertone.js").EngineInfo} */
export const info = {"model":"minilm-l4-q4_0","engine":"relaxed","fallback":null,"kernel":"wasm-simd128","labels":["Bearish","Bullish","Neutral"],"maxTokens":256,"layers":3,"uncertainBelow":0.75};
/** @type {import("../../wasm-model/js/tickertone.js").EngineInfo} */
export const fallenBack = {"model":"minilm-l4-q4_0","engine":"simd128","fallback":"no relaxed SIMD","kernel":"wasm-simd128","labels":["Bearish","Bullish","Neutral"],"maxTokens":256,"layers":3,"uncertainBelow":0.75};
const manifest = {"default":"big","models":[{"id":"big","file":"big/model.gguf","size_bytes":8000000,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","labels":["Bearish","Bullish","Neutral"],"quantization":"Q4_0","metrics":{"rows":1000,"accuracy":0.875,"macro_f1":0.75,"ece":0.0625,"nll":0.5}}]};
/** @type {import("../../web/js/load-engine.js").Manifest} */
export const manifestAsRead = manifest;
const manifestWithPreview = {"default":"big","preview":"nano","models":[{"id":"big","file":"big/model.gguf","size_bytes":8000000,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","labels":["Bearish","Bullish","Neutral"],"quantization":"Q4_0","metrics":{"rows":1000,"accuracy":0.875,"macro_f1":0.75,"ece":0.0625,"nll":0.5}}]};
/** @type {import("../../web/js/load-engine.js").Manifest} */
export const manifestWithPreviewAsRead = manifestWithPreview;
