/**
 * web-mcp.js over a fake browser that offers WebMCP.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { offerTool } from "../../js/web-mcp.js";

const scores = { Bearish: 0.1, Bullish: 0.9 };
const classifier = {
  info: { model: "m" },
  classify: async (texts) =>
    texts.map((text) =>
      text === "" ? null : { label: "Bullish", scores, uncertain: false, tokens: 3, layers: 1, truncated: false },
    ),
  async *stream(texts) {
    for (const text of texts) {
      assert.equal(text, "", "only what was not read is asked about again");
      yield { error: Object.assign(new Error("nothing to read"), { name: "EmptyText" }) };
    }
  },
};

const parsed = ({ content: [{ text }], isError }) => (assert.equal(isError, false), JSON.parse(text));

test("a browser without WebMCP is left alone, one with it gets the tool once", async () => {
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  offerTool(classifier);
  const tools = [];
  globalThis.navigator.modelContext = { registerTool: (tool) => void tools.push(tool) };
  offerTool(classifier);
  offerTool({ ...classifier, info: { model: "another" } });
  assert.equal(tools.length, 1);
  const [{ name, inputSchema, execute }] = tools;
  assert.deepEqual([name, inputSchema.required], ["classify_finance_tweets", ["texts"]]);

  const { model, results } = parsed(await execute({ texts: ["up", "", "down"] }));
  assert.equal(model, "another", "the model that answers now is asked");
  assert.deepEqual(results[0], { text: "up", label: "Bullish", scores, uncertain: false });
  assert.match(results[1].error, /nothing to read/);
  assert.equal(results[2].text, "down");

  for (const texts of [undefined, [], "up", [1], Array(1001).fill("up")]) {
    const answer = await execute({ texts });
    assert.equal(answer.isError, true);
    assert.match(answer.content[0].text, /Expected "texts"/);
  }
});
