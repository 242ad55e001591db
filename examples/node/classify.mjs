import process from "node:process";
import { createInterface } from "node:readline";

import { Classifier } from "tickertone";

const [model] = process.argv.slice(2);
if (model === undefined) {
  console.error("usage: classify.mjs MODEL < TEXTS");
  process.exit(2);
}

const classifier = await Classifier.load({ model });
for await (const { text, prediction, error } of classifier.stream(createInterface({ input: process.stdin }))) {
  console.log(JSON.stringify({ text, label: prediction?.label ?? null, error: error?.message }));
}
classifier.dispose();
