/** tickertone.js, the package's entry, over a fake Worker: options, arguments, the life of a classifier. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { register } from "node:module";
import { test } from "node:test";

import { builds } from "../../js/builds.js";
import { Classifier } from "../../js/tickertone.js";
import { engine, install } from "./fake-worker.mjs";

const PACKAGE = new URL("../../js/", import.meta.url);
const MODEL = "https://example.org/model.gguf";

register("./glue-hooks.mjs", import.meta.url);

/** The page on which it all runs. */
globalThis.location = { href: "https://example.org/page/" };

const load = (options) => Classifier.load({ model: MODEL, engine: "simd128", ...options });

test("the model's address is relative to the page", async () => {
  const started = install();
  await load({ model: "../models/tiny.gguf" });
  assert.equal(started[0].argumentsOf("load")[0][0].model, "https://example.org/models/tiny.gguf");
});

test("a classifier answers, tells of itself, and ends", async () => {
  const started = install();
  const classifier = await load({ sha256: "0".repeat(64) });
  assert.equal(classifier.info.model, "tiny");
  assert.ok(Object.isFrozen(classifier.info));
  const [[request]] = started[0].argumentsOf("load");
  assert.deepEqual([request.model, request.sha256, request.builds[0]], [MODEL, "0".repeat(64), "simd128"]);
  assert.deepEqual(await classifier.classify(["one"]), [{ label: "one" }]);
  assert.equal((await classifier.explain("two")).prediction.label, "two");
  assert.equal(await classifier.memory(), 1_000);
  classifier.dispose();
  classifier.dispose();
  assert.ok(started[0].isTerminated);
  await assert.rejects(classifier.classify(["three"]), /disposed of.*Classifier\.load/);
});

test("wrong options and arguments are named, with what was found", async () => {
  install();
  for (const [options, words] of [
    [{ model: 7 }, /model: expected the address of a model file, or .* Blob, found number/],
    [{ model: "http://" }, /model: expected an address, found "http:\/\/"/],
    [{ sha265: "" }, /found sha265/],
    [{ sha256: 7 }, /sha256: expected a string, found number/],
    [{ worker: "yes" }, /worker: expected true or false, found string/],
    [{ workers: 0 }, /workers: expected a positive integer, found 0/],
    [{ workers: 2, worker: false }, /workers: expected 1 .*worker: false, found 2/],
    [{ engine: "gpu" }, /engine: found "gpu".*"relaxed" and "simd128".*"auto"/],
    [{ workerUrl: 7 }, /workerUrl: expected an address, found number/],
    [{ wasmUrl: "engine.wasm" }, /wasmUrl: expected \{ relaxed, simd128 \}.*found string/],
    [{ wasmUrl: { simd: "engine.wasm" } }, /wasmUrl: expected only the options relaxed, simd128, found simd/],
    [{ onProgress: null }, /onProgress: expected a function, found null/],
    [{ signal: {} }, /signal: expected an AbortSignal, found object/],
  ]) {
    await assert.rejects(load(options), (error) => error instanceof TypeError && words.test(error.message), words);
  }
  const classifier = await load();
  await assert.rejects(classifier.classify("one"), { name: "TypeError", message: /array of strings, found string/ });
  await assert.rejects(classifier.classify(["one", null]), { name: "TypeError", message: /texts\[1\], found null/ });
  await assert.rejects(classifier.classify([], { onerror: "null" }), /classify: .*onError, found onerror/);
  await assert.rejects(classifier.classify([], { onError: "skip" }), /onError: expected "throw" or "null", found string/);
  await assert.rejects(classifier.classify([], null), /expected an object of options, found null/);
  await assert.rejects(classifier.explain("one", { signal: 7 }), /signal: expected an AbortSignal, found number/);
  assert.throws(() => classifier.stream(["one"], { onProgress() {} }), /stream: .*options signal, found onProgress/);
  for (const texts of ["one", 7, null]) assert.throws(() => classifier.stream(texts), /an iterable of strings, found/);
  await assert.rejects(classifier.explain(), { name: "TypeError", message: /a string, found undefined/ });
});

test("as many workers as cores at most, and never more than four unasked", async () => {
  for (const [cores, options, expected] of [[2, {}, 2], [16, {}, 4], [2, { workers: 3 }, 3]]) {
    const started = install({ cores });
    const classifier = await load(options);
    await classifier.classify(Array.from({ length: 400 }, () => "word ".repeat(20)));
    assert.equal(started.length, expected);
  }
});

test("loading is cancelled before it begins and while it runs, and the reason is told", async () => {
  const started = install({ answer: engine("tiny", { load: () => new Promise(() => {}) }) });
  await assert.rejects(load({ signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(started.length, 0);
  const stop = new AbortController();
  const loading = load({ signal: stop.signal });
  const reason = new Error("another model");
  await new Promise(setImmediate);
  stop.abort(reason);
  await assert.rejects(loading, (error) => error === reason);
  assert.ok(started[0].isTerminated);
});

test("a text that cannot be read is named by its index, or null stands in its place", async () => {
  const classify = (_worker, [texts]) =>
    texts.map((label) => (label ? { label } : { error: { name: "EmptyText", message: "nothing to read" } }));
  install({ answer: engine("tiny", { classify }) });
  const classifier = await load();
  const expected = { name: "EmptyText", message: "texts[1]: nothing to read", index: 1 };
  await assert.rejects(classifier.classify(["one", "", ""]), expected);
  const found = await classifier.classify(["one", "", "three"], { onError: "null" });
  assert.deepEqual(found, [{ label: "one" }, null, { label: "three" }]);
});

test("where there are no workers, the engine runs here", async () => {
  install();
  delete globalThis.Worker;
  // The model cannot be had, but it is looked for without a worker.
  globalThis.glue = { started: [] };
  const nowhere = { model: new URL("file:///nowhere.gguf"), wasmUrl: { simd128: "data:application/wasm;base64,AGFzbQEAAAA=" } };
  await assert.rejects(load(nowhere), /cannot fetch the model from file:.*ENOENT.*path/);
  await assert.rejects(load({ worker: true }), /cannot start the worker worker\.js: Worker is not defined.*worker: false/);
});

test("each build's probe is a module that this Node accepts or refuses as a whole", () => {
  const simd128 = builds.find(({ name }) => name === "simd128");
  assert.ok(WebAssembly.validate(simd128.probe));
  for (const { probe } of builds) assert.equal(WebAssembly.validate(probe.slice(0, -1)), false);
});

test("the package holds every file beside the README that explains it", async () => {
  const manifest = JSON.parse(await readFile(new URL("package.json", PACKAGE), "utf8"));
  const { files } = manifest;
  const { exports } = manifest;
  for (const path of Object.values(exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)))) {
    assert.ok(path === "./package.json" || files.includes(path.slice(2)), `${path} is exported and not in "files"`);
  }
  const implied = ["README.md", "package.json"];
  for (const name of await readdir(PACKAGE)) {
    assert.ok(implied.includes(name) || files.includes(name), `${name} is not in "files" of package.json`);
  }
});

test("the README explains every option", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const types = await readFile(new URL("tickertone.d.ts", PACKAGE), "utf8");
  const [, options] = types.match(/export type LoadOptions = \{(.*?)\n\};/s);
  const names = [...options.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);
  assert.ok(names.length >= 7, String(names));
  for (const name of names) assert.ok(readme.includes(`| \`${name}\` |`), `${name} is not in the table`);
});
