/** stream.js over a fake engine: order, backpressure, errors, and that leaving ends the work. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Stream } from "../../js/stream.js";

/** Each text's label is the text itself; "bad" cannot be read. */
const classify = async (texts) =>
  texts.map((label) => (label === "bad" ? { error: { name: "EmptyText", message: "nothing to read" } } : { label }));

const stream = (source, signal, engine = classify) =>
  new Stream(engine, (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source), signal);

/** More numbers than anybody takes, and how many were read. */
function numbers() {
  const source = { read: 0, isLeft: false };
  source[Symbol.iterator] = function* () {
    try {
      while (source.read < 5_000) yield `${source.read++}`;
    } finally {
      source.isLeft = true;
    }
  };
  return source;
}

test("items come in order, a bad text among them, and the stream ends with its source", async () => {
  const texts = Array.from({ length: 1_000 }, (_, index) => (index % 7 === 3 ? "bad" : `text ${index}`));
  for (const source of [texts, (async function* () { yield* texts; })()]) {
    const items = [];
    for await (const item of stream(source)) items.push(item);
    assert.deepEqual(items.map(({ text }) => text), texts);
    for (const [at, { index, text, prediction, error }] of items.entries()) {
      assert.equal(index, at);
      if (text === "bad") assert.deepEqual([prediction, error.name, error.message], [null, "EmptyText", "nothing to read"]);
      else assert.deepEqual([prediction, error], [{ label: text }, null]);
    }
  }
});

test("what is no text is an item with an error", async () => {
  const [one, two] = [await stream([7, "two"]).next(), await stream(["two", null]).next()];
  assert.match(one.value.error.message, /expected a string, found number/);
  assert.equal(two.value.prediction.label, "two");
});

test("texts that come at once are sent off together, those of a slow source one by one", async () => {
  const groups = [];
  const engine = (texts) => (groups.push(texts.length), classify(texts));
  for await (const _ of stream(Array.from({ length: 300 }, String), undefined, engine));
  assert.deepEqual(groups, [128, 128, 44]);
  // The next text comes when the one before has been answered: who waited for more would wait for ever.
  let answered;
  const slow = (async function* () {
    for (const text of ["one", "two", "three"]) {
      const isAnswered = new Promise((resolve) => (answered = resolve));
      yield text;
      await isAnswered;
    }
  })();
  const found = [];
  for await (const { text } of stream(slow)) {
    found.push(text);
    answered();
  }
  assert.deepEqual(found, ["one", "two", "three"]);
});

test("where nobody takes the items, no more than a window is read; leaving the loop ends source and work", async () => {
  const source = numbers();
  const signals = [];
  const items = stream(source, undefined, async (texts, signal) => {
    signals.push(signal);
    await new Promise(setImmediate); // as a worker, which does not answer in the same turn
    return classify(texts);
  });
  for await (const { index } of items) {
    await new Promise(setImmediate);
    assert.ok(source.read <= 1_024 + index + 1, `${source.read} read at ${index}`);
    if (index === 300) break;
  }
  assert.ok(source.isLeft);
  assert.ok(signals.every(({ aborted }) => aborted));
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});

test("a stream that waits for its source can be left, too", async () => {
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  const items = stream(silent);
  const waiting = items.next().catch((error) => error.name);
  assert.deepEqual(await items.return(), { done: true, value: undefined });
  assert.equal(await waiting, "AbortError");
});

test("a signal ends it with its reason, also one that was aborted before", async () => {
  const reason = new Error("enough");
  const stop = new AbortController();
  const items = stream(numbers(), stop.signal);
  await items.next();
  stop.abort(reason);
  await assert.rejects(items.next(), (error) => error === reason);
  const source = numbers();
  await assert.rejects(stream(source, AbortSignal.abort(reason)).next(), (error) => error === reason);
  assert.equal(source.read, 0);
});

test("what the source or the engine throws comes after what was answered before it", async () => {
  const failing = function* () {
    yield "one";
    throw new Error("the file broke off");
  };
  const items = stream(failing());
  assert.equal((await items.next()).value.text, "one");
  await assert.rejects(items.next(), /the file broke off/);
  const dead = stream(["one"], undefined, async () => assert.fail("disposed of"));
  await assert.rejects(dead.next(), /disposed of/);
});
