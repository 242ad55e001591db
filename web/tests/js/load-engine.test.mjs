/**
 * load-engine.js over a fake engine and a fake browser: which model is loaded when, and what is told of it.
 *
 * The module begins as it is imported, so each test imports it anew.
 */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { FakeServer, ORIGIN, fakeModel, openPage, setUp } from "./fake-browser.mjs";

const BIG = fakeModel("big", 8_000);
const NANO = fakeModel("nano", 2_000);
const MANIFEST = { default: "big", preview: "nano", models: [BIG.entry, NANO.entry] };

/** The loads that were begun: each is `{ options, address, resolve, reject }`. */
let loads;
/** Whoever waits for a load to begin. */
let waiting;
/** The pages that were opened. */
let pages;
let server;
let browser;
/** What the browser remembers. */
let storage;
/** What the server has: the manifest, or what it throws or answers instead. */
let manifest;

beforeEach(() => {
  [loads, waiting, pages, storage] = [[], [], [], new Map()];
  manifest = () => Response.json(MANIFEST);
  globalThis.engine = {
    isMissing: false,
    load: (options, address) =>
      new Promise((resolve, reject) => {
        loads.push({ options, address, resolve, reject });
        for (const tell of waiting.splice(0)) tell();
      }),
  };
  server = new FakeServer([BIG, NANO]);
  const fetch = async (url, init) => (url === `${ORIGIN}models/manifest.json` ? manifest(init) : server.fetch(url, init));
  const localStorage = {
    getItem: (key) => storage.get(key) ?? null,
    setItem: (key, value) => void storage.set(key, value),
    removeItem: (key) => void storage.delete(key),
  };
  browser = setUp(server, { fetch, localStorage });
});

/** No page goes on into the next test. */
afterEach(async () => {
  globalThis.engine.load = async () => "late";
  for (const { resolve } of loads) resolve("late");
  await Promise.all(pages.map(({ isQuiet }) => isQuiet));
});

/** A page that has just begun. */
async function open() {
  const page = await openPage("load-engine.js");
  pages.push(page);
  return { ...page, loadEngine: (role, attempt = 0, onProgress = () => {}) => page.loadEngine(role, attempt, onProgress) };
}

/** The n-th load, once it has begun. */
async function begun(number) {
  while (loads.length <= number) await new Promise((resolve) => waiting.push(resolve));
  return loads[number];
}

/** Whether a load is of this model. */
const isOf = ({ options }, { entry }) => options.sha256 === entry.sha256 && options.model.size === entry.size_bytes;
const failure = (promise) => promise.then(() => assert.fail("loaded"), (error) => error.message);
const asked = () => server.requests.map(({ url }) => /models\/(\w+)\//.exec(url)[1]);

test("the preview is loaded first and alone, then the default model", async () => {
  const { loadEngine } = await open();
  const [preview, full] = [loadEngine("preview"), loadEngine("default")];
  const first = await begun(0);
  assert.ok(isOf(first, NANO));
  await new Promise(setImmediate);
  assert.deepEqual(asked(), ["nano"], "two downloads would share the line");
  first.resolve("small");
  assert.deepEqual(await preview, { classifier: "small", model: NANO.entry });
  const second = await begun(1);
  assert.ok(isOf(second, BIG));
  second.resolve("large");
  assert.deepEqual(await full, { classifier: "large", model: BIG.entry });
});

test("what has arrived before anybody asked is told to whoever asks", async () => {
  const { loadEngine } = await open();
  const { resolve } = await begun(0);
  const told = [];
  const preview = loadEngine("preview", 0, (progress) => void told.push(progress));
  resolve("small");
  await preview;
  assert.deepEqual(told, [{ loaded: 2_000, total: 2_000 }]);
});

test("without a preview there is one load, and the preview's is null", async () => {
  manifest = () => Response.json({ default: "big", models: [BIG.entry] });
  const { loadEngine } = await open();
  assert.equal(await loadEngine("preview"), null);
  assert.ok(isOf(await begun(0), BIG));
});

test("a default model that is kept here needs no preview, and no network", async () => {
  let { loadEngine } = await open();
  (await begun(0)).resolve("small");
  (await begun(1)).resolve("large");
  await loadEngine("default");
  manifest = () => Promise.reject(new TypeError("offline"));
  server.requests = [];
  ({ loadEngine } = await open());
  assert.equal(await loadEngine("preview"), null);
  assert.ok(isOf(await begun(2), BIG));
  assert.deepEqual(asked(), []);
});

test("a preview that fails does not hold the default model up", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { loadEngine } = await open();
  const preview = failure(loadEngine("preview"));
  (await begun(0)).reject(new Error("damaged"));
  assert.match(await preview, /does not start/);
  (await begun(1)).resolve("large");
  assert.equal((await loadEngine("default")).classifier, "large");
});

test("a preview that shows no sign of life is not waited for", async (t) => {
  const timers = [];
  t.mock.method(globalThis, "setTimeout", (callback, ms) => timers.push({ callback, ms }));
  t.mock.method(globalThis, "clearTimeout", (number) => number && delete timers[number - 1]);
  await open();
  await begun(0);
  const running = timers.filter(Boolean);
  assert.deepEqual(running.map(({ ms }) => ms), [10_000], "one timer, begun anew at each sign");
  running[0].callback();
  assert.ok(isOf(await begun(1), BIG));
});

test("each further attempt imports the engine and reads the manifest anew", async (t) => {
  t.mock.method(console, "warn", () => {});
  globalThis.engine.isMissing = true;
  const { loadEngine } = await open();
  assert.match(await failure(loadEngine("default")), /part of this page did not arrive.*try again/);
  globalThis.engine.isMissing = false;
  manifest = () => Response.json({ default: "big", models: [BIG.entry] });
  const again = loadEngine("default", 1);
  const { address, resolve } = await begun(0);
  assert.match(address, /&attempt=1$/);
  resolve("large");
  assert.equal((await again).classifier, "large");
});

test("a list of models that cannot be used is told in words for the page", async () => {
  for (const [answer, words] of [
    [() => Promise.reject(new TypeError("offline")), /list of models did not arrive.*connection/],
    [() => new Response("", { status: 404 }), /does not have it any more/],
    [() => new Response("", { status: 500 }), /error \(500\)/],
    [() => new Response("<!doctype html>"), /web page arrived in place of the list of models/],
    [() => new Response("version https://git-lfs.github.com/spec/v1"), /placeholder/],
    [() => Response.json({ default: "gone", models: [BIG.entry] }), /another version of this page.*Reload/],
    [() => Response.json({ version: 7, entries: {} }), /another version of this page/],
    [() => Response.json({ default: "big", models: [{ id: "big", parts: [] }] }), /another version of this page/],
    [() => Response.json(null), /another version/],
  ]) {
    manifest = answer;
    const { loadEngine } = await open();
    const told = await failure(loadEngine("default"));
    assert.match(told, words);
    assert.doesNotMatch(told, /manifest|operator|json/);
  }
});

test("a list of models that comes broken does not replace the one of the last visit", async () => {
  const { readManifest } = await open();
  await readManifest();
  for (const answer of [
    () => Promise.reject(new TypeError("offline")),
    () => new Response("<!doctype html>"),
    () => new Response("", { status: 500 }),
  ]) {
    manifest = answer;
    assert.deepEqual(await (await open()).readManifest(), MANIFEST);
  }
});

test("a network that brings nothing is not waited for, where there is the list of the last visit", async (t) => {
  await (await open()).readManifest();
  manifest = ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  t.mock.method(globalThis, "setTimeout", (callback, ms) => (ms === 4_000 ? queueMicrotask(callback) : undefined));
  assert.deepEqual(await (await open()).readManifest(), MANIFEST);
});

test("a paused download says so, and the next attempt goes on", async () => {
  manifest = () => Response.json({ default: "big", models: [BIG.entry] });
  let pause;
  const hangs = new Promise((resolve) => (pause = resolve));
  server.answers = [server.hangingAfter(5_000, () => pause())];
  const page = await open();
  const paused = page.loadEngine("default").then(() => assert.fail("loaded"), (error) => error);
  await hangs;
  page.pauseLoading("default");
  assert.equal((await paused).name, "Paused");
  const told = [];
  const again = page.loadEngine("default", 1, ({ loaded }) => told.push(loaded));
  (await begun(0)).resolve("large");
  await again;
  assert.equal(told[0], 5_000);
  assert.equal(server.requests[1].range, "bytes=5000-");
});

test("a default that is paused while it waits for the preview does not begin", async (t) => {
  t.mock.method(globalThis, "setTimeout", () => 0); // nothing but the pause ends the waiting
  const page = await open();
  await begun(0);
  const paused = page.loadEngine("default").then(() => assert.fail("loaded"), (error) => error);
  page.pauseLoading("default");
  assert.equal((await paused).name, "Paused");
  assert.deepEqual(asked(), ["nano"]);
});

test("the chosen model takes the place of the default, also after a reload, and while it is offered", async () => {
  const page = await open();
  (await begun(0)).resolve("small");
  (await begun(1)).resolve("large");
  await page.loadEngine("default");
  assert.equal(page.chosenModel(), null);
  page.chooseModel("nano");
  const again = page.loadEngine("default", 1);
  (await begun(2)).resolve("chosen");
  assert.deepEqual(await again, { classifier: "chosen", model: NANO.entry });
  const later = await open();
  assert.equal(later.chosenModel(), "nano");
  assert.equal(await later.loadEngine("preview"), null, "the preview itself is wanted");
  assert.ok(isOf(await begun(3), NANO));
  manifest = () => Response.json({ default: "big", models: [BIG.entry] });
  await open();
  assert.ok(isOf(await begun(4), BIG));
  later.chooseModel(null);
  assert.equal(storage.size, 0);
});

test("models that are not offered any more go when the new one is here", async () => {
  await open();
  (await begun(0)).resolve("small");
  (await begun(1)).resolve("large");
  const next = fakeModel("next", 3_000);
  server.models = [next];
  manifest = () => Response.json({ default: "next", models: [next.entry] });
  const { loadEngine } = await open();
  const third = await begun(2);
  assert.equal(browser.caches.entries("id=big").length, 1, "not before");
  third.resolve("new");
  await loadEngine("default");
  assert.deepEqual(["big", "nano", "next"].map((id) => browser.caches.entries(`id=${id}`).length), [0, 0, 1]);
});

test("an engine that does not start is told without its own words", async (t) => {
  t.mock.method(console, "warn", () => {});
  manifest = () => Response.json({ default: "big", models: [BIG.entry] });
  const { loadEngine } = await open();
  (await begun(0)).reject(new Error("expected SHA-256 c4a1ac29, found 00000000: ask the operator of the wasm worker"));
  const told = await failure(loadEngine("default"));
  assert.match(told, /does not start.*Close other tabs/);
  assert.doesNotMatch(told, /SHA|operator|wasm|worker/);
});

test("a browser that keeps nothing begins with the preview each time", async () => {
  const forbidden = () => assert.fail("forbidden");
  setUp(server, {
    fetch: globalThis.fetch,
    caches: undefined,
    localStorage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden },
  });
  for (const visit of [0, 2]) {
    const page = await open();
    (await begun(visit)).resolve("small");
    (await begun(visit + 1)).resolve("large");
    assert.equal((await page.loadEngine("default")).classifier, "large");
    page.chooseModel("nano");
    assert.equal(page.chosenModel(), "nano", "it holds until the page is closed");
  }
});
