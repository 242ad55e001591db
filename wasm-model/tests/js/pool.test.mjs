/** pool.js and engine-worker.js over a fake Worker: order, errors, deaths, and that no call waits for ever. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EngineWorker } from "../../js/engine-worker.js";
import { loadPool } from "../../js/pool.js";
import { FakeWorker, SOURCE, engine, install, part, warnings } from "./fake-worker.mjs";

const REQUEST = {
  builds: ["relaxed", "simd128"],
  fallback: null,
  model: "https://example.org/model.gguf",
};

/** So much work that further workers are worth their while. */
const MANY = Array.from({ length: 300 }, (_, index) => `text ${index} ${"word ".repeat(20)}`);

/** A promise and the means to settle it. */
function gate() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

const plan = (workers) => ({ workers, isHere: false, open: (onEnd) => new EngineWorker(onEnd) });
/** A pool whose calls are strict and followed by nobody, unless they say how. */
async function load(workers, onProgress = () => {}, signal) {
  const pool = await loadPool(REQUEST, plan(workers), onProgress, signal);
  const classify = (texts, how = {}) => pool.classify(texts, how.isStrict ?? true, how);
  return { ...pool, classify, explain: (text, how = {}) => pool.explain(text, how) };
}
const labels = (predictions) => predictions.map(({ label }) => label);
const message = (promise) => promise.then(() => assert.fail("answered"), (error) => error.message);

test("a few texts are classified by the one worker that loading has started", async () => {
  const started = install();
  const pool = await load(4);
  assert.deepEqual(labels(await pool.classify(["one", "two"])), ["one", "two"]);
  assert.deepEqual(await pool.classify([]), []);
  assert.equal(started.length, 1);
});

test("workers share a batch, and the answers come in the order of the texts", async () => {
  const started = install();
  const pool = await load(3);
  await pool.classify(MANY);
  const again = await pool.classify(MANY);
  assert.deepEqual(labels(again), MANY);
  assert.equal(started.length, 3);
  for (const worker of started) assert.ok(worker.argumentsOf("classify").length > 1);
});

test("further workers are made of what the first was made of", async () => {
  const started = install();
  const pool = await load(3);
  await pool.classify(MANY);
  const [[first], ...others] = started.map((worker) => worker.argumentsOf("load")[0]);
  assert.deepEqual([first.keepsSource, first.source], [true, undefined]);
  assert.equal(others.length, 2);
  for (const [request] of others) {
    assert.deepEqual(request.source, SOURCE);
    assert.equal(request.keepsSource, undefined, "one copy of the file is enough");
    assert.deepEqual(request.builds, ["relaxed"], "and it is the module of this build");
  }
});

test("a replaced worker is made of what the first was made of", async () => {
  const started = install();
  const pool = await load(1);
  started[0].onerror({ message: "boom" });
  assert.deepEqual(labels(await pool.classify(["one"])), ["one"]);
  assert.deepEqual(started[1].argumentsOf("load")[0][0].source, SOURCE);
});

test("where the browser refuses a further worker, the first goes on alone", async (t) => {
  const warned = warnings(t);
  install();
  const pool = await load(4);
  // It gives in at last, or this test would never end over a page that asks without end.
  FakeWorker.refuse = (attempt) => (attempt < 1_000 ? new Error("blocked by policy") : undefined);
  assert.deepEqual(labels(await pool.classify(MANY)), MANY);
  assert.equal(FakeWorker.attempts, 2, "one of its own, one refused");
  assert.equal(warned.length, 1);
  assert.match(warned[0], /no further worker: .*worker\.js: blocked by policy/);
});

test("where the browser refuses to replace the only worker, calls are rejected and later ones try again", async () => {
  const started = install();
  const pool = await load(2);
  FakeWorker.refuse = (attempt) => (attempt < 1_000 ? new Error("out of memory") : undefined);
  started[0].onerror({ message: "boom" });
  assert.match(await message(pool.classify(["one"])), /cannot start the worker .*out of memory/);
  assert.equal(FakeWorker.attempts, 2);
  FakeWorker.refuse = () => undefined;
  assert.deepEqual(labels(await pool.classify(["two"])), ["two"]);
});

test("where the browser refuses the first worker, loading says so", async () => {
  install();
  FakeWorker.refuse = () => new Error("blocked by policy");
  assert.match(await message(load(1)), /cannot start the worker .*blocked by policy.*worker: false/);
});

test("a worker of another origin is imported by one of ours, and what that origin refuses is named", async () => {
  const started = install();
  globalThis.origin = "https://page.example";
  try {
    const elsewhere = (onEnd) => new EngineWorker(onEnd, "https://cdn.example/worker.js");
    await loadPool(REQUEST, { ...plan(1), open: elsewhere }, () => {});
    assert.match(started[0].url, /^blob:/);
    started[0].onerror({ message: "" });
    FakeWorker.refuse = () => Object.assign(new Error("insecure"), { name: "SecurityError" });
    assert.match(await message(load(1)), /insecure; give the address of worker\.js as workerUrl, or load with worker: false/);
  } finally {
    delete globalThis.origin;
  }
});

test("a worker whose script does not come says what to look at", async () => {
  const started = install({ answer: engine("tiny", { load: () => new Promise(() => {}) }) });
  const loading = message(load(1));
  started[0].onerror({ message: undefined });
  const said = await loading;
  for (const words of [/Cross-Origin-Embedder-Policy/, /worker-src/, /worker: false/]) assert.match(said, words);
});

test("a further worker that cannot load leaves the others at work", async (t) => {
  const warned = warnings(t);
  const failing = (worker, [request]) => {
    if (worker !== FakeWorker.started[0]) throw new Error("the file is gone");
    return engine()(worker, "load", [request]);
  };
  const started = install({ answer: engine("tiny", { load: failing }) });
  const pool = await load(2);
  assert.deepEqual(labels(await pool.classify(MANY)), MANY);
  assert.deepEqual(started.map((worker) => worker.isTerminated), [false, true]);
  assert.deepEqual(warned, ["tickertone: no further worker: the file is gone"]);
});

/** What an engine answers that cannot read "bad". */
const reading = (_worker, [texts]) =>
  texts.map((label) => (label === "bad" ? { error: { name: "EmptyText", message: "nothing to read" } } : { label }));

test("each text has its own outcome, and a strict call needs nothing of what comes after a bad one", async () => {
  const started = install({ answer: engine("tiny", { classify: reading }) });
  const pool = await load(1);
  const texts = MANY.with?.(10, "bad") ?? Object.assign([...MANY], { 10: "bad" });
  const strict = await pool.classify(texts);
  assert.equal(strict[10].error.name, "EmptyText");
  assert.ok(strict.length < texts.length, "the other chunks were still computed");
  assert.equal(started[0].argumentsOf("classify").length, 1);
  const patient = await pool.classify(texts, { isStrict: false });
  assert.deepEqual(patient.map(({ label }) => label ?? "bad"), texts);
});

test("a call that is cancelled drops what has not begun, and keeps its reason", async () => {
  const running = gate();
  const classify = (worker, args) => running.promise.then(() => reading(worker, args));
  const started = install({ answer: engine("tiny", { classify }) });
  const pool = await load(1);
  const stop = new AbortController();
  const reason = new Error("another file");
  const cancelled = pool.classify(MANY, { signal: stop.signal });
  const other = pool.classify(["one"]);
  stop.abort(reason);
  await assert.rejects(cancelled, (error) => error === reason);
  running.resolve();
  assert.deepEqual(labels(await other), ["one"]);
  assert.equal(started[0].argumentsOf("classify").length, 2, "one chunk had begun");
  await assert.rejects(pool.classify(["late"], { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  assert.equal(started[0].argumentsOf("classify").length, 2);
});

test("a short call does not wait for the end of a long one", async () => {
  const started = install();
  const pool = await load(1);
  const long = pool.classify([...MANY, ...MANY, ...MANY]);
  assert.deepEqual(labels(await pool.classify(["short"])), ["short"]);
  assert.deepEqual(started[0].argumentsOf("classify")[1], [["short"]], "one chunk had begun");
  assert.equal((await long).length, 900);
});

test("progress of a call is told in texts and ends with all of them; what its listener throws ends the call", async () => {
  const started = install();
  const pool = await load(2);
  const told = [];
  await pool.classify(MANY, { onProgress: (progress) => void told.push(progress) });
  assert.ok(told.length > 2);
  assert.ok(told.every(({ done, total }, index) => total === 300 && done > (told[index - 1]?.done ?? 0)));
  assert.equal(told.at(-1).done, 300);
  const before = started[0].argumentsOf("classify").length + (started[1]?.argumentsOf("classify").length ?? 0);
  const onProgress = () => {
    throw new Error("the listener's own");
  };
  assert.equal(await message(pool.classify(MANY, { onProgress })), "the listener's own");
  const after = started.map((worker) => worker.argumentsOf("classify").length).reduce((sum, calls) => sum + calls);
  assert.ok(after - before <= started.length, "the other chunks were still computed");
});

test("an explanation is asked for in parts, which the workers share, and ends when it is cancelled", async () => {
  const started = install();
  const pool = await load(3);
  const text = Array.from({ length: 60 }, (_, index) => `word-number-${index}-of-a-long-text`).join(" ");
  const told = [];
  const { prediction, words } = await pool.explain(text, { onProgress: (progress) => void told.push(progress) });
  assert.equal(prediction.label, text);
  assert.deepEqual(words.map(({ word }) => word), text.split(" "));
  assert.deepEqual(told.at(-1), { done: 60, total: 60 });
  assert.ok(told.length > 4 && started.length === 3);
  const stop = new AbortController();
  const cancelled = pool.explain(text, { signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(cancelled, { name: "AbortError" });
  assert.deepEqual((await pool.explain("two words")).words.length, 2);
});

test("what a dead worker was computing is computed by another one", async () => {
  let deaths = 0;
  const classify = (worker, [texts]) => {
    if (deaths++ > 0) return texts.map((label) => ({ label }));
    worker.onerror({ message: "boom" });
    return new Promise(() => {});
  };
  const started = install({ answer: engine("tiny", { classify }) });
  const pool = await load(1);
  assert.deepEqual(labels(await pool.classify(["one"])), ["one"]);
  assert.deepEqual(started.map((worker) => worker.isTerminated), [true, false]);
});

/** Answers every text but one, of which its worker dies. */
const dieOfDeadly = (worker, [texts]) => {
  if (!texts.includes("deadly")) return texts.map((label) => ({ label }));
  worker.onerror({ message: "boom" });
  return new Promise(() => {});
};

test("a text that two workers die of is refused, and the next call is answered", async () => {
  const started = install({ answer: engine("tiny", { classify: dieOfDeadly }) });
  const pool = await load(1);
  const [refused, answered] = await Promise.all([
    message(pool.classify(["fine", "deadly"])),
    pool.classify(["next"]),
  ]);
  assert.match(refused, /2 workers died over texts\[0\] to texts\[1\] \(.*boom\)/);
  assert.deepEqual(labels(answered), ["next"]);
  assert.equal(started.length, 3);
});

test("a patient call loses only the text that workers die of", async () => {
  const started = install({ answer: engine("tiny", { classify: dieOfDeadly }) });
  const pool = await load(1);
  const texts = ["one", "two", "deadly", "four", "five"];
  const outcomes = await pool.classify(texts, { isStrict: false });
  assert.deepEqual(outcomes.map(({ label }) => label), ["one", "two", undefined, "four", "five"]);
  assert.match(outcomes[2].error.message, /2 workers died over texts\[2\] \(.*boom/);
  assert.equal(started.length, 5, "two died of all five, and one of each half with the text");
});

test("an engine that crashes is a death like any other", async () => {
  let crashes = 0;
  const explain = (_worker, [text, start, end]) => {
    if (crashes++ > 0) return part(text, start, end);
    throw Object.assign(new Error("unreachable"), { name: "EngineCrash" });
  };
  const started = install({ answer: engine("tiny", { explain }) });
  const pool = await load(1);
  assert.equal((await pool.explain("one")).prediction.label, "one");
  assert.deepEqual(started.map((worker) => worker.isTerminated), [true, false]);
});

test("a worker that is killed without a word is noticed by its lock", async () => {
  const locks = { requests: [] };
  locks.request = (name, { signal }, callback) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      locks.requests.push({ name, free: callback });
    });
  let isFirst = true;
  const classify = (_worker, [texts]) => {
    if (!isFirst) return texts.map((label) => ({ label }));
    isFirst = false;
    return new Promise(() => {});
  };
  const started = install({ locks, answer: engine("tiny", { classify }) });
  const pool = await load(1);
  const answer = pool.classify(["one"]);
  const [[name]] = started[0].argumentsOf("hold");
  assert.equal(locks.requests[0].name, name);
  locks.requests[0].free();
  assert.deepEqual(labels(await answer), ["one"]);
  assert.equal(started.length, 2);
});

test("a call that cannot be sent is rejected and nothing waits for it", async () => {
  install();
  const pool = await load(1);
  await assert.rejects(pool.classify([() => {}]), { name: "DataCloneError" });
  assert.deepEqual(labels(await pool.classify(["one"])), ["one"]);
});

test("a pool that is disposed of rejects what it has not answered and ends its workers", async () => {
  const started = install({ answer: engine("tiny", { classify: () => new Promise(() => {}) }) });
  const pool = await load(2);
  const calls = [pool.classify(MANY), pool.explain("one")].map(message);
  pool.dispose();
  for (const said of await Promise.all([...calls, message(pool.classify(["late"]))])) {
    assert.match(said, /disposed of/);
  }
  assert.ok(started.every((worker) => worker.isTerminated));
});

test("loading is cancelled with its worker", async () => {
  const loading = gate();
  const started = install({ answer: engine("tiny", { load: () => loading.promise }) });
  const stop = new AbortController();
  const pool = load(1, () => {}, stop.signal);
  const reason = new Error("too late");
  stop.abort(reason);
  await assert.rejects(pool, (error) => error === reason);
  assert.ok(started[0].isTerminated);
});

test("progress is told as it comes, and what its listener throws ends the loading", async () => {
  const telling = (_worker, [request], tell) => {
    tell({ loaded: 1, total: 2 });
    tell({ loaded: 2, total: 2 });
    return engine()(_worker, "load", [request]);
  };
  const started = install({ answer: engine("tiny", { load: telling }) });
  const told = [];
  await load(1, ({ loaded }) => void told.push(loaded));
  assert.deepEqual(told, [1, 2]);
  const failing = () => {
    throw new Error("the listener's own");
  };
  assert.equal(await message(load(1, failing)), "the listener's own");
  assert.deepEqual(started.map((worker) => worker.isTerminated), [false, true]);
});

test("memory is that of all workers", async () => {
  install();
  const pool = await load(3);
  assert.equal(await pool.memory(), 1_000);
  await pool.classify(MANY);
  assert.equal(await pool.memory(), 3_000);
});
