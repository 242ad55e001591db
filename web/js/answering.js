/**
 * Asks a classifier, or the server, about texts. Each text gets an answer or its own error: one bad text never loses the
 * others. The server's side stands in asking-server.js; both give the same outcomes.
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
  const predictions = await classifier.classify(texts, { onError: "null" });
  const unread = texts.filter((_, at) => predictions[at] === null);
  // Only who reads a stream is told why a text has no prediction.
  /** @type {({ name: string, message: string } | null | undefined)[]} */
  const errors = [];
  if (unread.length > 0) {
    for await (const { error } of classifier.stream(unread)) errors.push(error);
  }
  return predictions.map((prediction) => {
    if (prediction !== null) return { prediction };
    const { name, message } = errors.shift() ?? { name: "EmptyText", message: "There is nothing to read." };
    return { error: { name, message } };
  });
}

/**
 * What each word of a text did for its label. Rejects where the signal says stop.
 *
 * @param {Classifier} classifier
 * @param {string} text
 * @param {AbortSignal} signal
 * @param {(done: number, total: number) => void} onProgress
 */
export function explain(classifier, text, signal, onProgress) {
  return classifier.explain(text, { signal, onProgress: ({ done, total }) => onProgress(done, total) });
}
