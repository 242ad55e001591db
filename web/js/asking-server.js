/**
 * Asks the server that the page came from: the same question as to the engine, and the same outcomes.
 *
 * It is `POST predict_batch`, relative to the page. Whatever comes back that is no answer becomes an error named
 * `ServerError` in words for the visitor: a page that a plain folder serves has no such server at all.
 */

/** @typedef {import("./answering.js").Outcome} Outcome */
/** @typedef {import("../../wasm-model/js/tickertone.js").Prediction} Prediction */

/**
 * The server's answer. What a server leaves out is not known.
 *
 * @typedef {object} Answer
 * @property {string} model
 * @property {(string | null)[]} output
 * @property {(Record<string, number> | null)[]} scores
 * @property {number[] | undefined} [layers]
 * @property {(boolean | null)[] | undefined} [uncertain]
 * @property {(number | null)[] | undefined} [tokens]
 * @property {(boolean | null)[] | undefined} [truncated]
 * @property {{ index: number, detail: string }[] | undefined} [errors]
 */

/** So many texts go into one request: what the server takes at most, unless it was set up otherwise. */
const MOST_TEXTS = 256;

/**
 * One outcome a text, in order, and the id of the model that answered.
 *
 * @param {string[]} texts
 * @returns {Promise<{ model: string, outcomes: Outcome[] }>}
 */
export async function askServer(texts) {
  /** @type {Outcome[]} */
  const outcomes = [];
  let model = "";
  for (let from = 0; from < texts.length; from += MOST_TEXTS) {
    const answer = await post(texts.slice(from, from + MOST_TEXTS));
    model = answer.model;
    outcomes.push(...outcomesOf(answer));
  }
  return { model, outcomes };
}

/** Where texts go when the server reads them. */
export const serverHost = () => address().host;

const address = () => new URL("predict_batch?on_error=null&details=true", document.baseURI);

/**
 * @param {string[]} texts
 * @returns {Promise<Answer>}
 */
async function post(texts) {
  const host = serverHost();
  const headers = { "content-type": "application/json" };
  const request = fetch(address(), { method: "POST", headers, body: JSON.stringify(texts) });
  const response = await request.catch(() => {
    throw serverError(`${host} could not be reached. Check the connection and try again, or let this device read.`);
  });
  if (!response.ok) throw serverError(await words(response, host));
  const answer = await response.json().catch(() => null);
  const { output, scores } = answer ?? {};
  if (!Array.isArray(output) || output.length !== texts.length || scores?.length !== texts.length) {
    throw serverError(nobodyReads(host));
  }
  return answer;
}

/**
 * What a refusal means for the visitor.
 *
 * @param {Response} response
 * @param {string} host
 */
async function words(response, host) {
  const { status, headers } = response;
  if (status === 429 || status === 503) {
    const seconds = Number(headers.get("retry-after"));
    const when = seconds > 1 ? `in ${seconds} seconds` : "in a moment";
    return `${host} has too much to do right now. Try again ${when}, or let this device read.`;
  }
  if (status === 413) return `${host} does not take so much text at once. Send less, or let this device read.`;
  if (status === 404 || status === 405 || status === 501) return nobodyReads(host);
  if (status >= 500) return `${host} has a problem of its own. Try again later, or let this device read.`;
  const problem = await response.json().catch(() => null);
  // A server that does not know of `on_error` names the first text that it cannot read.
  if (/empty|nothing to read/i.test(problem?.detail ?? "")) return `${host} found nothing to read in the text. Add a few words.`;
  return `${host} did not want to read this. Try another text, or let this device read.`;
}

/** @param {string} host */
const nobodyReads = (host) => `Nobody reads texts at ${host}: it only hands this page out. Let this device read instead.`;

/** @param {string} message */
function serverError(message) {
  return Object.assign(new Error(message), { name: "ServerError" });
}

/**
 * @param {Answer} answer
 * @returns {Outcome[]}
 */
function outcomesOf({ output, scores, layers, uncertain, tokens, truncated, errors = [] }) {
  const details = new Map(errors.map(({ index, detail }) => [index, detail]));
  return output.map((label, index) => {
    const probabilities = scores[index];
    if (label === null || !probabilities) {
      const message = details.get(index) ?? "the server could not read this text";
      return { error: { name: /long|bytes/i.test(message) ? "TextTooLong" : "EmptyText", message } };
    }
    return {
      prediction: {
        label,
        scores: probabilities,
        uncertain: uncertain?.[index] ?? false,
        tokens: tokens?.[index] ?? 0,
        layers: layers?.[index] ?? 0,
        truncated: truncated?.[index] ?? false,
      },
    };
  });
}
