/**
 * What the page's modules ask of a browser: storage, locks, a server with models. A test sets it up anew, several pages
 * (imports under another query) share it as tabs do.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);

export const ORIGIN = "http://site.test/tone/";
const CHUNK_BYTES = 64 * 1024;
let pages = 0;

/** A model file with so many bytes, and its entry in the manifest. */
export function fakeModel(id, size) {
  const bytes = new Uint8Array(size).map((_, at) => (at * 31 + id.length) % 251);
  bytes.set([0x47, 0x47, 0x55, 0x46]);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, entry: { id, file: `${id}/model.gguf`, size_bytes: size, sha256 } };
}

/** The Cache API, over maps; `isFull` refuses what is put. */
export class FakeCaches {
  stores = new Map();
  isFull = false;

  async open(name) {
    if (!this.stores.has(name)) this.stores.set(name, new Map());
    const store = this.stores.get(name);
    const address = (key) => String(key.url ?? key);
    return {
      keys: async () => [...store.keys()].map((url) => ({ url })),
      match: async (key) => {
        const found = store.get(address(key));
        return found && new Response(found.bytes, { headers: found.headers });
      },
      put: async (key, response) => {
        if (this.isFull) throw new DOMException("no room", "QuotaExceededError");
        store.set(address(key), { bytes: await response.arrayBuffer(), headers: [...response.headers] });
      },
      delete: async (key) => store.delete(address(key)),
    };
  }

  async keys() {
    return [...this.stores.keys()];
  }

  async delete(name) {
    return this.stores.delete(name);
  }

  /** Every entry whose address contains this. */
  entries(part) {
    const all = [...this.stores.values()].flatMap((store) => [...store.entries()]);
    return all.filter(([url]) => url.includes(part));
  }

  /** Loses the entries whose address contains this. */
  lose(part) {
    for (const store of this.stores.values()) {
      for (const url of [...store.keys()].filter((url) => url.includes(part))) store.delete(url);
    }
  }
}

/** Web Locks: one holder a name, the others in a queue. */
export class FakeLocks {
  #tails = new Map();

  async request(name, { signal }, callback) {
    const before = this.#tails.get(name) ?? Promise.resolve();
    let free;
    this.#tails.set(name, before.then(() => new Promise((resolve) => (free = resolve))));
    const aborted = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
    aborted.catch(() => {});
    try {
      await Promise.race([before, aborted]);
      return await callback();
    } finally {
      before.then(() => free());
    }
  }
}

/**
 * A server that hands out models, with ranges; `answers` are asked first, in order, and each once.
 */
export class FakeServer {
  requests = [];
  answers = [];
  etag = null;

  constructor(models) {
    this.models = models;
  }

  fetch = async (url, { headers = {}, signal, cache } = {}) => {
    assert.ok(String(url).startsWith(ORIGIN), `${url} is another origin`);
    const model = this.models.find(({ entry }) => url === `${ORIGIN}models/${entry.file}?sha256=${entry.sha256}`);
    this.requests.push({ url, cache, range: headers.range, ifRange: headers["if-range"] });
    const answer = this.answers.shift();
    if (answer) return answer({ model, headers, signal });
    if (model === undefined) return new Response("", { status: 404 });
    return this.send(model, headers);
  };

  /** The file, or the part of it that was asked for. */
  send({ bytes }, { range, "if-range": ifRange }, body = inChunks) {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const headers = this.etag ? { etag: this.etag } : {};
    if (range === undefined || (ifRange !== undefined && ifRange !== this.etag)) return new Response(body(bytes), { headers });
    headers["content-range"] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    return new Response(body(bytes.subarray(from)), { status: 206, headers });
  }

  /** An answer that breaks off after so many bytes. */
  breakingAfter(count) {
    return ({ model, headers }) => this.send(model, headers, (rest) => breaking(rest.subarray(0, count)));
  }

  /** An answer that brings so many bytes and then nothing, until the signal comes. */
  hangingAfter(count, onHang) {
    return ({ model, headers, signal }) => this.send(model, headers, (rest) => hanging(rest.subarray(0, count), signal, onHang));
  }
}

/** As a network brings it: not all at once. */
function inChunks(bytes) {
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      if (from === bytes.length) return controller.close();
      controller.enqueue(bytes.slice(from, from + CHUNK_BYTES));
      from = Math.min(from + CHUNK_BYTES, bytes.length);
    },
  });
}

function breaking(bytes) {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError("network error"));
      else controller.enqueue(bytes.slice());
      isSent = true;
    },
  }, { highWaterMark: 0 });
}

function hanging(bytes, signal, onHang) {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (!isSent) {
        controller.enqueue(bytes.slice());
        isSent = true;
        return;
      }
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(controller.error(signal.reason)));
        onHang?.();
      });
    },
  }, { highWaterMark: 0 });
}

/** Sets up a browser with this server; what is in `others` takes the place of a part of it. */
export function setUp(server, others = {}) {
  const globals = {
    document: { baseURI: `${ORIGIN}index.html` },
    fetch: server.fetch,
    caches: new FakeCaches(),
    navigator: { locks: new FakeLocks(), storage: { estimate: async () => ({ usage: 5, quota: 1000 }) } },
    ...others,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return globals;
}

/** A module of web/js in a page of its own. */
export function openPage(module) {
  pages += 1;
  return import(`../../js/${module}?${pages}`);
}

export const never = new AbortController().signal;
