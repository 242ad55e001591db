/**
 * One engine in a worker of its own, seen from the page: calls become messages `{ id, method, args }`,
 * answered by worker.js with `{ id, result }` or `{ id, error }`, and while loading with `{ id, progress }`.
 *
 * Ending the worker is how everything is cancelled: it stops a download, a compilation and a running
 * classification alike, and gives all memory back.
 */

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

const workerUrl = new URL("./worker.js", import.meta.url);

/** A worker, until it ends: by `end`, by an error of its script, or silently. */
export class EngineWorker {
  /** @type {Worker} */
  #worker;
  #onEnd;
  #hasEnded = new AbortController();
  #lastId = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();

  /** @param {(reason: unknown) => void} onEnd  called once, whatever the end was; what was not answered is rejected after it */
  constructor(onEnd) {
    this.#onEnd = onEnd;
    try {
      this.#worker = new Worker(workerUrl, { type: "module", name: "tickertone" });
    } catch (cause) {
      const { message } = /** @type {Error} */ (cause);
      throw new Error(`cannot start the worker ${workerUrl.href}: ${message}`, { cause });
    }
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = ({ message }) => {
      // A script that could not be fetched, or that the browser may not run, comes without a message.
      const why = message || "its script could not be loaded; check the network and the Content-Security-Policy";
      this.end(new Error(`the worker ${workerUrl.href} failed: ${why}`));
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
      this.end(new Error(`the worker ${workerUrl.href} ended without a word, perhaps for lack of memory`)),
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
    const thrown = error.name === "TypeError" ? new TypeError(error.message) : new Error(error.message);
    thrown.name = error.name;
    reject(thrown);
  }
}
