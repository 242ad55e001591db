/**
 * asking-server.js over a fake server: each answer in its outcomes, each refusal in words that say what to do.
 */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { askServer, serverHost } from "../../js/asking-server.js";

/** The requests so far: addresses and bodies. */
let requests;
/** What the server says to a request. */
let reply;

const scores = { Bearish: 0.1, Bullish: 0.7, Neutral: 0.2 };

beforeEach(() => {
  requests = [];
  reply = (texts) => Response.json({ model: "m", output: texts.map(() => "Bullish"), scores: texts.map(() => scores) });
  globalThis.document = { baseURI: "https://example.org/tickertone/#many" };
  globalThis.fetch = async (url, { body }) => {
    requests.push({ url: url.href, texts: JSON.parse(body) });
    return reply(JSON.parse(body));
  };
});

test("the server is asked beside the page, and what it leaves out is not known", async () => {
  const { model, outcomes } = await askServer(["up"]);
  assert.deepEqual(requests, [{ url: "https://example.org/tickertone/predict_batch?on_error=null&details=true", texts: ["up"] }]);
  assert.equal(model, "m");
  const unknown = { uncertain: false, tokens: 0, layers: 0, truncated: false };
  assert.deepEqual(outcomes, [{ prediction: { label: "Bullish", scores, ...unknown } }]);
  assert.equal(serverHost(), "example.org");
});

test("a text that cannot be read has its own error and the others their answers", async () => {
  const told = { uncertain: [true, null], tokens: [7, null], truncated: [true, null], layers: [2, 4] };
  const errors = [{ index: 1, detail: "nothing to read" }];
  reply = () => Response.json({ model: "m", output: ["Bullish", null], scores: [scores, null], ...told, errors });
  const { outcomes } = await askServer(["up", ""]);
  assert.deepEqual(outcomes, [
    { prediction: { label: "Bullish", scores, uncertain: true, tokens: 7, layers: 2, truncated: true } },
    { error: { name: "EmptyText", message: "nothing to read" } },
  ]);
});

test("many texts go in several requests and come back in order", async () => {
  reply = (texts) => Response.json({ model: "m", output: texts, scores: texts.map(() => scores) });
  const texts = Array.from({ length: 600 }, (_, at) => `text ${at}`);
  const { outcomes } = await askServer(texts);
  assert.deepEqual(requests.map((request) => request.texts.length), [256, 256, 88]);
  assert.deepEqual(outcomes.map(({ prediction }) => prediction.label), texts);
});

test("every refusal says what to do, without a word of the machinery", async () => {
  const html = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
  const refusals = [
    [() => new Response("", { status: 429, headers: { "retry-after": "30" } }), /too much to do.*in 30 seconds/],
    [() => new Response("", { status: 503 }), /too much to do.*in a moment/],
    [() => new Response("", { status: 500 }), /problem of its own/],
    [() => new Response("", { status: 413 }), /so much text at once/],
    [() => new Response("", { status: 404 }), /only hands this page out/],
    [() => Response.json({ detail: "what?" }, { status: 422 }), /did not want to read this/],
    [html, /only hands this page out/],
    [() => Response.json({ model: "m", output: [], scores: [] }), /only hands this page out/],
    [() => Promise.reject(new TypeError("Failed to fetch")), /could not be reached/],
  ];
  for (const [refusal, expected] of refusals) {
    reply = refusal;
    await assert.rejects(askServer(["up"]), ({ name, message }) => {
      assert.equal(name, "ServerError");
      assert.match(message, expected);
      assert.match(message, /this device|another text|few words/);
      assert.doesNotMatch(message, /HTTP|JSON|fetch|undefined|\b\d{3}\b/);
      return true;
    });
  }
});
