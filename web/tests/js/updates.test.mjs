/** updates.js over a fake browser: when a newer version is offered, and how it is switched to. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeServer, ORIGIN, fakeModel, openPage, setUp } from "./fake-browser.mjs";

const BIG = fakeModel("big", 4_000);
let manifest;
let page;
let container;
let registration;
let reloads;

class FakeWorker extends EventTarget {
  said = [];

  constructor(state) {
    super();
    this.state = state;
  }

  become(state) {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  postMessage(message) {
    this.said.push(message);
  }
}

beforeEach(() => {
  [manifest, reloads] = [{ default: "big", models: [BIG.entry] }, 0];
  globalThis.engine = { isMissing: false, load: async () => "classifier" };
  const server = new FakeServer([BIG]);
  page = new EventTarget();
  registration = Object.assign(new EventTarget(), { waiting: null, installing: null, update: async () => {} });
  container = Object.assign(new EventTarget(), { controller: null, registered: [] });
  container.register = async (url) => {
    container.registered.push(String(url));
    return registration;
  };
  setUp(server, {
    fetch: async (url, init) => (url.endsWith("manifest.json") ? Response.json(manifest) : server.fetch(url, init)),
    localStorage: { getItem: () => null },
    document: { baseURI: ORIGIN, visibilityState: "visible" },
    navigator: { serviceWorker: container },
    location: { reload: () => (reloads += 1) },
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
    setInterval: () => {},
  });
});

/** A page that watches, and how often it was told of a newer version. */
async function open() {
  const { applyUpdate, watchForUpdates } = await openPage("updates.js");
  const offered = { times: 0 };
  watchForUpdates(() => (offered.times += 1));
  return { applyUpdate, offered };
}

/** Until this holds; every step of what runs is a turn of the loop at most. */
async function until(condition) {
  for (let turn = 0; turn < 10_000 && !condition(); turn += 1) await new Promise(setImmediate);
  assert.ok(condition(), String(condition));
}

test("the page is kept once the models are here, and the first version is no news", async () => {
  let finish;
  globalThis.engine.load = () => new Promise((resolve) => (finish = resolve));
  const { offered } = await open();
  await until(() => finish);
  assert.deepEqual(container.registered, [], "the models have the line for themselves");
  finish("classifier");
  await until(() => container.registered.length > 0);
  assert.deepEqual(container.registered, [`${ORIGIN}service-worker.js`]);
  const first = (registration.installing = new FakeWorker("installing"));
  registration.dispatchEvent(new Event("updatefound"));
  first.become("installed");
  assert.equal(offered.times, 0);
});

test("a newer version is offered once when it is whole, and taken when it is wanted", async () => {
  container.controller = new FakeWorker("activated");
  const { applyUpdate, offered } = await open();
  await until(() => container.registered.length > 0);
  await new Promise(setImmediate);
  const next = (registration.installing = new FakeWorker("installing"));
  registration.dispatchEvent(new Event("updatefound"));
  assert.equal(offered.times, 0);
  next.become("installed");
  assert.equal(offered.times, 1);
  applyUpdate();
  assert.deepEqual([next.said, reloads], [["take over"], 0]);
  container.dispatchEvent(new Event("controllerchange"));
  assert.deepEqual([offered.times, reloads], [1, 1]);
});

test("one that has waited since the last visit is offered at once", async () => {
  container.controller = new FakeWorker("activated");
  const next = (registration.waiting = new FakeWorker("installed"));
  const { applyUpdate, offered } = await open();
  await until(() => offered.times === 1);
  next.become("activated"); // another tab has switched meanwhile
  applyUpdate();
  assert.deepEqual([next.said, reloads], [[], 1]);
});

test("where another tab has switched, this one is offered a reload", async () => {
  container.controller = new FakeWorker("activated");
  const { applyUpdate, offered } = await open();
  await until(() => container.registered.length > 0);
  await new Promise(setImmediate);
  container.controller = new FakeWorker("activated");
  container.dispatchEvent(new Event("controllerchange"));
  assert.equal(offered.times, 1);
  applyUpdate();
  assert.equal(reloads, 1);
});

test("another model on the server is offered when the page is looked at again", async () => {
  const { applyUpdate, offered } = await open();
  await until(() => container.registered.length > 0);
  const looked = new Promise((resolve) => (registration.update = async () => resolve()));
  page.dispatchEvent(new Event("visibilitychange"));
  await looked;
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  assert.equal(offered.times, 0, "the same models are no news");
  const next = fakeModel("next", 3_000);
  manifest = { default: "next", models: [next.entry] };
  page.dispatchEvent(new Event("visibilitychange"));
  await until(() => offered.times === 1);
  applyUpdate();
  assert.equal(reloads, 1);
});

test("a page that cannot be kept, or has no network, goes on as ever", async () => {
  for (const broken of [
    () => Object.defineProperty(navigator, "serviceWorker", { value: undefined }),
    () => (container.register = () => Promise.reject(new DOMException("refused", "SecurityError"))),
    () => Object.defineProperty(navigator, "serviceWorker", { get: () => assert.fail("a sandboxed frame") }),
  ]) {
    broken();
    const { applyUpdate, offered } = await open();
    globalThis.fetch = () => Promise.reject(new TypeError("offline"));
    page.dispatchEvent(new Event("online"));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.equal(offered.times, 0);
    applyUpdate();
  }
  assert.equal(reloads, 3);
});
