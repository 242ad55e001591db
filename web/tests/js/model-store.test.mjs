/** The kept models over a fake browser and a fake server: what is asked of the network, and what is never used. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeServer, fakeModel, never, openPage, setUp } from "./fake-browser.mjs";

const KIB = 1024;
const BIG = fakeModel("big", 1200 * KIB);
let server;
let browser;

beforeEach(() => {
  server = new FakeServer([BIG]);
  browser = setUp(server);
});

const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
const failure = (promise) => promise.then(() => assert.fail("it came"), (error) => error);

async function get(store, { signal = never, onLoaded = () => {} } = {}) {
  return store.modelFile(BIG.entry, onLoaded, signal);
}

async function assertComes(store) {
  assert.deepEqual(await bytesOf(await get(store)), BIG.bytes);
}

test("a file is downloaded once, told in bytes, and kept for every later visit", async () => {
  const told = [];
  const store = await openPage("model-store.js");
  await get(store, { onLoaded: (loaded) => told.push(loaded) });
  assert.equal(told[0], 0);
  assert.equal(told.at(-1), BIG.entry.size_bytes);
  assert.deepEqual(told, told.toSorted((one, other) => one - other));
  await assertComes(await openPage("model-store.js"));
  assert.equal(server.requests.length, 1);
  assert.equal(server.requests[0].cache, "no-store", "the browser's own cache would hold it twice");
  const { id, sha256, size_bytes } = BIG.entry;
  assert.deepEqual(await store.storedModels(), [{ id, sha256, size_bytes, loaded_bytes: size_bytes }]);
  assert.equal(await store.isStored(BIG.entry), true);
});

test("a paused download is kept and goes on from there, also in a later visit", async () => {
  server.etag = '"strong"';
  const stop = new AbortController();
  server.answers = [server.hangingAfter(700 * KIB, () => stop.abort(new Error("paused")))];
  const store = await openPage("model-store.js");
  assert.equal((await failure(get(store, { signal: stop.signal }))).message, "paused");
  assert.equal((await store.storedModels())[0].loaded_bytes, 700 * KIB);
  assert.equal(await store.isStored(BIG.entry), false);
  const told = [];
  const later = await openPage("model-store.js");
  assert.deepEqual(await bytesOf(await get(later, { onLoaded: (loaded) => told.push(loaded) })), BIG.bytes);
  assert.equal(told[0], 700 * KIB);
  const [, { range, ifRange }] = server.requests;
  assert.deepEqual([range, ifRange], [`bytes=${700 * KIB}-`, '"strong"']);
});

test("a weak tag is no promise, and the hash decides", async () => {
  server.etag = 'W/"weak"';
  server.answers = [server.breakingAfter(300 * KIB)];
  await assertComes(await openPage("model-store.js"));
  assert.deepEqual([server.requests[1].range, server.requests[1].ifRange], [`bytes=${300 * KIB}-`, undefined]);
});

test("a broken connection is taken up at once while it brings something, and told when it does not", async () => {
  server.answers = [server.breakingAfter(300 * KIB), server.breakingAfter(200 * KIB)];
  await assertComes(await openPage("model-store.js"));
  assert.deepEqual(server.requests.map(({ range }) => range), [undefined, `bytes=${300 * KIB}-`, `bytes=${500 * KIB}-`]);

  server = new FakeServer([BIG]);
  setUp(server);
  const store = await openPage("model-store.js");
  const gone = () => Promise.reject(new TypeError("Failed to fetch"));
  server.answers = [server.breakingAfter(600 * KIB), gone];
  assert.match((await failure(get(store))).message, /broke after 0\.6 of 1\.2 MB.*Try again/);
  await assertComes(store);
  assert.equal(server.requests.at(-1).range, `bytes=${600 * KIB}-`);
  server.requests = [];
  await store.removeModel(BIG.entry.sha256);
  server.answers = [gone];
  assert.match((await failure(get(store))).message, /server cannot be reached/);
  assert.equal(server.requests.length, 1);
});

test("a server that sends the whole file, or has another one, is begun with anew", async () => {
  for (const answer of [
    ({ model }) => new Response(model.bytes),
    () => new Response("", { status: 416 }),
    () => new Response("x", { status: 206, headers: { "content-range": "bytes 0-0/1" } }),
  ]) {
    server = new FakeServer([BIG]);
    browser = setUp(server);
    server.answers = [server.breakingAfter(600 * KIB), () => Promise.reject(new TypeError())];
    await failure(get(await openPage("model-store.js")));
    server.answers = [answer];
    const store = await openPage("model-store.js");
    await assertComes(store);
    await assertComes(await openPage("model-store.js"));
    assert.ok(server.requests.length <= 4, "it is kept");
    const sizes = browser.caches.entries("kept-model").map(([, { bytes }]) => bytes.byteLength);
    assert.equal(sizes.reduce((sum, size) => sum + size), BIG.entry.size_bytes, "and nothing of the first try");
  }
});

test("a flipped byte in the kept file is noticed, and the file is brought anew", async (t) => {
  t.mock.method(console, "warn", () => {});
  await assertComes(await openPage("model-store.js"));
  const [, part] = browser.caches.entries("from=524288")[0];
  new Uint8Array(part.bytes)[7] ^= 1;
  const store = await openPage("model-store.js");
  await assertComes(store);
  assert.deepEqual(server.requests.map(({ range }) => range), [undefined, undefined], "none of the damaged file is used");
  await assertComes(await openPage("model-store.js"));
  assert.equal(server.requests.length, 2, "the new one is kept");
});

test("of a file whose parts the browser has lost, the missing ones are brought", async () => {
  await assertComes(await openPage("model-store.js"));
  browser.caches.lose("from=524288");
  const store = await openPage("model-store.js");
  assert.equal((await store.storedModels())[0].loaded_bytes, 524288);
  await assertComes(store);
  assert.equal(server.requests[1].range, "bytes=524288-");
});

test("another file under the right address is tried once more past every cache, and never used", async () => {
  const other = BIG.bytes.slice();
  other[900 * KIB] ^= 1;
  server.answers = [() => new Response(other)];
  await assertComes(await openPage("model-store.js"));
  assert.deepEqual(server.requests.map(({ cache }) => cache), ["no-store", "reload"]);

  server = new FakeServer([BIG]);
  browser = setUp(server);
  const longer = new Uint8Array([...BIG.bytes, 0]);
  server.answers = [() => new Response(other), () => new Response(longer)];
  const store = await openPage("model-store.js");
  const { message } = await failure(get(store));
  assert.match(message, /Something else arrived in place of the model.*Reload/);
  assert.doesNotMatch(message, /[0-9a-f]{8}|operator|manifest/);
  assert.deepEqual(await store.storedModels(), [], "nothing of it is kept");
});

test("a file that does not end is not waited for", async () => {
  const endless = () => new Response(new ReadableStream({
    pull(controller) {
      controller.enqueue(BIG.bytes.slice(0, 64 * KIB));
    },
  }));
  server.answers = [endless, endless];
  assert.match((await failure(get(await openPage("model-store.js")))).message, /Something else arrived/);
});

test("what comes in place of a model is told in words that help", async () => {
  for (const [answer, words] of [
    [() => new Response("\n<!doctype html><title>Sign in</title>"), /web page arrived in place of the model.*sign in/],
    [() => new Response("version https://git-lfs.github.com/spec/v1\n"), /placeholder.*tell whoever runs this site/],
    [() => new Response("GGUX"), /Something else arrived/],
    [() => new Response("", { status: 500 }), /error \(500\)\. Try again in a few minutes/],
    [() => new Response("", { status: 429, headers: { "retry-after": "20" } }), /too much to do.*Wait 20 seconds/],
    [() => new Response("", { status: 503 }), /too much to do.*Wait a minute/],
    [() => new Response("", { status: 404 }), /does not have it any more.*Reload/],
    [() => new Response("", { status: 403 }), /signing in/],
  ]) {
    server.answers = [answer, answer];
    assert.match((await failure(get(await openPage("model-store.js")))).message, words);
  }
});

test("where nothing can be kept, the model comes all the same", async () => {
  for (const caches of [undefined, { open: () => Promise.reject(new DOMException("private", "SecurityError")) }]) {
    server = new FakeServer([BIG]);
    setUp(server, { caches });
    const store = await openPage("model-store.js");
    await assertComes(store);
    assert.equal(server.requests[0].cache, "default", "then the browser's own cache may help");
    assert.deepEqual(await store.storedModels(), []);
    assert.equal((await store.storageUsage()).is_kept, false);
    await store.removeModel(BIG.entry.sha256);
  }
});

test("a full disk does not stop the download", async () => {
  browser.caches.isFull = true;
  const store = await openPage("model-store.js");
  await assertComes(store);
  assert.deepEqual(await store.storedModels(), []);
});

test("two tabs download once, and the second is told how far the first is", async () => {
  let goOn;
  const hangs = new Promise((resolve) => (goOn = resolve));
  server.answers = [
    ({ model }) => {
      const [start, end] = [model.bytes.slice(0, 600 * KIB), model.bytes.slice(600 * KIB)];
      return new Response(new ReadableStream({
        async start(controller) {
          controller.enqueue(start);
          await hangs;
          controller.enqueue(end);
          controller.close();
        },
      }));
    },
  ];
  const first = get(await openPage("model-store.js"));
  const told = [];
  const second = get(await openPage("model-store.js"), {
    onLoaded: (loaded) => {
      told.push(loaded);
      goOn();
    },
  });
  // The first one's signs may have come before the second listened.
  while (server.requests.length === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  goOn();
  const files = await Promise.all([first, second]);
  for (const file of files) assert.deepEqual(await bytesOf(file), BIG.bytes);
  assert.equal(server.requests.length, 1);
});

test("a tab that waits for another one can be paused", async () => {
  const hanging = new AbortController();
  let onHang;
  const hangs = new Promise((resolve) => (onHang = resolve));
  server.answers = [server.hangingAfter(600 * KIB, onHang)];
  const first = failure(get(await openPage("model-store.js"), { signal: hanging.signal }));
  await hangs;
  const stop = new AbortController();
  const second = failure(get(await openPage("model-store.js"), { signal: stop.signal }));
  await new Promise(setImmediate);
  stop.abort(new Error("paused"));
  assert.equal((await second).message, "paused");
  hanging.abort(new Error("closed"));
  assert.equal((await first).message, "closed");
  await assertComes(await openPage("model-store.js"));
  assert.equal(server.requests.at(-1).range, `bytes=${600 * KIB}-`);
});

test("models that are not offered any more are forgotten, others stay", async () => {
  const small = fakeModel("small", 10);
  server.models.push(small);
  const store = await openPage("model-store.js");
  await get(store);
  await store.modelFile(small.entry, () => {}, never);
  await store.keepOnly([small.entry]);
  assert.deepEqual((await store.storedModels()).map(({ id }) => id), ["small"]);
  await store.removeModel(small.entry.sha256);
  assert.deepEqual(await store.storedModels(), []);
  assert.deepEqual(await store.storageUsage(), { used_bytes: 5, quota_bytes: 1000, is_kept: true });
});

/** A page whose download hangs at 600 KiB, and then does this. */
function openHanging(t, onHang) {
  const page = new EventTarget();
  setUp(server, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  t.after(() => {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  });
  const hide = () => page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
  const show = () => page.dispatchEvent(new Event("pageshow"));
  server.answers = [server.hangingAfter(600 * KIB, () => onHang(hide, show))];
  return show;
}

test("a page that is put away in mid-download goes on when it comes back", async (t) => {
  const show = openHanging(t, (hide) => hide());
  const file = get(await openPage("model-store.js"));
  while (server.requests.length === 0) await new Promise(setImmediate);
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  assert.equal(server.requests.length, 1, "it asks for nothing while it is away");
  show();
  assert.deepEqual(await bytesOf(await file), BIG.bytes);
  assert.equal(server.requests[1].range, `bytes=${600 * KIB}-`);
});

test("a page that sleeps before its download has stopped goes on, too", async (t) => {
  openHanging(t, (hide, show) => {
    hide();
    show();
  });
  assert.deepEqual(await bytesOf(await get(await openPage("model-store.js"))), BIG.bytes);
  assert.equal(server.requests[1].range, `bytes=${600 * KIB}-`);
});
