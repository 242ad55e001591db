/**
 * The worker's side of engine-worker.js: one engine, called by messages `{ id, method, args }`. The worker
 * answers in the order of the calls, since the engine computes one at a time.
 */

import { loadEngine } from "./engine.js";

/** @type {Promise<import("./engine.js").Engine>} */
let engine;

/**
 * Each gets the message's `id`, then its `args`.
 *
 * @type {Record<string, (id: number, ...args: any[]) => unknown>}
 */
const methods = {
  // Holds a lock for as long as this worker lives: whoever else asks for it learns of the worker's end.
  hold: (_id, name) =>
    new Promise((resolve, reject) => {
      navigator.locks.request(name, () => (resolve(null), new Promise(() => {}))).catch(reject);
    }),
  load: async (id, request) => {
    engine = loadEngine(request, (progress) => self.postMessage({ id, progress }));
    const { info, source } = await engine;
    return { info, source };
  },
  classify: async (_id, texts) => (await engine).classify(texts),
  explain: async (_id, text, start, end) => (await engine).explain(text, start, end),
  memory: async () => (await engine).memory(),
};

self.onmessage = async ({ data: { id, method, args } }) => {
  try {
    self.postMessage({ id, result: await methods[method]?.(id, ...args) });
  } catch (thrown) {
    // Only its name and text: not every browser clones an error, and none keeps its class.
    const { name, message } = /** @type {Error} */ (thrown);
    self.postMessage({ id, error: { name, message } });
  }
};
