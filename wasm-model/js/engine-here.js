/**
 * One engine in the caller's own thread, with the face of engine-worker.js: for `worker: false`, for Node, and for what
 * is a worker itself.
 *
 * Between two calls the thread has a turn for everything else, so that an abort is heard and a page can paint.
 */

import { loadEngine } from "./engine.js";
import { nextTask } from "./next-task.js";

/** @typedef {import("./engine.js").Engine} Engine */

/** An engine, until `end`. */
export class EngineHere {
  /** @type {Engine | undefined} */
  #engine;
  #onEnd;
  #hasEnded = new AbortController();

  /** @param {(reason: unknown) => void} onEnd  called once */
  constructor(onEnd) {
    this.#onEnd = onEnd;
  }

  /** It answers nothing any more. */
  get hasEnded() {
    return this.#hasEnded.signal.aborted;
  }

  /**
   * @param {string} method
   * @param {any[]} args
   * @param {(progress: any) => void} [onProgress]
   * @returns {Promise<any>}
   */
  async call(method, args, onProgress = () => {}) {
    const { signal } = this.#hasEnded;
    if (method === "load") {
      const engine = await loadEngine(args[0], onProgress, signal);
      if (signal.aborted) engine.dispose();
      signal.throwIfAborted();
      this.#engine = engine;
      return engine;
    }
    await nextTask();
    signal.throwIfAborted();
    const engine = /** @type {Record<string, any>} */ (this.#engine);
    return engine[method](...args);
  }

  /** @param {unknown} reason  what every call is told that has no answer */
  end(reason) {
    if (this.hasEnded) return;
    this.#hasEnded.abort(reason);
    this.#engine?.dispose();
    this.#onEnd(reason);
  }
}
