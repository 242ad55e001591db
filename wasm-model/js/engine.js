/**
 * The engine in the thread that imports this file: the page itself, or worker.js.
 *
 * `loadEngine` starts the WebAssembly module and streams the model into it, each chunk straight into the
 * module's memory: the file never exists as a JavaScript value. What the bytes must be (size, hash, format)
 * is decided in Rust, in wasm-model/src/download.rs and in the classifier.
 */

/** @typedef {import("./builds.js").Build} Build */

/**
 * What tickertone.js needs of an engine, whichever thread it lives in: here a call is answered before it
 * returns, in a worker it returns a promise.
 *
 * @typedef {object} Engine
 * @property {import("./tickertone.js").EngineInfo} info
 * @property {(texts: string[], firstIndex?: number) => any} classify  `Prediction[]`, or a promise of it
 * @property {(text: string) => any} explain  `Explanation`, or a promise of it
 * @property {() => any} memory  size in bytes of the WebAssembly memory, or a promise of it
 * @property {(tokens: number) => number} [runProducts]  for benches: the int8 products alone, and how many operations
 * @property {() => void} dispose
 */

/**
 * What to load.
 *
 * @typedef {object} Request
 * @property {Build[]} builds  those that may run, the one to try first in front
 * @property {string | null} fallback  why the first is not the one that was asked for, where it is not
 * @property {string} model  an absolute URL
 * @property {string} [sha256]  what the model file must hash to
 * @property {RequestCache} [cache]  how the files are fetched; as usual if left out
 */

/**
 * A running WebAssembly module: what wasm-bindgen made of it, and its memory.
 *
 * @typedef {{ glue: any, memory: WebAssembly.Memory }} Instance
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

/** What every further call into a crashed instance is told. @type {WeakMap<object, Error>} */
const crashes = new WeakMap();

/**
 * Loads a model.
 *
 * @param {Request} request
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
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
      get("the model", request.model, { cache: request.cache, signal: stop.signal }),
    ]);
    const { glue, memory } = instance;
    const engine = await receiveModel(instance, response, request.sha256, onProgress, stop.signal);
    return {
      info: { ...enter(glue, () => engine.info()), fallback },
      classify: (texts, firstIndex = 0) => enter(glue, () => engine.classify(texts, firstIndex)),
      explain: (text) => enter(glue, () => engine.explain(text)),
      memory: () => memory.buffer.byteLength,
      runProducts: (tokens) => enter(glue, () => engine.runProducts(tokens)),
      dispose: () => crashes.has(glue) || engine.free(),
    };
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort(); // whatever failed, what is left of the download is not wanted any more
  }
}

/**
 * The first build that the browser compiles.
 *
 * @param {Request} request
 * @returns {Promise<{ instance: Instance, fallback: string | null }>}
 */
async function instantiateFirst({ builds: [build, ...others], fallback, ...rest }) {
  try {
    return { instance: await instantiate(build, rest.cache), fallback };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError) || others.length === 0) throw error;
    const why = `this browser cannot compile the build "${build.name}": ${error.message}`;
    return instantiateFirst({ ...rest, builds: others, fallback: why });
  }
}

/**
 * The running module of a build. It is shared, so no caller's signal stops it.
 *
 * @param {Build} build
 * @param {RequestCache} [cache]
 */
function instantiate(build, cache) {
  let instance = instances.get(build.name);
  if (instance === undefined) {
    instance = start(build, cache);
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
 * @param {Build} build
 * @param {RequestCache} [cache]
 * @returns {Promise<Instance>}
 */
async function start(build, cache) {
  const glueUrl = new URL(build.glue, import.meta.url);
  if (attempt > 0) glueUrl.searchParams.set("attempt", String(attempt));
  const [glue, response] = await Promise.all([
    import(glueUrl.href).catch((cause) => {
      throw new Error(`cannot load the engine from ${glueUrl.href}: ${cause.message}; try again`, { cause });
    }),
    get("the engine", new URL(build.wasm, import.meta.url).href, { cache }),
  ]);
  const { memory } = await glue.default({ module_or_path: response });
  return { glue, memory };
}

/**
 * A response with a body, or an error that says what was asked for, where, and what came instead.
 *
 * @param {string} what
 * @param {string} url
 * @param {RequestInit} init
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
 * Streams the file into the module and loads it there.
 *
 * @param {Instance} instance
 * @param {Response} response
 * @param {string | undefined} sha256
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
 * @param {AbortSignal} signal
 */
async function receiveModel({ glue, memory }, response, sha256, onProgress, signal) {
  const total = announcedSize(response);
  const download = enter(glue, () => new glue.ModelDownload(total, sha256));
  let isTaken = false;
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
    // Insecure contexts have no WebCrypto: there Rust computes the hash, which takes five times as long.
    const isHashedHere = sha256 !== undefined && globalThis.crypto?.subtle !== undefined;
    const found = isHashedHere
      ? await crypto.subtle.digest("SHA-256", new Uint8Array(memory.buffer, enter(glue, () => download.address()), loaded))
      : undefined;
    signal.throwIfAborted();
    isTaken = true; // finish() frees the download, also where it fails
    return enter(glue, () => download.finish(found && new Uint8Array(found)));
  } finally {
    if (!isTaken && !crashes.has(glue)) download.free();
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
 * @param {object} glue
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
    for (const [name, instance] of instances) instance.then((running) => running.glue === glue && forget(name));
    throw crash;
  }
}
