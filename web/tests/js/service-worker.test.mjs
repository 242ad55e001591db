/** The service worker over a fake browser: all files or none, the right ones from the cache, the rest from the server. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { FakeCaches, ORIGIN, setUp } from "./fake-browser.mjs";

const SOURCE = readFileSync(new URL("../../service-worker.js", import.meta.url), "utf8");
const hash = (text) => createHash("sha256").update(text).digest("hex");

/** What the server has. */
let served;
/** What was asked of it. */
let asked;
let caches;

beforeEach(() => {
  served = { "index.html": "<p>one</p>", "engine/tickertone.js": "export 1" };
  asked = [];
  caches = new FakeCaches();
  const fetch = async (request, { cache } = {}) => {
    const url = String(request.url ?? request);
    asked.push(url.slice(ORIGIN.length));
    const text = served[url.slice(ORIGIN.length)];
    const headers = { "content-encoding": "br", "content-security-policy": "default-src 'self'" };
    if (text instanceof Error) throw text;
    return text === undefined ? new Response("", { status: 404 }) : new Response(text, { headers: cache ? headers : {} });
  };
  setUp({ fetch }, { caches });
});

/** A service worker of the build that the server has now. */
function start(files = Object.fromEntries(Object.entries(served).map(([file, text]) => [file, hash(text)]))) {
  const listeners = {};
  const did = [];
  const worker = {
    FILES: files,
    registration: { scope: ORIGIN },
    addEventListener: (type, listener) => (listeners[type] = listener),
    skipWaiting: () => did.push("skipWaiting"),
    clients: { claim: async () => did.push("claim") },
  };
  new Function("self", SOURCE)(worker);
  const wait = async (type) => {
    let work;
    listeners[type]({ waitUntil: (promise) => (work = promise) });
    await work;
  };
  const get = async (address, method = "GET") => {
    let answer = null;
    const url = new URL(address, ORIGIN).href;
    listeners.fetch({ request: { method, url }, respondWith: (promise) => (answer = promise) });
    return answer && (await answer).text();
  };
  return { wait, get, did, say: (data) => listeners.message({ data }) };
}

const goOffline = () => (served = new Proxy({}, { get: () => new TypeError("offline") }));

test("after installing, page and engine come without the server, whatever the query; all else goes to it", async () => {
  const worker = start();
  await worker.wait("install");
  await worker.wait("activate");
  goOffline();
  for (const address of ["./", "index.html", "./?from=home", "index.html?x=1"]) {
    assert.equal(await worker.get(address), "<p>one</p>", address);
  }
  assert.equal(await worker.get("engine/tickertone.js?attempt=1"), "export 1");
  for (const address of ["predict_batch", "livez", "models/manifest.json", "models/a/model.gguf?sha256=1", "../other/", "engine/none.js"]) {
    assert.equal(await worker.get(address), null, address);
  }
  assert.equal(await worker.get("index.html", "POST"), null);
  assert.deepEqual(worker.did, ["claim"], "it waits until it is asked for");
});

test("a file that is missing or of another build leaves nothing behind", async () => {
  for (const wrong of [undefined, "export 2", new TypeError("offline")]) {
    served["engine/tickertone.js"] = "export 1";
    const worker = start();
    served["engine/tickertone.js"] = wrong;
    await assert.rejects(worker.wait("install"));
    assert.deepEqual(await caches.keys(), []);
  }
});

test("what is kept has the page's headers, but not those of its way here", async () => {
  await start().wait("install");
  const [[, { headers }]] = caches.entries("index.html");
  const names = headers.map(([name]) => name);
  assert.ok(names.includes("content-security-policy"));
  assert.ok(!names.includes("content-encoding"), "its bytes are unpacked");
});

test("a new version keeps the old one until it takes over, and then only its own place", async () => {
  const old = start();
  await old.wait("install");
  await caches.open("tickertone-page /other/ 1");
  await caches.open("tickertone-models /tone/");
  served["index.html"] = "<p>two</p>";
  const next = start();
  await next.wait("install");
  assert.equal(await old.get("./"), "<p>one</p>");
  next.say("something else");
  assert.deepEqual(next.did, []);
  next.say("take over");
  assert.deepEqual(next.did, ["skipWaiting"]);
  await next.wait("activate");
  assert.equal(await next.get("./"), "<p>two</p>");
  const names = await caches.keys();
  assert.equal(names.length, 3);
  assert.ok(names.includes("tickertone-page /other/ 1") && names.includes("tickertone-models /tone/"));
});

test("a file that the browser has lost is brought, and kept again if it is of this build", async () => {
  const worker = start();
  await worker.wait("install");
  caches.lose("tickertone.js");
  asked = [];
  assert.equal(await worker.get("engine/tickertone.js"), "export 1");
  assert.equal(await worker.get("engine/tickertone.js"), "export 1");
  assert.deepEqual(asked, ["engine/tickertone.js"]);
  caches.lose("tickertone.js");
  served["engine/tickertone.js"] = "export 2";
  assert.equal(await worker.get("engine/tickertone.js"), "export 2");
  assert.equal(caches.entries("tickertone.js").length, 0);
});
