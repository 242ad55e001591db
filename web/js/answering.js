/**
 * Asks a classifier about many texts, each of which gets an answer or its own error: one bad text never loses the others.
 */

/** @typedef {import("../../wasm-model/js/tickertone.js").Classifier} Classifier */
/** @typedef {import("../../wasm-model/js/tickertone.js").Prediction} Prediction */

/**
 * What became of one text.
 *
 * @typedef {{ prediction: Prediction } | { error: { name: string, message: string } }} Outcome
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
