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
 * @property {(texts: string[]) => any} classify  `Prediction[]`, or a promise of it
 * @property {(text: string) => any} explain  `Explanation`, or a promise of it
 * @property {() => void} dispose
 */

/**
 * Instances by build. One serves every classifier of this thread: the glue module has room for one, and a
 * second instantiation would pull the memory from under the first.
 *
 * @type {Map<string, Promise<any>>}
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
 * @param {{ build: Build, model: string, sha256?: string }} request  `model` is an absolute URL
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
 * @param {AbortSignal} [signal]  stops the download; the error is then the browser's
 * @returns {Promise<Engine>}
 */
export async function loadEngine({ build, model, sha256 }, onProgress, signal) {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener("abort", onAbort);
  try {
    // The model is on its way while the module compiles.
    const [glue, response] = await Promise.all([instantiate(build), request("the model", model, stop.signal)]);
    const engine = await receiveModel(glue, response, sha256, onProgress, stop.signal);
    return {
      info: enter(glue, () => engine.info()),
      classify: (texts) => enter(glue, () => engine.classify(texts)),
      explain: (text) => enter(glue, () => engine.explain(text)),
      dispose: () => crashes.has(glue) || engine.free(),
    };
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort(); // whatever failed, what is left of the download is not wanted any more
  }
}

/**
 * The running module of a build. It is shared, so no caller's signal stops it.
 *
 * @param {Build} build
 */
function instantiate(build) {
  let instance = instances.get(build.name);
  if (instance === undefined) {
    instance = start(build);
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

/** @param {Build} build */
async function start(build) {
  const glueUrl = new URL(build.glue, import.meta.url);
  if (attempt > 0) glueUrl.searchParams.set("attempt", String(attempt));
  const [glue, response] = await Promise.all([
    import(glueUrl.href).catch((cause) => {
      throw new Error(`cannot load the engine from ${glueUrl.href}: ${cause.message}; try again`, { cause });
    }),
    request("the engine", new URL(build.wasm, import.meta.url).href),
  ]);
  await glue.default({ module_or_path: response });
  return glue;
}

/**
 * A response with a body, or an error that says what was asked for, where, and what came instead.
 *
 * @param {string} what
 * @param {string} url
 * @param {AbortSignal} [signal]
 */
async function request(what, url, signal) {
  const response = await fetch(url, { signal }).catch((cause) => {
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
 * @param {any} glue
 * @param {Response} response
 * @param {string | undefined} sha256
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
 * @param {AbortSignal} signal
 */
async function receiveModel(glue, response, sha256, onProgress, signal) {
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
    isTaken = true; // finish() frees the download, also where it fails
    return enter(glue, () => download.finish());
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
    crashes.set(glue, crash);
    for (const [name, instance] of instances) instance.then((running) => running === glue && forget(name));
    throw crash;
  }
}
