/**
 * Asks a classifier, or the server, about texts. Each text gets an answer or its own error: one bad text never loses the
 * others. The server's side stands in asking-server.js; both give the same outcomes.
 */

/** @typedef {import("../../wasm-model/js/tickertone.js").Classifier} Classifier */
/** @typedef {import("../../wasm-model/js/tickertone.js").Explanation} Explanation */
/** @typedef {import("../../wasm-model/js/tickertone.js").Prediction} Prediction */

/**
 * What became of one text.
 *
 * @typedef {{ prediction: Prediction } | { error: { name: string, message: string } }} Outcome
 */

/**
 * What can be asked of a call that runs: to stop, and to tell how far it is.
 *
 * @typedef {{ signal?: AbortSignal, onProgress?: (progress: { done: number, total: number }) => void }} CallOptions
 */

/**
 * One outcome a text, in order. Rejects where the engine itself fails.
 *
 * @param {Classifier} classifier
 * @param {string[]} texts
 * @returns {Promise<Outcome[]>}
 */
export async function classifyEach(classifier, texts) {
  try {
    return (await classifier.classify(texts)).map((prediction) => ({ prediction }));
  } catch (thrown) {
    const { name, message } = /** @type {Error} */ (thrown);
    if (name !== "EmptyText" && name !== "TextTooLong") throw thrown;
    if (texts.length === 1) return [{ error: { name, message } }];
    const middle = texts.length >> 1;
    const halves = [texts.slice(0, middle), texts.slice(middle)];
    return (await Promise.all(halves.map((half) => classifyEach(classifier, half)))).flat();
  }
}

/**
 * What each word of a text did for its label. Rejects with an `AbortError` where the signal says stop.
 *
 * @param {{ explain: (text: string, options: CallOptions) => Promise<Explanation> }} classifier
 * @param {string} text
 * @param {AbortSignal} signal
 * @param {(done: number, total: number) => void} onProgress
 */
export function explain(classifier, text, signal, onProgress) {
  return classifier.explain(text, { signal, onProgress: ({ done, total }) => onProgress(done, total) });
}
