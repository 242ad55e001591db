/**
 * The engine in the thread that imports this file: the page itself, or worker.js.
 *
 * `loadEngine` starts the WebAssembly module and streams the model into it, each chunk straight into the
 * module's memory: the file never exists as a JavaScript value. What the bytes must be (size, hash, format)
 * is decided in Rust, in wasm-model/src/download.rs and in the classifier.
 */

import { builds as shipped, importedGlue } from "./builds.js";
import { get, responseOf, sizeOf } from "./files.js";

/** @typedef {import("./builds.js").Glue} Glue */
/** @typedef {import("./builds.js").EngineBuild} EngineBuild */
/** @typedef {import("./tickertone.js").Build} Build */
/** @typedef {import("./tickertone.js").EngineInfo} EngineInfo */
/** @typedef {import("./tickertone.js").Prediction} Prediction */
/** @typedef {import("./tickertone.js").Progress} Progress */

/**
 * What became of one text: its classification, or why there is none.
 *
 * @typedef {Prediction | { error: { name: string, message: string } }} Outcome
 */

/**
 * A part of an explanation: what some of the text's words did for it, and how many words there are in all.
 *
 * @typedef {object} PartOfExplanation
 * @property {Prediction} prediction
 * @property {import("./tickertone.js").WordContribution[]} words
 * @property {number} total
 */

/**
 * An engine with a model, which computes one call at a time.
 *
 * @typedef {object} Engine
 * @property {EngineInfo} info
 * @property {(texts: readonly string[]) => Outcome[]} classify
 * @property {(text: string, start: number, end: number) => PartOfExplanation} explain  of the words from `start` to `end`
 * @property {() => number} memory  size in bytes of the WebAssembly memory
 * @property {(tokens: number) => number} runProducts  for benches: the int8 products alone, and how many operations
 * @property {Source} [source]  where the request asked for it
 * @property {() => void} dispose
 */

/**
 * What an engine was made of. Further engines of the same classifier are made of the same: by then the server
 * may offer another model or another version of the engine under the same addresses.
 *
 * @typedef {object} Source
 * @property {WebAssembly.Module} module
 * @property {Blob} file  the model file, kept by the browser outside the JavaScript heap
 */

/**
 * What to load; it can be sent to a worker.
 *
 * @typedef {object} LoadRequest
 * @property {Build[]} builds  those that may run, the one to try first in front
 * @property {string | null} fallback  why the first is not the one that was asked for, where it is not
 * @property {string | Blob} model  an absolute URL, or the file itself
 * @property {Partial<Record<Build, string>>} [wasmUrl]  where modules are that do not lie beside this file
 * @property {string | undefined} [sha256]  what the model file must hash to
 * @property {boolean} [keepsSource]  further engines will be made of the same
 * @property {Source} [source]  of an earlier engine with the first of these builds; then nothing is fetched
 */

/**
 * A running WebAssembly module.
 *
 * @typedef {{ glue: Glue, memory: WebAssembly.Memory, module: WebAssembly.Module }} Instance
 */

/**
 * Instances by build. One serves every classifier of this thread: the glue module has room for one, and a
 * second instantiation would pull the memory from under the first.
 *
 * @type {Map<string, Promise<Instance>>}
 */
const instances = new Map();

/**
 * Part of the glue's address. A module that could not be fetched stays missing under its address in some
 * browsers, one that crashed keeps its broken memory: counting up leaves both behind.
 */
let attempt = 0;

/** What every further call into a crashed instance is told. @type {WeakMap<Glue, Error>} */
const crashes = new WeakMap();

/**
 * Loads a model.
 *
 * @param {LoadRequest} request
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} [signal]  stops the download; the error is then its reason
 * @param {readonly EngineBuild[]} [rows]  what the names of builds mean
 * @returns {Promise<Engine>}
 */
export async function loadEngine(request, onProgress, signal, rows = shipped) {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    const builds = request.builds.flatMap((wanted) => rows.filter(({ name }) => name === wanted));
    // The model is on its way while the module compiles.
    const [{ instance, fallback }, response] = await Promise.all([
      instantiateFirst(builds, request),
      modelOf(request, { signal: stop.signal }),
    ]);
    const { glue, memory, module } = instance;
    const { engine, file } = await loadModel(instance, response, request, onProgress, stop.signal);
    return {
      info: { ...enter(glue, () => engine.info()), fallback },
      classify: (texts) => enter(glue, () => engine.classify(texts)),
      explain: (text, start, end) => enter(glue, () => engine.explain(text, start, end)),
      memory: () => memory.buffer.byteLength,
      runProducts: (tokens) => enter(glue, () => engine.runProducts(tokens)),
      ...(file && { source: { module, file } }),
      dispose: () => crashes.has(glue) || engine.free(),
    };
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort(); // whatever failed, what is left of the download is not wanted any more
  }
}

/**
 * The model's file on its way.
 *
 * @param {LoadRequest} request
 * @param {RequestInit} init
 */
async function modelOf({ source, model }, init) {
  const file = source?.file ?? model;
  return typeof file === "string" ? get("the model", file, init) : responseOf(file);
}

/**
 * The first build that the browser compiles.
 *
 * @param {EngineBuild[]} builds
 * @param {LoadRequest} request
 * @returns {Promise<{ instance: Instance, fallback: string | null }>}
 */
async function instantiateFirst([build, ...others], request) {
  if (build === undefined) throw new TypeError("expected at least one build of the engine, found none");
  try {
    return { instance: await instantiate(build, request), fallback: request.fallback };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError) || others.length === 0) throw error;
    const fallback = `this browser cannot compile the build "${build.name}": ${error.message}`;
    return instantiateFirst(others, { ...request, fallback });
  }
}

/**
 * The running module of a build. It is shared, so no caller's signal stops it.
 *
 * @param {EngineBuild} build
 * @param {LoadRequest} request
 */
function instantiate(build, request) {
  let instance = instances.get(build.name);
  if (instance === undefined) {
    instance = start(build, request);
    instances.set(build.name, instance);
    instance.catch(() => forget(build.name));
  }
  return instance;
}

/** @param {string} name */
function forget(name) {
  instances.delete(name);
  attempt += 1;
}

/**
 * @param {EngineBuild} build
 * @param {LoadRequest} request
 * @returns {Promise<Instance>}
 */
async function start(build, { source, wasmUrl }) {
  const [glue, module] = await Promise.all([
    glueOf(build).catch((cause) => {
      throw new Error(`cannot load the engine "${build.name}": ${cause.message}; try again`, { cause });
    }),
    source?.module ?? compile(wasmUrl?.[build.name] ?? build.wasmUrl().href),
  ]);
  const { memory } = await glue.default({ module_or_path: module });
  return { glue, memory, module };
}

/**
 * @param {EngineBuild} build
 * @returns {Promise<Glue>}
 */
async function glueOf(build) {
  if (attempt === 0) return importedGlue.get(build.name) ?? build.importGlue();
  const url = build.glueUrl();
  url.searchParams.set("attempt", String(attempt));
  return import(/* webpackIgnore: true */ /* @vite-ignore */ url.href);
}

/** @param {string} url */
async function compile(url) {
  const response = await get("the engine", url);
  // Under another type the browser would refuse to compile it as it arrives.
  return response.headers.get("content-type") === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

/**
 * Loads the model that this response brings. Where that is not what the hash says, the browser's cache may have kept
 * a damaged file, and under an address that names the hash it does so for a year: then once more past the cache.
 *
 * @param {Instance} instance
 * @param {Response} response
 * @param {LoadRequest} request
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} signal
 */
async function loadModel(instance, response, request, onProgress, signal) {
  let most = 0;
  /** @param {Progress} progress */
  const report = ({ loaded, total }) => onProgress({ loaded: (most = Math.max(most, loaded)), total });
  const first = await receive(instance, response, request, report, signal);
  try {
    return { engine: first.finish(), file: first.file };
  } catch (refusal) {
    const isFetched = typeof request.model === "string" && !request.source;
    if (request.sha256 === undefined || !isFetched || crashes.has(instance.glue)) throw refusal;
  }
  const fresh = await modelOf(request, { cache: "reload", signal });
  const second = await receive(instance, fresh, request, report, signal);
  return { engine: second.finish(), file: second.file };
}

/**
 * Streams the file into the module. `finish` checks it and makes an engine of it, or throws; either frees the download.
 *
 * @param {Instance} instance
 * @param {Response} response
 * @param {LoadRequest} request
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} signal
 */
async function receive({ glue, memory }, response, { sha256, keepsSource }, onProgress, signal) {
  const { exact, announced } = sizeOf(response);
  const download = enter(glue, () => new glue.ModelDownload(exact, sha256));
  try {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    let loaded = 0;
    // More than was announced: it was the size of something else.
    const total = () => (announced !== undefined && loaded > announced ? undefined : announced);
    onProgress({ loaded, total: total() });
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        signal.throwIfAborted();
        const arrived = total() === undefined ? `${loaded} bytes` : `${loaded} of ${total()} bytes`;
        const message = `the download of ${response.url || "the model"} broke off after ${arrived}: ${cause.message}`;
        throw new Error(`${message}; check the network and try again`, { cause });
      });
      signal.throwIfAborted();
      if (done) break;
      enter(glue, () => download.push(value));
      loaded += value.byteLength;
      onProgress({ loaded, total: total() });
    }
    const bytes = () => new Uint8Array(memory.buffer, enter(glue, () => download.address()), loaded);
    const file = keepsSource ? new Blob([bytes()]) : undefined;
    // Insecure contexts have no WebCrypto: there Rust computes the hash, which takes five times as long.
    const isHashedHere = sha256 !== undefined && globalThis.crypto?.subtle !== undefined;
    const found = isHashedHere ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes())) : undefined;
    signal.throwIfAborted();
    return { file, finish: () => enter(glue, () => download.finish(found)) };
  } catch (error) {
    if (!crashes.has(glue)) download.free();
    throw error;
  }
}

/**
 * Every call into the module goes through here. What Rust returns as an error is thrown on; a trap or a
 * stack overflow leaves memory in an unknown state, so that nothing may enter this instance again.
 *
 * @template T
 * @param {Glue} glue
 * @param {() => T} call
 * @returns {T}
 */
function enter(glue, call) {
  const earlier = crashes.get(glue);
  if (earlier) throw earlier;
  try {
    return call();
  } catch (cause) {
    if (!(cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError)) throw cause;
    const crash = new Error(`the engine crashed (${cause.message}): load the model again`, { cause });
    crash.name = "EngineCrash";
    crashes.set(glue, crash);
    for (const [name, instance] of instances) {
      // What another build fails of is told to those who wait for it.
      instance.then((running) => running.glue === glue && forget(name), () => {});
    }
    throw crash;
  }
}
