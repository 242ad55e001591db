/**
 * load-engine.js over a fake engine and a fake network: which model is loaded when, and what is told of it.
 *
 * The module begins as it is imported, so each test imports it anew.
 */

import assert from "node:assert/strict";
import { register } from "node:module";
import { beforeEach, test } from "node:test";

register("./hooks.mjs", import.meta.url);

const BIG = { id: "big", file: "big/model.gguf", size_bytes: 8, sha256: "b16" };
const NANO = { id: "nano", file: "nano/model.gguf", size_bytes: 2, sha256: "0a0" };
const MANIFEST = { default: "big", preview: "nano", models: [BIG, NANO] };
const addressOf = ({ file, sha256 }) => `/models/${file}?sha256=${sha256}`;

/** The loads that were begun: each is `{ options, address, resolve, reject }`. */
let loads;
/** Whoever waits for a load to begin. */
let waiting;
/** What the server has: the manifest, or what it throws or answers instead. */
let manifest;
/** Addresses of the models in the browser's cache. */
let cached;
/** What the browser remembers. */
let storage;
let imports = 0;

beforeEach(() => {
  [loads, waiting, cached, storage] = [[], [], new Set(), new Map()];
  manifest = () => Response.json(MANIFEST);
  globalThis.engine = {
    isMissing: false,
    load: (options, address) =>
      new Promise((resolve, reject) => {
        loads.push({ options, address, resolve, reject });
        for (const tell of waiting.splice(0)) tell();
      }),
  };
  globalThis.fetch = async (url, { cache } = {}) => {
    if (url === "/models/manifest.json") return manifest();
    assert.equal(cache, "only-if-cached", "load-engine.js fetches no model itself");
    if (!cached.has(url)) throw new TypeError("not cached");
    return new Response("");
  };
  globalThis.localStorage = {
    getItem: (key) => storage.get(key) ?? null,
    setItem: (key, value) => void storage.set(key, value),
  };
});

/** A page that has just begun. */
async function open() {
  imports += 1;
  const { loadEngine } = await import(`../../js/load-engine.js?${imports}`);
  return (role, attempt = 0, onProgress = () => {}) => loadEngine(role, attempt, onProgress);
}

/** The n-th load, once it has begun. */
async function begun(number) {
  while (loads.length <= number) await new Promise((resolve) => waiting.push(resolve));
  return loads[number];
}

const failure = (promise) => promise.then(() => assert.fail("loaded"), (error) => error.message);

test("the preview is loaded first and alone, then the default model", async () => {
  const loadEngine = await open();
  const [preview, full] = [loadEngine("preview"), loadEngine("default")];
  const first = await begun(0);
  assert.deepEqual([first.options.model, first.options.sha256], [addressOf(NANO), NANO.sha256]);
  await new Promise(setImmediate);
  assert.equal(loads.length, 1, "two downloads would share the line");
  first.resolve("small");
  assert.deepEqual(await preview, { classifier: "small", model: NANO });
  const second = await begun(1);
  assert.equal(second.options.model, addressOf(BIG));
  second.resolve("large");
  assert.deepEqual(await full, { classifier: "large", model: BIG });
});

test("what has arrived before anybody asked is told to whoever asks, with the size of the manifest", async () => {
  const loadEngine = await open();
  const { options, resolve } = await begun(0);
  options.onProgress({ loaded: 1, total: undefined });
  const told = [];
  const preview = loadEngine("preview", 0, (progress) => void told.push(progress));
  options.onProgress({ loaded: 2, total: 2 });
  resolve("small");
  await preview;
  assert.deepEqual(told, [{ loaded: 1, total: 2 }, { loaded: 2, total: 2 }]);
});

test("without a preview there is one load, and the preview's is null", async () => {
  manifest = () => Response.json({ default: "big", models: [BIG] });
  const loadEngine = await open();
  assert.equal(await loadEngine("preview"), null);
  assert.equal((await begun(0)).options.model, addressOf(BIG));
});

test("a default model in the browser's cache needs no preview", async () => {
  let loadEngine = await open();
  (await begun(0)).resolve("small");
  (await begun(1)).resolve("large");
  await loadEngine("default");
  cached.add(addressOf(BIG));
  loadEngine = await open();
  assert.equal(await loadEngine("preview"), null);
  assert.equal((await begun(2)).options.model, addressOf(BIG));
});

test("a preview that fails does not hold the default model up", async (t) => {
  t.mock.method(console, "warn", () => {});
  const loadEngine = await open();
  const preview = failure(loadEngine("preview"));
  (await begun(0)).reject(new Error("damaged"));
  assert.equal(await preview, "damaged");
  (await begun(1)).resolve("large");
  assert.equal((await loadEngine("default")).classifier, "large");
});

test("a preview that shows no sign of life is not waited for", async (t) => {
  const timers = [];
  t.mock.method(globalThis, "setTimeout", (callback, ms) => timers.push({ callback, ms }));
  t.mock.method(globalThis, "clearTimeout", (number) => number && delete timers[number - 1]);
  await open();
  const { options } = await begun(0);
  options.onProgress({ loaded: 1, total: 2 });
  const running = timers.filter(Boolean);
  assert.deepEqual(running.map(({ ms }) => ms), [10_000], "one timer, begun anew at each sign");
  running[0].callback();
  assert.equal((await begun(1)).options.model, addressOf(BIG));
});

test("each further attempt imports the engine and reads the manifest anew", async () => {
  globalThis.engine.isMissing = true;
  const loadEngine = await open();
  assert.match(await failure(loadEngine("default")), /\/engine\/tickertone\.js did not start.*try again.*Failed to fetch/);
  globalThis.engine.isMissing = false;
  manifest = () => Response.json({ default: "big", models: [BIG] });
  const again = loadEngine("default", 1);
  const { address, resolve } = await begun(0);
  assert.match(address, /&attempt=1$/);
  resolve("large");
  assert.equal((await again).classifier, "large");
});

test("a manifest that cannot be used is told in words for the page", async () => {
  for (const [answer, words] of [
    [() => Promise.reject(new TypeError("offline")), /manifest\.json did not arrive.*connection/],
    [() => new Response("", { status: 404, statusText: "Not Found" }), /answered 404 Not Found.*operator/],
    [() => new Response("<!doctype html>"), /found something else/],
    [() => Response.json({ default: "gone", models: [BIG] }), /names "gone" as its default model, but does not list it/],
  ]) {
    manifest = answer;
    const loadEngine = await open();
    assert.match(await failure(loadEngine("default")), words);
  }
});

test("a browser that keeps nothing begins with the preview each time", async () => {
  globalThis.localStorage = {
    getItem: () => assert.fail("forbidden"),
    setItem: () => assert.fail("forbidden"),
  };
  const loadEngine = await open();
  (await begun(0)).resolve("small");
  (await begun(1)).resolve("large");
  assert.equal((await loadEngine("default")).classifier, "large");
});
