/**
 * One engine in a worker of its own, seen from the page: calls become messages `{ id, method, args }`,
 * answered by worker.js with `{ id, result }` or `{ id, error }`, and while loading with `{ id, progress }`.
 *
 * Ending the worker is how everything is cancelled: it stops a download, a compilation and a running
 * classification alike, and gives all memory back.
 */

import { isForeign } from "./files.js";
import { errorOf } from "./options.js";

/**
 * A call that has no answer yet.
 *
 * @typedef {object} Pending
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {(progress: any) => void} onProgress
 */

/**
 * What the worker sends.
 *
 * @typedef {object} Answer
 * @property {number} id
 * @property {unknown} [progress]
 * @property {unknown} [result]
 * @property {{ name: string, message: string }} [error]
 */

/** What it says of a script that did not come, which the browser tells without a word. */
const SILENT =
  "its script could not be loaded. Check that worker.js is served as JavaScript beside the other files; that the " +
  "Content-Security-Policy allows it (worker-src); and, where the page is served with Cross-Origin-Embedder-Policy, " +
  "that worker.js is served with the same header";
/** What always works, but computes in the caller's thread. */
const WITHOUT = "load with worker: false";

/** A worker, until it ends: by `end`, by an error of its script, or silently. */
export class EngineWorker {
  /** @type {Worker} */
  #worker;
  #onEnd;
  #where;
  #hasEnded = new AbortController();
  #lastId = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();

  /**
   * @param {(reason: unknown) => void} onEnd  called once, whatever the end was; what was not answered is rejected after it
   * @param {string} [url]  where worker.js is, if not beside this file
   */
  constructor(onEnd, url) {
    this.#onEnd = onEnd;
    this.#where = url ?? "worker.js";
    try {
      this.#worker = start(url);
    } catch (cause) {
      const { name, message } = /** @type {Error} */ (cause);
      const remedy = name === "SecurityError" ? "give the address of worker.js as workerUrl, or " : "";
      throw new Error(`cannot start the worker ${this.#where}: ${message}; ${remedy}${WITHOUT}`, { cause });
    }
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = ({ message }) => {
      const why = message || `${SILENT}; or ${WITHOUT}`;
      this.end(new Error(`the worker ${this.#where} failed: ${why}`));
    };
    // Without a secure context there are no locks, and a worker that ends silently is not noticed.
    if (globalThis.navigator?.locks) this.#watch().catch(() => {});
  }

  /** It answers nothing any more. */
  get hasEnded() {
    return this.#hasEnded.signal.aborted;
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {(progress: any) => void} [onProgress]
   * @returns {Promise<any>}
   */
  call(method, args, onProgress = () => {}) {
    return new Promise((resolve, reject) => {
      if (this.hasEnded) return reject(this.#hasEnded.signal.reason);
      const id = (this.#lastId += 1);
      this.#pending.set(id, { resolve, reject, onProgress });
      try {
        this.#worker.postMessage({ id, method, args });
      } catch (error) {
        this.#pending.delete(id); // what cannot be sent waits for nothing
        reject(error);
      }
    });
  }

  /** @param {unknown} reason  what every call is told that has no answer */
  end(reason) {
    if (this.hasEnded) return;
    this.#hasEnded.abort(reason);
    this.#worker.terminate();
    this.#onEnd(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  /**
   * A worker that is killed (for lack of memory, say) tells nobody. But the lock that it held becomes free,
   * and then it is ours.
   */
  async #watch() {
    const name = `tickertone-${crypto.randomUUID()}`;
    await this.call("hold", [name]);
    await navigator.locks.request(name, { signal: this.#hasEnded.signal }, () =>
      this.end(new Error(`the worker ${this.#where} ended without a word, perhaps for lack of memory`)),
    );
  }

  /** @param {Answer} answer */
  #take({ id, progress, result, error }) {
    const waiting = this.#pending.get(id);
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
    this.#pending.delete(id);
    if (error === undefined) return resolve(result);
    reject(errorOf(error));
  }
}

/**
 * The address stands in the call, because that is how bundlers find the worker. A script of another origin is no worker,
 * but one of ours may import it.
 *
 * @param {string} [url]
 */
function start(url) {
  if (url === undefined) {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "tickertone" });
  }
  const script = isForeign(url) ? URL.createObjectURL(importing(url)) : url;
  return new Worker(script, { type: "module", name: "tickertone" });
}

/** @param {string} url */
function importing(url) {
  return new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" });
}
