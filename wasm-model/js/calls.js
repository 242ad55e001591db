/**
 * The two calls, over a pool (pool.js): cut into questions small enough that a cancelled call keeps no worker for long,
 * and put together from the answers.
 */

import { MAX_CHUNK_TOKENS, MIN_CHUNK_TOKENS, split, sum, tokensOf } from "./chunks.js";

/** @typedef {import("./engine.js").Outcome} Outcome */
/** @typedef {import("./engine.js").PartOfExplanation} PartOfExplanation */
/** @typedef {import("./pool.js").Batch} Batch */
/** @typedef {import("./pool.js").Pool} Pool */
/** @typedef {import("./tickertone.js").CountProgress} CountProgress */
/** @typedef {import("./tickertone.js").Explanation} Explanation */

/**
 * What is asked of one engine.
 *
 * @typedef {object} Question
 * @property {"classify" | "explain"} method
 * @property {unknown[]} args
 * @property {number} start  index of its first text, or word, in the whole
 * @property {string} what  the texts, in words
 * @property {number} tokens  how much work it is, roughly
 * @property {boolean} [isPatient]  texts that no engine survives are an outcome like any other
 */

/**
 * How a call is followed.
 *
 * @typedef {object} How
 * @property {AbortSignal | undefined} [signal]
 * @property {((progress: CountProgress) => void) | undefined} [onProgress]
 */

/** Words of an explanation that are asked for at a time, at least: each part classifies the whole text once more. */
const MIN_WORDS_A_PART = 4;
/** The answer to a question that nobody waits for any more. */
export const NOT_WANTED = Symbol("not wanted");

/**
 * One outcome a text, in order. A strict call needs nothing of what comes after its first bad text: such outcomes are
 * left out.
 *
 * @param {Pool} pool
 * @param {readonly string[]} texts
 * @param {boolean} isStrict
 * @param {How} how
 * @returns {Promise<Outcome[]>}
 */
export async function classify(pool, texts, isStrict, { signal, onProgress }) {
  const tokens = texts.map((text) => tokensOf(text, pool.maxTokens));
  pool.expect(sum(tokens));
  const chunks = split(tokens, pool.size, pool.isHere ? MIN_CHUNK_TOKENS : MAX_CHUNK_TOKENS);
  const questions = chunks.map(({ start, end, tokens }) => question(texts.slice(start, end), start, tokens, !isStrict));
  let done = 0;
  /** @type {Outcome[][]} */
  const outcomes = await askAll(pool, questions, signal, (found, { start }, batch) => {
    if (isStrict && found.some((/** @type {Outcome} */ outcome) => "error" in outcome)) pool.drop(batch, start);
    done += found.length;
    onProgress?.({ done, total: texts.length });
  });
  return outcomes.flat();
}

/**
 * The first part tells how many words there are; the others go to whoever has time.
 *
 * @param {Pool} pool
 * @param {string} text
 * @param {How} how
 * @returns {Promise<Explanation>}
 */
export async function explain(pool, text, { signal, onProgress }) {
  const tokens = tokensOf(text, pool.maxTokens);
  const most = pool.isHere ? MIN_CHUNK_TOKENS : MAX_CHUNK_TOKENS / 2;
  const wordsAPart = Math.max(MIN_WORDS_A_PART, Math.floor(most / tokens));
  /** @type {(start: number, end: number) => Question} */
  const part = (start, end) => {
    return { method: "explain", args: [text, start, end], start, what: "the text", tokens: tokens * (end - start + 1) };
  };
  let done = 0;
  /** @param {PartOfExplanation} found */
  const onPart = ({ words, total }) => {
    done += words.length;
    onProgress?.({ done, total });
  };
  /** @type {PartOfExplanation[]} */
  const first = await askAll(pool, [part(0, wordsAPart)], signal, onPart);
  const { prediction, total } = /** @type {PartOfExplanation} */ (first[0]);
  pool.expect(tokens * Math.max(total - wordsAPart, 0));
  const questions = [];
  for (let start = wordsAPart; start < total; start += wordsAPart) {
    questions.push(part(start, Math.min(start + wordsAPart, total)));
  }
  /** @type {PartOfExplanation[]} */
  const others = await askAll(pool, questions, signal, onPart);
  return { prediction, words: [...first, ...others].flatMap(({ words }) => words) };
}

/**
 * Answers to all questions, in their order; the first that fails fails them all. What has no answer when the signal
 * aborts is not wanted any more.
 *
 * @param {Pool} pool
 * @param {Question[]} questions
 * @param {AbortSignal | undefined} signal
 * @param {(answer: any, question: Question, batch: Batch) => void} onAnswer  what it throws ends the call
 * @returns {Promise<any[]>}
 */
async function askAll(pool, questions, signal, onAnswer) {
  signal?.throwIfAborted();
  const batch = { served: 0 };
  let onAbort = () => {};
  /** @type {Promise<never>} */
  const cancelled = new Promise((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
  });
  const answers = questions.map(async (question) => {
    try {
      const answer = await pool.ask(question, batch);
      if (answer === NOT_WANTED) return [];
      if (!signal?.aborted) onAnswer(answer, question, batch);
      return answer;
    } catch (error) {
      pool.drop(batch, question.start);
      throw error;
    }
  });
  try {
    // All of them, so that of several that fail the first is named, as one worker would.
    const outcomes = await Promise.race([Promise.allSettled(answers), cancelled]);
    return outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    pool.drop(batch, -1);
  }
}

/**
 * @param {readonly string[]} texts
 * @param {number} start
 * @param {number} tokens
 * @param {boolean} isPatient
 * @returns {Question}
 */
export function question(texts, start, tokens, isPatient) {
  const what = texts.length === 1 ? `texts[${start}]` : `texts[${start}] to texts[${start + texts.length - 1}]`;
  return { method: "classify", args: [texts], start, what, tokens, isPatient };
}
