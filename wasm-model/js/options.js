/**
 * What callers give, checked: a misspelt option must not go unnoticed, and whatever is wrong is named with what was
 * found.
 */

import { chooseBuilds } from "./builds.js";
import { absoluteUrl } from "./files.js";

/** @typedef {import("./tickertone.js").Build} Build */
/** @typedef {import("./tickertone.js").LoadOptions} LoadOptions */

/** Most workers that are started unasked: each holds the model once more. */
const MAX_DEFAULT_WORKERS = 4;

const LOAD = "Classifier.load";

/**
 * The options of `Classifier.load` with their defaults.
 *
 * @param {LoadOptions} options
 */
export async function loadOptions(options) {
  const known = ["model", "sha256", "worker", "workers", "engine", "workerUrl", "wasmUrl", "onProgress", "signal"];
  onlyOptions(LOAD, options, known);
  const { model, sha256, engine = "auto", workerUrl, wasmUrl = {}, onProgress = () => {}, signal } = options;
  const { worker = typeof globalThis.Worker === "function" } = options;
  const { workers = worker === true ? defaultWorkers() : 1 } = options;
  const isModel = isAddress(model) || model instanceof Blob;
  expect(LOAD, "model", "the address of a model file, or the file as a Blob", model, isModel);
  expect(LOAD, "sha256", "a string", sha256, sha256 === undefined || typeof sha256 === "string");
  expect(LOAD, "worker", "true or false", worker, typeof worker === "boolean");
  if (!Number.isSafeInteger(workers) || workers < 1 || (!worker && workers > 1)) {
    const expected = worker ? "a positive integer" : "1 (or nothing) beside worker: false";
    throw new TypeError(`${LOAD}: workers: expected ${expected}, found ${String(workers)}`);
  }
  expect(LOAD, "workerUrl", "an address", workerUrl, workerUrl === undefined || isAddress(workerUrl));
  const isWasmUrl = typeof wasmUrl === "object" && wasmUrl !== null && Object.values(wasmUrl).every(isAddress);
  expect(LOAD, "wasmUrl", "{ relaxed, simd128 } with an address each", wasmUrl, isWasmUrl);
  onlyOptions(`${LOAD}: wasmUrl`, wasmUrl, ["relaxed", "simd128"]);
  expect(LOAD, "onProgress", "a function", onProgress, typeof onProgress === "function");
  expectSignal(LOAD, signal);
  const { builds, fallback } = chooseBuilds(engine);
  const addresses = Object.entries(wasmUrl).map(async ([name, url]) => [name, await wholeUrl("wasmUrl", url)]);
  return {
    // Whole addresses, made here where the caller's page is the base: a worker has another one.
    model: isAddress(model) ? await wholeUrl("model", model) : model,
    sha256,
    builds,
    fallback,
    wasmUrl: /** @type {Partial<Record<Build, string>>} */ (Object.fromEntries(await Promise.all(addresses))),
    worker,
    workers,
    workerUrl: workerUrl === undefined ? undefined : await wholeUrl("workerUrl", workerUrl),
    onProgress,
    signal,
  };
}

/** One for each core, as far as the browser tells. */
function defaultWorkers() {
  return Math.min(globalThis.navigator?.hardwareConcurrency || 1, MAX_DEFAULT_WORKERS);
}

/**
 * @param {unknown} value
 * @returns {value is string | URL}
 */
function isAddress(value) {
  return typeof value === "string" || value instanceof URL;
}

/**
 * @param {string} option
 * @param {string | URL} address
 */
async function wholeUrl(option, address) {
  return absoluteUrl(address).catch(({ message }) => {
    throw new TypeError(`${LOAD}: ${option}: ${message}`);
  });
}

/**
 * @param {string} call
 * @param {unknown} options
 * @param {string[]} known
 */
export function onlyOptions(call, options, known) {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${call}: expected an object of options, found ${kindOf(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${call}: expected only the options ${known.join(", ")}, found ${unknown}`);
}

/**
 * @param {string} call
 * @param {unknown} signal
 */
export function expectSignal(call, signal) {
  expect(call, "signal", "an AbortSignal", signal, signal === undefined || signal instanceof AbortSignal);
}

/**
 * @param {string} call
 * @param {string} option
 * @param {string} expected
 * @param {unknown} found
 * @param {boolean} isValid
 */
export function expect(call, option, expected, found, isValid) {
  if (!isValid) throw new TypeError(`${call}: ${option}: expected ${expected}, found ${kindOf(found)}`);
}

/** @param {unknown} value */
export function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}

/**
 * An error as it was told by an engine, perhaps in another thread.
 *
 * @param {{ name: string, message: string }} told
 */
export function errorOf({ name, message }) {
  const error = name === "TypeError" ? new TypeError(message) : new Error(message);
  error.name = name;
  return error;
}
