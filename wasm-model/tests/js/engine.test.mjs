/** engine.js over a fake module and a fake network: what is fetched, how it is told, and how it ends. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { loadEngine } from "../../js/engine.js";

/** The smallest WebAssembly module, and something that is none. */
const MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const NO_MODULE = Uint8Array.of(1, 2, 3);

const GLUE = new URL("fake-glue.mjs", import.meta.url).href;
const MODEL = "https://example.org/model.gguf";

/** What is at each address, the first answer in front; the last one stays. @type {Map<string, Function[]>} */
let network;
/** Every request: `[url, cache]`. */
let requests;
/** Builds have names of their own in each test: engine.js keeps an instance of each for good. */
let builds;
let tests = 0;

beforeEach(() => {
  tests += 1;
  requests = [];
  builds = ["relaxed", "simd128"].map((name) => build(`${name}-${tests}`, `https://example.org/${name}.wasm`));
  network = new Map(builds.map(({ wasmUrl }) => [wasmUrl().href, [() => file(MODULE, "application/wasm")]]));
  globalThis.glue = { started: [], downloads: [], freed: [], classify: (texts) => texts.map((label) => ({ label })) };
  globalThis.fetch = async (url, { cache } = {}) => {
    requests.push([url, cache]);
    const answers = network.get(url);
    return (answers.length > 1 ? answers.shift() : answers[0])();
  };
});

/** A row as in builds.js. */
function build(name, wasm) {
  const glueUrl = () => new URL(`${GLUE}?${name}`);
  return { name, importGlue: () => import(glueUrl().href), glueUrl, wasmUrl: () => new URL(wasm) };
}

/** A response of these bytes, in two chunks. */
function file(bytes, type = "application/octet-stream", headers = { "content-length": String(bytes.length) }) {
  const body = new ReadableStream({
    start(controller) {
      const half = Math.ceil(bytes.length / 2);
      for (const chunk of [bytes.slice(0, half), bytes.slice(half)]) if (chunk.length > 0) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": type, ...headers } });
}

const text = (words) => () => file(new TextEncoder().encode(words));
const offer = (...answers) => network.set(MODEL, answers);

/** Loads, and notes the progress. */
async function load(more = {}, signal) {
  const told = [];
  const { builds: rows = builds, ...others } = more;
  const request = { builds: rows.map(({ name }) => name), fallback: null, model: MODEL, ...others };
  const engine = await loadEngine(request, ({ loaded, total }) => void told.push([loaded, total]), signal, rows);
  return { engine, told };
}

const fetched = (url) => requests.filter(([address]) => address === url).map(([, cache]) => cache);

test("a model streams into the module, and progress is told in bytes", async () => {
  offer(text("tiny"));
  const { engine, told } = await load({ sha256: "tiny" });
  assert.deepEqual(told, [[0, 4], [2, 4], [4, 4]]);
  assert.deepEqual(engine.info, { model: "tiny", fallback: null });
  assert.deepEqual(engine.classify(["one"]), [{ label: "one" }]);
  assert.equal(engine.memory(), 65_536);
  assert.equal(engine.source, undefined, "nobody has asked for it");
  assert.equal(glue.downloads[0].total, 4);
  engine.dispose();
  assert.deepEqual(glue.freed, ["tiny"]);
});

test("the announced size of a compressed body is not its size", async () => {
  offer(() => file(MODULE, "text/plain", { "content-length": "3", "content-encoding": "br" }));
  const { told } = await load();
  assert.deepEqual(told.at(-1), [8, undefined]);
});

test("what another origin announces is a hint: it does not show whether the body is compressed", async () => {
  const cors = (length) => () => {
    const response = file(new TextEncoder().encode("tiny"), "application/octet-stream", { "content-length": length });
    return Object.defineProperty(response, "type", { value: "cors" });
  };
  offer(cors("3"), cors("4"));
  assert.deepEqual((await load({ sha256: "tiny" })).told, [[0, 3], [2, 3], [4, undefined]]);
  assert.deepEqual((await load({ sha256: "tiny" })).told, [[0, 4], [2, 4], [4, 4]]);
  assert.deepEqual(glue.downloads.map(({ total }) => total), [undefined, undefined], "only the hash decides");
});

test("a model may be a file that is here already, which is not fetched anew", async () => {
  const { engine, told } = await load({ model: new Blob(["tiny"]), sha256: "tiny" });
  assert.equal(engine.info.model, "tiny");
  assert.deepEqual(told.at(-1), [4, 4]);
  await assert.rejects(load({ model: new Blob(["tiny"]), sha256: "else" }), { message: "expected else, found tiny" });
  assert.deepEqual([fetched(MODEL), glue.downloads.length], [[], 2]);
});

test("a module may be elsewhere", async () => {
  offer(text("tiny"));
  const elsewhere = "https://cdn.example.org/engine.wasm";
  network.set(elsewhere, [() => file(MODULE, "application/wasm")]);
  await load({ wasmUrl: { [builds[0].name]: elsewhere } });
  assert.deepEqual(requests.map(([url]) => url), [elsewhere, MODEL].sort((one) => (one === MODEL ? 1 : -1)));
});

test("where another origin brings nothing, the header that is missing is named", async () => {
  offer(() => Promise.reject(new TypeError("Failed to fetch")));
  globalThis.origin = "https://page.example";
  try {
    await assert.rejects(load(), /https:\/\/example\.org answers with Access-Control-Allow-Origin for https:\/\/page\.example/);
    globalThis.origin = "null";
    await assert.rejects(load(), /for a sandboxed frame \(null\)/);
    globalThis.origin = "https://example.org";
    await assert.rejects(load(), /check the network and try again$/);
  } finally {
    delete globalThis.origin;
  }
});

test("a file with another hash is fetched once more, past the cache, and progress never decreases", async () => {
  offer(text("damaged file"), text("tiny"));
  const { engine, told } = await load({ sha256: "tiny", keepsSource: true });
  assert.equal(engine.info.model, "tiny");
  assert.deepEqual(fetched(MODEL), [undefined, "reload"]);
  const loaded = told.map(([bytes]) => bytes);
  assert.deepEqual(loaded, [...loaded].sort((one, other) => one - other));
  assert.equal(await engine.source.file.text(), "tiny");
  assert.ok(glue.downloads.every(({ isFreed }) => isFreed));
});

test("a file that has another hash at its origin, too, is refused", async () => {
  offer(text("another"));
  await assert.rejects(load({ sha256: "tiny" }), { message: "expected tiny, found another" });
  assert.deepEqual(fetched(MODEL), [undefined, "reload"]);
});

test("without a hash there is nothing to doubt a file for", async () => {
  offer(text("another"));
  assert.equal((await load()).engine.info.model, "another");
  assert.deepEqual(fetched(MODEL), [undefined]);
});

test("a further engine is made of the bytes of the first, whatever the server has by then", async () => {
  offer(text("first"));
  const { engine } = await load({ keepsSource: true });
  const { source } = engine;
  assert.ok(source.module instanceof WebAssembly.Module);
  offer(text("second"));
  // Another build's name stands for another thread, which has no instance yet.
  const further = await load({ source, builds: [build(builds[1].name, "https://example.org/nowhere")] });
  assert.equal(further.engine.info.model, "first");
  assert.equal(glue.started[1].module, source.module);
  assert.deepEqual(fetched(MODEL), [undefined], "it was fetched again");
  assert.deepEqual(further.told.at(-1), [5, 5]);
  assert.equal(glue.downloads[1].total, 5, "the size is known, so memory for it is reserved once");
});

test("what is kept of a damaged file is refused and not fetched anew", async () => {
  offer(text("tiny"));
  const { engine } = await load({ keepsSource: true });
  await assert.rejects(load({ source: engine.source, sha256: "else" }), { message: "expected else, found tiny" });
  assert.deepEqual(fetched(MODEL), [undefined]);
});

test("a build that the browser cannot compile gives way to the next, and the info says why", async () => {
  offer(text("tiny"));
  network.set(builds[0].wasmUrl().href, [() => file(NO_MODULE, "application/wasm")]);
  const { engine } = await load();
  assert.match(engine.info.fallback, /cannot compile the build "relaxed-/);
  network.set(builds[1].wasmUrl().href, [() => file(NO_MODULE, "application/wasm")]);
  builds[1].name += "-anew";
  await assert.rejects(load(), { name: "CompileError" });
});

test("a module under another type is compiled all the same", async () => {
  offer(text("tiny"));
  network.set(builds[0].wasmUrl().href, [() => file(MODULE, "application/octet-stream")]);
  assert.equal((await load()).engine.info.fallback, null);
});

test("a missing file is named", async () => {
  offer(() => new Response("", { status: 404, statusText: "Not Found" }));
  const message = `expected the model at ${MODEL}, found HTTP 404 Not Found`;
  await assert.rejects(load(), { message });
});

test("a lost connection says how far it came", async () => {
  const broken = () => {
    const body = new ReadableStream({
      pull(controller) {
        if (this.isSent) return controller.error(new TypeError("network error"));
        this.isSent = true;
        controller.enqueue(Uint8Array.of(1, 2, 3));
      },
    });
    return new Response(body, { headers: { "content-length": "9" } });
  };
  offer(broken);
  await assert.rejects(load(), /broke off after 3 of 9 bytes: network error; check the network and try again/);
  assert.ok(glue.downloads[0].isFreed);
});

test("loading stops where it is cancelled", async () => {
  offer(text("tiny"));
  const stop = new AbortController();
  const names = builds.map(({ name }) => name);
  const reason = new Error("enough");
  const request = { builds: names, fallback: null, model: MODEL };
  const loading = loadEngine(request, () => stop.abort(reason), stop.signal, builds);
  await assert.rejects(loading, (error) => error === reason);
  assert.ok(glue.downloads[0].isFreed);
});

test("nothing enters an engine that has crashed, and the next load starts another one", async () => {
  offer(text("tiny"));
  const { engine } = await load();
  glue.classify = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  assert.throws(() => engine.classify(["one"]), { name: "EngineCrash", message: /unreachable.*load the model again/ });
  glue.classify = () => assert.fail("entered");
  assert.throws(() => engine.classify(["two"]), { name: "EngineCrash" });
  engine.dispose();
  assert.deepEqual(glue.freed, []);
  glue.classify = (texts) => texts.map((label) => ({ label }));
  await new Promise(setImmediate);
  assert.deepEqual((await load()).engine.classify(["three"]), [{ label: "three" }]);
  assert.match(glue.started[1].address, /attempt=/);
});

test("a crash leaves no rejection unhandled where another build is still being loaded", async () => {
  offer(text("tiny"));
  const { engine } = await load();
  let refused;
  const fail = await new Promise((isStarting) => {
    glue.beforeStart = () => new Promise((_, reject) => isStarting(reject));
    refused = assert.rejects(load({ builds: [builds[1]] }), { message: "no memory" });
  });
  glue.classify = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  assert.throws(() => engine.classify(["one"]), { name: "EngineCrash" });
  fail(new Error("no memory"));
  await refused;
  await new Promise(setImmediate); // node:test fails a test during which a rejection stays unhandled
});
