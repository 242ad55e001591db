/**
 * Texts in, outcomes out, one by one and in order: what a file of any length or a feed needs.
 *
 * Texts are gathered while they come at once, so that all workers have enough to do, and sent off as soon as the source
 * pauses, so that a slow feed is answered text by text. Where nobody takes the outcomes, no more than a window is read
 * ahead.
 */

import { nextTask } from "./next-task.js";
import { errorOf, kindOf } from "./options.js";

/** @typedef {import("./engine.js").Outcome} Outcome */
/** @typedef {import("./tickertone.js").StreamItem} StreamItem */
/** @typedef {(texts: string[], signal: AbortSignal) => Promise<Outcome[]>} ClassifyEach */

/** Texts that are sent off together, at most. */
const GROUP = 128;
/** Texts that have been read and not been taken, at most: enough work for as many workers as start unasked. */
const WINDOW = 8 * GROUP;

/** The outcomes of a source of texts; see `Classifier.stream`. @implements {AsyncIterableIterator<StreamItem>} */
export class Stream {
  #items;
  #stop = new AbortController();

  /**
   * @param {ClassifyEach} classify
   * @param {AsyncIterator<string> | Iterator<string>} source
   * @param {AbortSignal | undefined} signal
   */
  constructor(classify, source, signal) {
    const onAbort = () => this.#stop.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { signal: this.#stop.signal });
    if (signal?.aborted) onAbort();
    this.#items = generate(classify, source, this.#stop.signal);
  }

  /** @returns {Promise<IteratorResult<StreamItem, undefined>>} */
  next() {
    return this.#items.next();
  }

  /**
   * Ends it: what is being computed is not wanted any more, and what is being read is not waited for.
   *
   * @returns {Promise<IteratorResult<StreamItem, undefined>>}
   */
  async return() {
    this.#stop.abort();
    await this.#items.return(undefined).catch(() => {});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/**
 * Texts that were sent off together, and their outcomes once they are there.
 *
 * @typedef {object} Group
 * @property {unknown[]} texts
 * @property {Outcome[]} [outcomes]
 * @property {{ error: unknown }} [failure]  of the engine, not of a text
 */

/**
 * @param {ClassifyEach} classify
 * @param {AsyncIterator<string> | Iterator<string>} source
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<StreamItem, undefined, undefined>}
 */
async function* generate(classify, source, signal) {
  /** Sent off, the oldest in front. @type {Group[]} */
  const groups = [];
  /** Read since. @type {unknown[]} */
  let texts = [];
  /** Read and not taken. */
  let waiting = 0;
  let index = 0;
  let isReading = false;
  let isPausing = false;
  let isRead = false;
  /** @type {{ error: unknown } | undefined} */
  let failure;
  let wake = () => {};

  const read = async () => {
    isReading = true;
    try {
      const { done, value } = await source.next();
      if (done) isRead = true;
      else {
        texts.push(value);
        waiting += 1;
      }
    } catch (error) {
      isRead = true;
      failure = { error };
    }
    isReading = false;
    wake();
  };
  const send = async () => {
    /** @type {Group} */
    const group = { texts };
    groups.push(group);
    texts = [];
    try {
      group.outcomes = await outcomesOf(classify, group.texts, signal);
    } catch (error) {
      group.failure = { error };
    }
    wake();
  };
  const sendAfterPause = async () => {
    isPausing = true;
    await nextTask();
    isPausing = false;
    if (isReading && texts.length > 0) send();
    wake();
  };
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);

  try {
    for (;;) {
      signal.throwIfAborted();
      const [group] = groups;
      if (group?.failure) throw group.failure.error;
      if (group?.outcomes) {
        groups.shift();
        for (const [at, text] of group.texts.entries()) {
          yield item(index, text, group.outcomes[at]);
          index += 1;
          waiting -= 1;
          signal.throwIfAborted();
        }
        continue;
      }
      const isFull = waiting >= WINDOW;
      if (texts.length > 0 && (isRead || isFull || texts.length >= GROUP)) send();
      if (!isRead && !isReading && !isFull) read();
      if (texts.length > 0 && !isPausing) sendAfterPause();
      if (isRead && groups.length === 0 && texts.length === 0) {
        if (failure) throw failure.error;
        return undefined;
      }
      await new Promise((resolve) => (wake = () => resolve(undefined)));
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not waited for: a source that is being read may take its time.
    if (!isRead) Promise.resolve(source.return?.()).catch(() => {});
  }
}

/**
 * One outcome each; what is no string is not even asked about.
 *
 * @param {ClassifyEach} classify
 * @param {unknown[]} texts
 * @param {AbortSignal} signal
 */
async function outcomesOf(classify, texts, signal) {
  const strings = texts.filter((text) => typeof text === "string");
  const outcomes = (await classify(strings, signal)).values();
  return texts.map((text) => {
    if (typeof text === "string") return /** @type {Outcome} */ (outcomes.next().value);
    return { error: { name: "TypeError", message: `expected a string, found ${kindOf(text)}` } };
  });
}

/**
 * @param {number} index
 * @param {any} text
 * @param {Outcome | undefined} outcome
 * @returns {StreamItem}
 */
function item(index, text, outcome) {
  if (outcome === undefined) throw new Error(`expected an outcome of text ${index}, found none`);
  if ("error" in outcome) return { index, text, prediction: null, error: errorOf(outcome.error) };
  return { index, text, prediction: outcome, error: null };
}
