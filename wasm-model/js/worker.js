/**
 * The worker's side of engine-worker.js: one engine, asked by messages `{ id, method, args }`. The worker
 * answers in the order of the questions, since the engine computes one at a time.
 */

import { loadEngine } from "./engine.js";

/** @type {Promise<import("./engine.js").Engine>} */
let engine;

/** @type {Record<string, (id: number, ...args: any[]) => any>} */
const methods = {
  // Holds a lock for as long as this worker lives: whoever else asks for it learns of the worker's end.
  hold: (_id, name) =>
    new Promise((resolve, reject) => {
      navigator.locks.request(name, () => (resolve(null), new Promise(() => {}))).catch(reject);
    }),
  load: async (id, request) => {
    engine = loadEngine(request, (progress) => self.postMessage({ id, progress }));
    return (await engine).info;
  },
  classify: async (_id, texts, firstIndex) => (await engine).classify(texts, firstIndex),
  explain: async (_id, text) => (await engine).explain(text),
  memory: async () => (await engine).memory(),
};

self.onmessage = async ({ data: { id, method, args } }) => {
  try {
    self.postMessage({ id, result: await methods[method](id, ...args) });
  } catch ({ name, message }) {
    // Only its name and text: not every browser clones an error, and none keeps its class.
    self.postMessage({ id, error: { name, message } });
  }
};
