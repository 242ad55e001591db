/**
 * answering.js over a fake classifier: every text has its outcome, in order.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { classifyEach, explain } from "../../js/answering.js";

const errorOf = (text) => Object.assign(new Error(`no ${text}`), { name: text === "" ? "EmptyText" : "TextTooLong" });
const isRead = (text) => text !== "" && text !== "long";

const classifier = {
  classify: async (texts, { onError }) => {
    assert.equal(onError, "null");
    return texts.map((text) => (isRead(text) ? { label: text } : null));
  },
  async *stream(texts) {
    for (const text of texts) yield isRead(text) ? { prediction: {} } : { error: errorOf(text) };
  },
};

test("a text that cannot be read has its own error, and costs no other its answer", async () => {
  const outcomes = await classifyEach(classifier, ["up", "", "down", "long"]);
  assert.deepEqual(outcomes, [
    { prediction: { label: "up" } },
    { error: { name: "EmptyText", message: "no " } },
    { prediction: { label: "down" } },
    { error: { name: "TextTooLong", message: "no long" } },
  ]);
});

test("where all can be read nothing is asked twice", async () => {
  const stream = () => assert.fail("it was");
  assert.equal((await classifyEach({ ...classifier, stream }, ["up", "down"])).length, 2);
});

test("an engine that fails fails the call", async () => {
  const classify = () => Promise.reject(new Error("out of memory"));
  await assert.rejects(classifyEach({ ...classifier, classify }, ["up"]), /out of memory/);
});

test("an explanation can be stopped and tells how far it is", async () => {
  const stop = new AbortController();
  const parts = [];
  const asked = {
    explain: async (text, { signal, onProgress }) => {
      assert.equal(signal, stop.signal);
      onProgress({ done: 1, total: 2 });
      return text;
    },
  };
  assert.equal(await explain(asked, "up", stop.signal, (...part) => parts.push(part)), "up");
  assert.deepEqual(parts, [[1, 2]]);
});
