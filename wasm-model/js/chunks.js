/**
 * How a batch is cut into what one engine computes at a time. Sizes are in tokens, estimated from the characters: what a
 * chunk costs and whether another worker is worth while follows from them, never from the number of texts.
 */

/** Tokens per chunk, at least: below it, messages and small forward passes cost more than they save. */
export const MIN_CHUNK_TOKENS = 320;
/** And at most: what a worker's death costs, and how long a later call, or a cancelled one, may have to wait. */
export const MAX_CHUNK_TOKENS = 2_560;
/** Characters of English per token, roughly. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * @param {string} text
 * @param {number} maxTokens  the model reads no more
 */
export function tokensOf(text, maxTokens) {
  return Math.min(2 + text.length / CHARACTERS_PER_TOKEN, maxTokens);
}

/**
 * Cuts a batch into runs of texts. They get smaller towards the end, so that the workers finish together
 * (guided self-scheduling; Polychronopoulos & Kuck 1987).
 *
 * @param {number[]} tokens  of each text
 * @param {number} workers
 * @param {number} maxChunkTokens
 */
export function split(tokens, workers, maxChunkTokens) {
  const chunks = [];
  let remaining = sum(tokens);
  for (let end = 0; end < tokens.length; ) {
    const start = end;
    const share = workers === 1 ? remaining : remaining / (2 * workers);
    const wanted = Math.min(Math.max(share, MIN_CHUNK_TOKENS), maxChunkTokens);
    let taken = 0;
    for (; end < tokens.length && taken < wanted; end += 1) taken += tokens[end] ?? 0;
    remaining -= taken;
    chunks.push({ start, end, tokens: taken });
  }
  return chunks;
}

/** @param {number[]} numbers */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
