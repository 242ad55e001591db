/**
 * The worker's side of worker-engine.js: one engine, asked by messages `{ id, method, args }`. The worker
 * answers in the order of the questions, since the engine computes one at a time.
 */

import { loadEngine } from "./engine.js";

/** @type {import("./engine.js").Engine} */
let engine;

/** @type {Record<string, (id: number, ...args: any[]) => any>} */
const methods = {
  load: async (id, request) => {
    engine = await loadEngine(request, (progress) => self.postMessage({ id, progress }));
    return engine.info;
  },
  classify: (_id, texts) => engine.classify(texts),
  explain: (_id, text) => engine.explain(text),
};

self.onmessage = async ({ data: { id, method, args } }) => {
  try {
    self.postMessage({ id, result: await methods[method](id, ...args) });
  } catch ({ name, message }) {
    // Only its name and text: not every browser clones an error, and none keeps its class.
    self.postMessage({ id, error: { name, message } });
  }
};
