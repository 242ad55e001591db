/** worker.js, the worker's side of the messages, over the fake module of engine.js. */

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";

register("./glue-hooks.mjs", import.meta.url);

/** Messages that the worker sent. */
const sent = [];
globalThis.self = { postMessage: (message) => void sent.push(message) };
globalThis.glue = {
  started: [],
  downloads: [],
  freed: [],
  classify: (texts) => texts,
  explain: (text) => {
    throw Object.assign(new Error(`nothing to read in "${text}"`), { name: "EmptyText" });
  },
};
globalThis.fetch = async (url) => {
  if (String(url).endsWith("missing")) return new Response("", { status: 404 });
  const bytes = String(url).endsWith(".wasm") ? Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) : new TextEncoder().encode("tiny");
  return new Response(bytes);
};
await import("../../js/worker.js");

const REQUEST = {
  builds: ["relaxed"],
  wasmUrl: { relaxed: "https://example.org/engine.wasm" },
  fallback: null,
  model: "https://example.org/model.gguf",
};

/** Sends a call and returns what is sent back, progress left out. */
async function call(id, method, ...args) {
  await self.onmessage({ data: { id, method, args } });
  return sent.splice(0).filter(({ progress }) => progress === undefined);
}

test("what fails is told by name and words, and an engine that has loaded answers", async () => {
  const message = "expected the model at https://example.org/missing, found HTTP 404";
  const failed = await call(1, "load", { ...REQUEST, model: "https://example.org/missing" });
  assert.deepEqual(failed, [{ id: 1, error: { name: "Error", message } }]);

  const [{ id, result }] = await call(2, "load", { ...REQUEST, keepsSource: true });
  assert.deepEqual([id, result.info], [2, { model: "tiny", fallback: null }]);
  assert.ok(result.source.module instanceof WebAssembly.Module);
  assert.equal(await result.source.file.text(), "tiny");

  assert.deepEqual(await call(3, "classify", ["one"]), [{ id: 3, result: ["one"] }]);
  const empty = { name: "EmptyText", message: 'nothing to read in ""' };
  assert.deepEqual(await call(4, "explain", "", 0, 4), [{ id: 4, error: empty }]);
  assert.deepEqual(await call(5, "memory"), [{ id: 5, result: 65_536 }]);
});

test("progress is sent with the id of the load", async () => {
  await self.onmessage({ data: { id: 6, method: "load", args: [REQUEST] } });
  const progress = sent.splice(0).filter(({ progress }) => progress !== undefined);
  assert.deepEqual(progress.map(({ id, progress }) => [id, progress.loaded]), [[6, 0], [6, 4]]);
});
