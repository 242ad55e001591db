/**
 * Lets an assistant in the browser ask the page's model (WebMCP, https://webmachinelearning.github.io/webmcp/), so that
 * the texts stay on the device. Only where the browser offers it; nothing of the page depends on it.
 */

import { classifyEach } from "./answering.js";

/** @typedef {import("../../wasm-model/js/tickertone.js").Classifier} Classifier */

/**
 * The part of the proposal that is used. Browsers differ in how a tool goes away: by the signal, by its name, or never.
 *
 * @typedef {object} ModelContext
 * @property {(tool: object, options?: { signal: AbortSignal }) => unknown} registerTool
 */

/** An answer names so many texts at most: an assistant's memory is short. */
const MOST_TEXTS = 1000;

/** @type {Classifier | undefined} */
let current;
let isOffered = false;

/**
 * Offers a tool that asks this classifier, in place of the one before.
 *
 * @param {Classifier} classifier
 */
export function offerTool(classifier) {
  current = classifier;
  const context = /** @type {{ modelContext?: ModelContext }} */ (/** @type {unknown} */ (navigator)).modelContext;
  if (isOffered || typeof context?.registerTool !== "function") return;
  try {
    context.registerTool({
      name: "classify_finance_tweets",
      description:
        "Reads the mood of finance tweets and headlines: for each text its most probable label (for example Bearish, " +
        "Bullish or Neutral), the calibrated probability of every label, and whether the model is uncertain. Runs on " +
        "this device; the texts are not sent anywhere.",
      inputSchema: {
        type: "object",
        properties: {
          texts: {
            type: "array",
            items: { type: "string" },
            minItems: 1,
            maxItems: MOST_TEXTS,
            description: "The texts, one tweet or headline each, in English.",
          },
        },
        required: ["texts"],
      },
      annotations: { readOnlyHint: true },
      execute: answer,
    });
    isOffered = true;
  } catch (error) {
    console.warn(`No tool for assistants: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {{ texts?: unknown }} input */
async function answer({ texts }) {
  const isRight = Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === "string");
  if (!isRight || texts.length > MOST_TEXTS) {
    return told(`Expected "texts" to be 1 to ${MOST_TEXTS} strings. Send them in several calls if there are more.`, true);
  }
  if (current === undefined) return told("The model is still being loaded. Ask again in a moment.", true);
  try {
    const outcomes = await classifyEach(current, texts);
    const results = outcomes.map((outcome, at) => {
      if ("error" in outcome) return { text: texts[at], error: "There is nothing to read in this text, or it is too long." };
      const { label, scores, uncertain } = outcome.prediction;
      return { text: texts[at], label, scores, uncertain };
    });
    return told(JSON.stringify({ model: current.info.model, results }), false);
  } catch {
    return told("The model stopped while reading. Ask again.", true);
  }
}

/**
 * @param {string} text
 * @param {boolean} isError
 */
const told = (text, isError) => ({ content: [{ type: "text", text }], isError });
