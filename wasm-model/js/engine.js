/**
 * The engine in the thread that imports this file: the page itself, or worker.js.
 *
 * `loadEngine` starts the WebAssembly module and streams the model into it, each chunk straight into the
 * module's memory: the file never exists as a JavaScript value. What the bytes must be (size, hash, format)
 * is decided in Rust, in wasm-model/src/download.rs and in the classifier.
 */

/** @typedef {import("./builds.js").EngineBuild} EngineBuild */
/** @typedef {import("./tickertone.js").EngineInfo} EngineInfo */
/** @typedef {import("./tickertone.js").Explanation} Explanation */
/** @typedef {import("./tickertone.js").Prediction} Prediction */
/** @typedef {import("./tickertone.js").Progress} Progress */

/**
 * What tickertone.js needs of an engine, whichever thread it lives in: here a call returns its result, in a
 * worker a promise of it.
 *
 * @typedef {object} Engine
 * @property {EngineInfo} info
 * @property {(texts: readonly string[], firstIndex?: number) => Prediction[] | Promise<Prediction[]>} classify
 * @property {(text: string) => Explanation | Promise<Explanation>} explain
 * @property {() => number | Promise<number>} memory  size in bytes of the WebAssembly memory
 * @property {(tokens: number) => number} [runProducts]  for benches: the int8 products alone, and how many operations
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
 * What to load.
 *
 * @typedef {object} LoadRequest
 * @property {EngineBuild[]} builds  those that may run, the one to try first in front
 * @property {string | null} fallback  why the first is not the one that was asked for, where it is not
 * @property {string} model  an absolute URL
 * @property {string | undefined} [sha256]  what the model file must hash to
 * @property {boolean} [keepsSource]  further engines will be made of the same
 * @property {Source} [source]  of an earlier engine with the first of these builds; then nothing is fetched
 */

/**
 * What wasm-bindgen makes of the module: its own types are written when it is built (wasm-model/src/lib.rs).
 *
 * @typedef {any} Glue
 */

/**
 * A running WebAssembly module.
 *
 * @typedef {{ glue: Glue, memory: WebAssembly.Memory, module: WebAssembly.Module }} Instance
 */

/** What an explanation has at most (messages/src/engine.rs). */
const MAX_EXPLAINED_WORDS = 64;

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
 * @param {AbortSignal} [signal]  stops the download; the error is then the browser's
 * @returns {Promise<Engine>}
 */
export async function loadEngine(request, onProgress, signal) {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener("abort", onAbort);
  try {
    // The model is on its way while the module compiles.
    const [{ instance, fallback }, response] = await Promise.all([
      instantiateFirst(request),
      request.source ? responseOf(request.source.file) : get("the model", request.model, { signal: stop.signal }),
    ]);
    const { glue, memory, module } = instance;
    const { engine, file } = await loadModel(instance, response, request, onProgress, stop.signal);
    return {
      info: { ...enter(glue, () => engine.info()), fallback },
      classify: (texts, firstIndex = 0) => predictions(enter(glue, () => engine.classify(texts)), firstIndex),
      explain: (text) => {
        const { prediction, words } = enter(glue, () => engine.explain(text, 0, MAX_EXPLAINED_WORDS));
        return { prediction, words };
      },
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
 * The predictions of a batch, whose first text has this index in the caller's.
 *
 * @param {(Prediction | { error: { name: string, message: string } })[]} outcomes
 * @param {number} firstIndex
 * @returns {Prediction[]}
 */
function predictions(outcomes, firstIndex) {
  return outcomes.map((outcome, index) => {
    if (!("error" in outcome)) return outcome;
    const error = new Error(`texts[${firstIndex + index}]: ${outcome.error.message}`);
    error.name = outcome.error.name;
    throw error;
  });
}

/**
 * The first build that the browser compiles.
 *
 * @param {LoadRequest} request
 * @returns {Promise<{ instance: Instance, fallback: string | null }>}
 */
async function instantiateFirst({ builds: [build, ...others], fallback, source, ...rest }) {
  if (build === undefined) throw new TypeError("expected at least one build of the engine, found none");
  try {
    return { instance: await instantiate(build, source?.module), fallback };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError) || others.length === 0) throw error;
    const why = `this browser cannot compile the build "${build.name}": ${error.message}`;
    return instantiateFirst({ ...rest, builds: others, fallback: why });
  }
}

/**
 * The running module of a build. It is shared, so no caller's signal stops it.
 *
 * @param {EngineBuild} build
 * @param {WebAssembly.Module} [module]  compiled by another thread
 */
function instantiate(build, module) {
  let instance = instances.get(build.name);
  if (instance === undefined) {
    instance = start(build, module);
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
 * @param {WebAssembly.Module} [known]
 * @returns {Promise<Instance>}
 */
async function start(build, known) {
  const glueUrl = new URL(build.glue, import.meta.url);
  if (attempt > 0) glueUrl.searchParams.set("attempt", String(attempt));
  const [glue, module] = await Promise.all([
    import(glueUrl.href).catch((cause) => {
      throw new Error(`cannot load the engine from ${glueUrl.href}: ${cause.message}; try again`, { cause });
    }),
    known ?? compile(new URL(build.wasm, import.meta.url).href),
  ]);
  const { memory } = await glue.default({ module_or_path: module });
  return { glue, memory, module };
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
 * A response with a body, or an error that says what was asked for, where, and what came instead.
 *
 * @param {string} what
 * @param {string} url
 * @param {RequestInit} [init]
 */
async function get(what, url, init) {
  const response = await fetch(url, init).catch((cause) => {
    throw new Error(`cannot fetch ${what} from ${url}: ${cause.message}; check the network and try again`, { cause });
  });
  if (response.status !== 200) {
    throw new Error(`expected ${what} at ${url}, found HTTP ${response.status} ${response.statusText}`.trimEnd());
  }
  return response;
}

/**
 * A file that is here already, as if it had been fetched.
 *
 * @param {Blob} file
 */
function responseOf(file) {
  return new Response(file, { headers: { "content-length": String(file.size) } });
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
    if (request.sha256 === undefined || request.source || crashes.has(instance.glue)) throw refusal;
  }
  const fresh = await get("the model", request.model, { cache: "reload", signal });
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
  const total = announcedSize(response);
  const download = enter(glue, () => new glue.ModelDownload(total, sha256));
  try {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    let loaded = 0;
    onProgress({ loaded, total });
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        const arrived = total === undefined ? `${loaded} bytes` : `${loaded} of ${total} bytes`;
        const message = `the download of ${response.url} broke off after ${arrived}: ${cause.message}`;
        throw new Error(`${message}; check the network and try again`, { cause });
      });
      signal.throwIfAborted();
      if (done) break;
      enter(glue, () => download.push(value));
      loaded += value.byteLength;
      onProgress({ loaded, total });
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
 * Size of the body as it will be read; what the header says of a compressed one is another size.
 *
 * @param {Response} response
 */
function announcedSize(response) {
  const length = response.headers.get("content-length");
  const isEncoded = (response.headers.get("content-encoding") ?? "identity") !== "identity";
  return length === null || isEncoded ? undefined : Number(length);
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
