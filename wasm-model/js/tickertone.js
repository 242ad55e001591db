/**
 * Tickertone: reads the mood of finance tweets (Bearish, Bullish, Neutral) in the browser, on the device.
 *
 * This is the package's one entry, and its contract: the types below are the only ones that are written, and
 * tickertone.d.ts is generated from them. What the engine answers is serialized by the Rust types of `messages`,
 * which a test holds against these. The file checks what the caller gives and keeps the life of a classifier
 * (loading, ready, disposed); the work is done by engine.js, in workers (pool.js) unless asked otherwise.
 */

import { chooseBuilds } from "./builds.js";
import { loadEngine } from "./engine.js";
import { loadPool } from "./pool.js";

/**
 * A build of the engine: `relaxed` is faster and needs relaxed SIMD.
 *
 * @typedef {"relaxed" | "simd128"} Build
 */

/**
 * How far a download is.
 *
 * @typedef {object} Progress
 * @property {number} loaded  Bytes that have arrived; never decreases.
 * @property {number | undefined} total  Bytes there are; undefined where the server does not say.
 */

/**
 * What `Classifier.load` takes.
 *
 * @typedef {object} LoadOptions
 * @property {string | URL} model
 * Where the model file (GGUF) is; relative to the page.
 * @property {string | undefined} [sha256]
 * What the file must hash to: 64 hexadecimal digits, as in `models/manifest.json`. Not checked if left out.
 * @property {boolean | undefined} [worker]
 * Compute in workers, so that the page never waits. Default: true.
 * @property {number | undefined} [workers]
 * How many workers at most, each with an engine of its own; all but the first start when a batch is large enough.
 * Default: one per core, at most 4. With `worker: false` there are none.
 * @property {"auto" | Build | undefined} [engine]
 * Default: `"auto"`, the fastest that the browser can run. Where it cannot run the one that is named, the other one
 * runs, and `info.fallback` says so.
 * @property {((progress: Progress) => void) | undefined} [onProgress]
 * Called as the model file arrives.
 * @property {AbortSignal | undefined} [signal]
 * Cancels loading, which is then rejected with a `DOMException` named `AbortError`.
 */

/**
 * One text's classification.
 *
 * @typedef {object} Prediction
 * @property {string} label
 * The most probable label: of the models shipped so far `Bearish`, `Bullish` or `Neutral`.
 * @property {Record<string, number>} scores
 * Calibrated probability of every label, in the order of `info.labels`; they sum to 1.
 * @property {boolean} uncertain
 * The highest probability lies below the threshold that the model file states.
 * @property {number} tokens
 * Tokens the model read, the two special ones included.
 * @property {number} layers
 * Layers of the model after which the answer was read: fewer than `info.layers` where the model was sure enough early.
 * @property {boolean} truncated
 * The text was longer than the model reads; its end was left out.
 */

/**
 * What one word did for the result.
 *
 * @typedef {object} WordContribution
 * @property {string} word
 * The word as it was written.
 * @property {number} contribution
 * p(label | text) − p(label | text without this word), −1 to 1: positive speaks for the label.
 */

/**
 * A classification and what each word did for it.
 *
 * @typedef {object} Explanation
 * @property {Prediction} prediction
 * The classification of the whole text.
 * @property {WordContribution[]} words
 * The first 64 words of the text, in reading order.
 */

/**
 * What answers.
 *
 * @typedef {object} EngineInfo
 * @property {string} model
 * Id of the loaded model.
 * @property {Build} engine
 * The build that runs.
 * @property {string | null} fallback
 * Why it is not the build that was wanted; null where it is, and for what `"auto"` chose unhindered.
 * @property {string} kernel
 * What computes the matrix products.
 * @property {readonly string[]} labels
 * The model's labels, in label order.
 * @property {number} maxTokens
 * Longest input in tokens, the two special ones included.
 * @property {number} layers
 * Layers of the model.
 * @property {number} uncertainBelow
 * An answer whose highest probability lies below this is uncertain; one above it only where the model knows nearly none
 * of the text's words.
 */

/** Most workers that are started unasked: each holds the model once more. */
const MAX_DEFAULT_WORKERS = 4;

/** A loaded model; `Classifier.load` makes it. */
export class Classifier {
  /** @type {import("./engine.js").Engine | undefined} */
  #engine;
  /** @type {Readonly<EngineInfo>} */
  #info;

  /**
   * @private
   * @param {import("./engine.js").Engine} engine
   */
  constructor(engine) {
    this.#engine = engine;
    this.#info = Object.freeze(engine.info);
  }

  /**
   * Downloads a model, checks it and makes it ready to answer.
   *
   * Rejects with a `TypeError` for a wrong option, an `AbortError` when cancelled, an `Error` that says what
   * was expected and what was found for everything else: HTTP status, connection, size, hash, format, and a
   * browser without WebAssembly SIMD. Where a file from the browser's cache has another hash, it is fetched once
   * more past the cache.
   *
   * @param {LoadOptions} options
   * @returns {Promise<Classifier>}
   */
  static async load(options) {
    const { worker, workers, onProgress, signal, ...request } = checkedOptions(options);
    const cancelled = new DOMException(`loading ${request.model} was cancelled`, "AbortError");
    if (signal?.aborted) throw cancelled;

    let cancel = () => {};
    /** @type {Promise<never>} */
    const cancellation = new Promise((_, reject) => {
      cancel = () => reject(cancelled);
      signal?.addEventListener("abort", cancel);
    });
    const loading = worker
      ? loadPool(request, workers, onProgress, signal)
      : loadEngine(request, onProgress, signal);
    try {
      return new Classifier(await Promise.race([loading, cancellation]));
    } catch (error) {
      // What cannot be stopped (a compilation in this thread) ends by itself, and its result is not wanted.
      loading.then((engine) => engine.dispose()).catch(() => {});
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** What answers: model id, engine build, kernel, labels, longest input in tokens. */
  get info() {
    return this.#info;
  }

  /**
   * Classifies texts; the answers come in the order of the texts, and no text gives an empty array.
   *
   * Rejects with a `TypeError` for anything but an array of strings, and with an `Error` that names the index of the
   * first text that cannot be read: its `name` is `EmptyText` where there is nothing to read (an empty text, or only
   * a URL), `TextTooLong` above 1 MiB. A worker that dies is replaced and asked anew; if that one dies of the same
   * texts, the call is rejected.
   *
   * @param {readonly string[]} texts
   * @returns {Promise<Prediction[]>}
   */
  async classify(texts) {
    const engine = this.#ready();
    if (!Array.isArray(texts)) {
      throw new TypeError(`classify: expected an array of strings, found ${kindOf(texts)}`);
    }
    for (const [index, text] of texts.entries()) {
      if (typeof text !== "string") {
        throw new TypeError(`classify: expected a string at texts[${index}], found ${kindOf(text)}`);
      }
    }
    return engine.classify(texts);
  }

  /**
   * Classifies one text and measures what each of its words did for the result. Rejects as `classify` does.
   *
   * @param {string} text
   * @returns {Promise<Explanation>}
   */
  async explain(text) {
    const engine = this.#ready();
    if (typeof text !== "string") throw new TypeError(`explain: expected a string, found ${kindOf(text)}`);
    return engine.explain(text);
  }

  /**
   * Bytes of WebAssembly memory, all workers together. Answered when they have answered what came before.
   *
   * @returns {Promise<number>}
   */
  async memory() {
    return this.#ready().memory();
  }

  /** Gives workers and memory back. Calls that are not answered yet are rejected, and so are later ones. */
  dispose() {
    this.#engine?.dispose();
    this.#engine = undefined;
  }

  #ready() {
    if (this.#engine === undefined) {
      throw new Error("this classifier was disposed of: load another one with Classifier.load()");
    }
    return this.#engine;
  }
}

/**
 * The options with their defaults, each one checked: a misspelt `sha256` must not go unnoticed.
 *
 * @param {LoadOptions} options
 */
function checkedOptions(options) {
  const { model, sha256, worker = true, engine = "auto", onProgress = () => {}, signal, ...more } = options ?? {};
  const { workers = worker === true ? defaultWorkers() : 1, ...others } = more;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const known = "model, sha256, worker, workers, engine, onProgress, signal";
    throw new TypeError(`Classifier.load: expected only the options ${known}, found ${unknown}`);
  }
  expect("model", "the URL of a model file", model, typeof model === "string" || model instanceof URL);
  expect("sha256", "a string", sha256, sha256 === undefined || typeof sha256 === "string");
  expect("worker", "true or false", worker, typeof worker === "boolean");
  if (!Number.isSafeInteger(workers) || workers < 1 || (!worker && workers > 1)) {
    const expected = worker ? "a positive integer" : "1 (or nothing) beside worker: false";
    throw new TypeError(`Classifier.load: workers: expected ${expected}, found ${String(workers)}`);
  }
  expect("onProgress", "a function", onProgress, typeof onProgress === "function");
  expect("signal", "an AbortSignal", signal, signal === undefined || signal instanceof AbortSignal);
  return { model: absoluteUrl(model), sha256, worker, workers, ...chooseBuilds(engine), onProgress, signal };
}

/** One for each core, as far as the browser tells. */
function defaultWorkers() {
  return Math.min(globalThis.navigator?.hardwareConcurrency || 1, MAX_DEFAULT_WORKERS);
}

/**
 * @param {string} option
 * @param {string} expected
 * @param {unknown} found
 * @param {boolean} isValid
 */
function expect(option, expected, found, isValid) {
  if (!isValid) throw new TypeError(`Classifier.load: ${option}: expected ${expected}, found ${kindOf(found)}`);
}

/**
 * Resolved here, where the caller's page is the base: a worker has another one.
 *
 * @param {string | URL} model
 */
function absoluteUrl(model) {
  try {
    return new URL(model, globalThis.document?.baseURI ?? globalThis.location.href).href;
  } catch {
    throw new TypeError(`Classifier.load: model: expected the URL of a model file, found ${JSON.stringify(model)}`);
  }
}

/** @param {unknown} value */
function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
