/**
 * Tickertone: reads the mood of finance tweets (Bearish, Bullish, Neutral) in the browser, on the device.
 *
 * This is the package's one entry. It checks what the caller gives and keeps the life of a classifier
 * (loading, ready, disposed); the work is done by engine.js, in workers (pool.js) unless asked otherwise. The types are in tickertone.d.ts.
 */

import { chooseBuilds } from "./builds.js";
import { loadEngine } from "./engine.js";
import { loadPool } from "./pool.js";

/** @typedef {import("./tickertone.js").LoadOptions} LoadOptions */

/** Most workers that are started unasked: each holds the model once more. */
const MAX_DEFAULT_WORKERS = 4;

/** A loaded model; `Classifier.load` makes it. */
export class Classifier {
  /** @type {import("./engine.js").Engine | undefined} */
  #engine;
  /** @type {import("./tickertone.js").EngineInfo} */
  #info;

  /** @param {import("./engine.js").Engine} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#info = Object.freeze(engine.info);
  }

  /**
   * Downloads a model, checks it and makes it ready to answer.
   *
   * @param {LoadOptions} options
   * @returns {Promise<Classifier>}
   */
  static async load(options) {
    const { worker, workers, onProgress, signal, ...request } = checkedOptions(options);
    const cancelled = new DOMException(`loading ${request.model} was cancelled`, "AbortError");
    if (signal?.aborted) throw cancelled;

    let cancel = () => {};
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
   * Classifies texts; the answers come in the order of the texts.
   *
   * @param {readonly string[]} texts
   * @returns {Promise<import("./tickertone.js").Prediction[]>}
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
   * Classifies one text and measures what each of its words did for the result.
   *
   * @param {string} text
   * @returns {Promise<import("./tickertone.js").Explanation>}
   */
  async explain(text) {
    const engine = this.#ready();
    if (typeof text !== "string") throw new TypeError(`explain: expected a string, found ${kindOf(text)}`);
    return engine.explain(text);
  }

  /**
   * Size of the engines' WebAssembly memory, in bytes; with workers, the sum of those that have loaded.
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
