/** A classifier without workers, over the fake module: it lets the thread breathe, and heals what crashes. */

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";

import { Classifier } from "../../js/tickertone.js";

register("./glue-hooks.mjs", import.meta.url);

const MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const MANY = Array.from({ length: 300 }, (_, index) => `text ${index} ${"word ".repeat(20)}`);

globalThis.fetch = async () => new Response(MODULE, { headers: { "content-type": "application/wasm" } });

/** Loads a model that is here, with an engine that answers so. */
function load(glue = {}) {
  const classify = (texts) => texts.map((label) => ({ label }));
  const info = { engine: "simd128", maxTokens: 256 };
  globalThis.glue = Object.assign(globalThis.glue ?? {}, { started: [], downloads: [], freed: [], info, classify, ...glue });
  const wasmUrl = { simd128: "https://example.org/engine.wasm" };
  return Classifier.load({ model: new Blob(["tiny"]), engine: "simd128", wasmUrl, worker: false });
}

test("between two chunks everything else has its turn, and an abort is heard", async () => {
  let chunks = 0;
  const classifier = await load({ classify: (texts) => ((chunks += 1), texts.map((label) => ({ label }))) });
  const answers = await classifier.classify(MANY);
  assert.deepEqual(answers.map(({ label }) => label), MANY);
  assert.ok(chunks > 10, `${chunks} chunks`);
  chunks = 0;
  const stop = new AbortController();
  setImmediate(() => stop.abort(new Error("enough")));
  await assert.rejects(classifier.classify(MANY, { signal: stop.signal }), /enough/);
  assert.ok(chunks < 10, `${chunks} chunks`);
});

test("an engine that crashes is replaced, without its file being fetched", async () => {
  let crashes = 0;
  const classifier = await load({
    classify: (texts) => {
      if (crashes++ === 0) throw new WebAssembly.RuntimeError("unreachable");
      return texts.map((label) => ({ label }));
    },
  });
  assert.deepEqual(await classifier.classify(["one"]), [{ label: "one" }]);
  assert.equal(glue.started.length, 1, "the module that crashed is left alone");
  assert.match(glue.started[0].address, /attempt=/);
});

test("disposing ends what has not begun and gives the engine back", async () => {
  const classifier = await load();
  const pending = classifier.classify(MANY);
  classifier.dispose();
  await assert.rejects(pending, /disposed of/);
  assert.deepEqual(glue.freed, ["tiny"]);
});
