/**
 * The engine in a worker of its own, seen from the page: calls become messages `{ id, method, args }`,
 * answered by worker.js with `{ id, result }` or `{ id, error }`, and while loading with `{ id, progress }`.
 *
 * Ending the worker is how everything is cancelled: it stops a download, a compilation and a running
 * classification alike, and gives all memory back.
 */

const workerUrl = new URL("./worker.js", import.meta.url);

/**
 * Starts a worker and loads a model in it. The arguments are those of `loadEngine` in engine.js.
 *
 * @param {{ build: import("./builds.js").Build, model: string, sha256?: string }} request
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./engine.js").Engine>}
 */
export async function loadWorkerEngine(request, onProgress, signal) {
  const calls = startWorker();
  const onAbort = () => calls.end(new Error("loading was cancelled"));
  signal?.addEventListener("abort", onAbort);
  try {
    const info = await calls.call("load", [request], onProgress);
    return {
      info,
      classify: (texts) => calls.call("classify", [texts]),
      explain: (text) => calls.call("explain", [text]),
      dispose: () => calls.end(new Error("this classifier was disposed of before it had answered")),
    };
  } catch (error) {
    calls.end(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function startWorker() {
  /** @type {Worker} */
  let worker;
  try {
    worker = new Worker(workerUrl, { type: "module", name: "tickertone" });
  } catch (cause) {
    throw new Error(`cannot start the worker ${workerUrl.href}: ${cause.message}`, { cause });
  }

  /** @type {Map<number, { resolve: Function, reject: Function, onProgress: Function }>} */
  const pending = new Map();
  let lastId = 0;
  /** Why there is no worker any more. @type {Error | undefined} */
  let ended;

  /** @param {Error} reason */
  function end(reason) {
    ended ??= reason;
    worker.terminate();
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }

  worker.onmessage = ({ data: { id, progress, result, error } }) => {
    const waiting = pending.get(id);
    if (waiting === undefined) return;
    const { resolve, reject, onProgress } = waiting;
    if (progress !== undefined) {
      try {
        onProgress(progress);
      } catch (thrown) {
        reject(thrown);
      }
      return;
    }
    pending.delete(id);
    if (error === undefined) resolve(result);
    else reject(error.name === "TypeError" ? new TypeError(error.message) : new Error(error.message));
  };
  worker.onerror = ({ message }) => {
    // A script that could not be fetched, or that the browser may not run, comes without a message.
    const why = message || "its script could not be loaded; check the network and the Content-Security-Policy";
    end(new Error(`the worker ${workerUrl.href} failed: ${why}`));
  };

  return {
    end,
    /**
     * @param {string} method
     * @param {unknown[]} args
     * @param {Function} [onProgress]
     * @returns {Promise<any>}
     */
    call: (method, args, onProgress = () => {}) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        lastId += 1;
        pending.set(lastId, { resolve, reject, onProgress });
        worker.postMessage({ id: lastId, method, args });
      }),
  };
}
