/**
 * Several workers (engine-worker.js) that answer as one engine.
 *
 * Questions wait here, in the page, and a worker has one at a time: so the workers stay equally busy, and a
 * worker that dies takes one question with it, which another one answers. The first worker is started by
 * loading; the others when a batch is worth them, since each holds the whole model once more.
 */

import { EngineWorker } from "./engine-worker.js";

/**
 * Tokens waiting that make further workers worth their while: some 250 tweets, at least a second of work for
 * one worker, while a further one takes a third of a second to start and holds the model once more.
 */
const WORTH_A_WORKER = 5_000;
/** Tokens in one question to a worker, at least: below it, messages and padding cost more than they save. */
const MIN_CHUNK_TOKENS = 320;
/** And at most: what a worker's death costs, and how long a later call may have to wait. */
const MAX_CHUNK_TOKENS = 2_560;
/** Characters of English in a token, roughly. */
const CHARACTERS_A_TOKEN = 4;
/** A question on which so many workers died is not asked again. */
const MAX_DEATHS = 2;

/**
 * A question and whoever waits for its answer.
 *
 * @typedef {object} Job
 * @property {string} method
 * @property {unknown[]} args
 * @property {string} what  the texts, in words
 * @property {number} tokens  how much work it is, roughly
 * @property {object} batch  the same for all questions of one call
 * @property {number} deaths  workers that died of it
 * @property {(answer: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/**
 * Starts a worker and loads a model in it; further ones will follow when they are needed.
 *
 * @param {import("./engine.js").Request} request
 * @param {number} maxWorkers
 * @param {(progress: import("./tickertone.js").Progress) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./engine.js").Engine>}
 */
export async function loadPool(request, maxWorkers, onProgress, signal) {
  const pool = new Pool(maxWorkers);
  const onAbort = () => pool.end(new Error("loading was cancelled"));
  signal?.addEventListener("abort", onAbort);
  try {
    const info = await pool.start(request, onProgress);
    pool.ready(request, info);
    return {
      info,
      classify: (texts) => pool.classify(texts),
      explain: (text) => pool.explain(text),
      memory: () => pool.memory(),
      dispose: () => pool.end(new Error("this classifier was disposed of before it had answered")),
    };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

class Pool {
  #maxWorkers;
  /** Workers that there should be. */
  #size = 1;
  /** Workers that there are, loading ones included. @type {Set<EngineWorker>} */
  #workers = new Set();
  /** Those that wait for a question. @type {Set<EngineWorker>} */
  #idle = new Set();
  /** @type {Job[]} */
  #queue = [];
  #maxTokens = 0;
  /** What further workers load. @type {import("./engine.js").Request | undefined} */
  #request;
  /** Why nothing is answered any more. @type {Error | undefined} */
  #ended;

  /** @param {number} maxWorkers */
  constructor(maxWorkers) {
    this.#maxWorkers = maxWorkers;
  }

  /**
   * One more worker.
   *
   * @param {import("./engine.js").Request} request
   * @param {Function} [onProgress]
   * @returns {Promise<import("./tickertone.js").EngineInfo>}
   */
  async start(request, onProgress) {
    const worker = new EngineWorker(() => {
      this.#workers.delete(worker);
      this.#idle.delete(worker);
    });
    this.#workers.add(worker);
    try {
      const info = await worker.call("load", [request], onProgress);
      this.#idle.add(worker);
      return info;
    } catch (error) {
      worker.end(error);
      throw error;
    }
  }

  /**
   * The first worker has loaded: further ones run the same build, and take the files from the browser's cache.
   *
   * @param {import("./engine.js").Request} request
   * @param {import("./tickertone.js").EngineInfo} info
   */
  ready(request, info) {
    const builds = request.builds.filter(({ name }) => name === info.engine);
    this.#request = { ...request, builds, cache: "force-cache" };
    this.#maxTokens = info.maxTokens;
  }

  /** @param {readonly string[]} texts */
  async classify(texts) {
    const tokens = texts.map((text) => Math.min(2 + text.length / CHARACTERS_A_TOKEN, this.#maxTokens));
    const waiting = this.#queue.map((job) => job.tokens).concat(tokens);
    if (sum(waiting) >= WORTH_A_WORKER) this.#size = this.#maxWorkers;
    const batch = {};
    const answers = split(tokens, this.#size).map(({ start, end, tokens }) => {
      const what = end - start === 1 ? `text ${start}` : `the texts ${start} to ${end - 1}`;
      return this.#ask({ method: "classify", args: [texts.slice(start, end), start], what, tokens, batch });
    });
    // All of them, so that of several bad texts the first is named, as one worker would.
    const outcomes = await Promise.allSettled(answers);
    const failure = outcomes.find(({ status }) => status === "rejected");
    if (failure) throw failure.reason;
    return outcomes.flatMap(({ value }) => value);
  }

  /** @param {string} text */
  explain(text) {
    return this.#ask({ method: "explain", args: [text], what: "the text", tokens: this.#maxTokens, batch: {} });
  }

  /** Bytes of all engines; a worker says it between two questions. */
  async memory() {
    return sum(await Promise.all([...this.#workers].map((worker) => worker.call("memory", []).catch(() => 0))));
  }

  /** @param {Error} reason */
  end(reason) {
    this.#ended = reason;
    for (const job of this.#queue.splice(0)) job.reject(reason);
    for (const worker of this.#workers) worker.end(reason);
  }

  /** @param {Pick<Job, "method" | "args" | "what" | "tokens" | "batch">} question */
  #ask(question) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#queue.push({ ...question, deaths: 0, resolve, reject });
      this.#handOut();
    });
  }

  /** Gives what waits to those who wait, and starts who is missing. */
  #handOut() {
    for (const worker of this.#idle) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#idle.delete(worker);
      this.#run(worker, job).then(() => this.#handOut());
    }
    while (this.#queue.length > 0 && this.#workers.size < this.#size) this.#grow();
  }

  /**
   * @param {EngineWorker} worker
   * @param {Job} job
   */
  async #run(worker, job) {
    try {
      job.resolve(await worker.call(job.method, job.args));
    } catch (error) {
      // What crashed has broken memory: a death like any other.
      if (error.name === "EngineCrash") worker.end(error);
      if (this.#ended) {
        job.reject(this.#ended);
      } else if (!worker.hasEnded) {
        this.#refuse(job, error);
      } else if (job.deaths + 1 < MAX_DEATHS) {
        this.#queue.unshift({ ...job, deaths: job.deaths + 1 });
      } else {
        const message = `${MAX_DEATHS} workers died over ${job.what} (${error.message}): leave out what they choke on`;
        this.#refuse(job, new Error(message, { cause: error }));
      }
    }
    if (!worker.hasEnded) this.#idle.add(worker);
  }

  /**
   * The whole call fails with one of its chunks: those after it need no answer.
   *
   * @param {Job} job
   * @param {unknown} error
   */
  #refuse(job, error) {
    job.reject(error);
    const isAfter = (other) => other.batch === job.batch && other.args[1] > job.args[1];
    for (const other of this.#queue.filter(isAfter)) other.resolve([]);
    this.#queue = this.#queue.filter((other) => !isAfter(other));
  }

  #grow() {
    const start = this.start(/** @type {import("./engine.js").Request} */ (this.#request));
    const started = start.catch((error) => {
      if (this.#ended) return;
      // Those that are there go on without it; if there are none, nobody will answer.
      this.#size = Math.max(1, this.#workers.size);
      if (this.#workers.size > 0) return console.warn(`tickertone: no further worker: ${error.message}`);
      for (const job of this.#queue.splice(0)) job.reject(error);
    });
    started.then(() => this.#handOut());
  }
}

/**
 * Cuts a batch into runs of texts. They get smaller towards the end, so that the workers finish together
 * (guided self-scheduling; Polychronopoulos & Kuck 1987).
 *
 * @param {number[]} tokens  of each text
 * @param {number} workers
 */
function split(tokens, workers) {
  const chunks = [];
  let remaining = sum(tokens);
  for (let end = 0; end < tokens.length; ) {
    const start = end;
    const share = workers === 1 ? remaining : remaining / (2 * workers);
    const wanted = Math.min(Math.max(share, MIN_CHUNK_TOKENS), MAX_CHUNK_TOKENS);
    let taken = 0;
    while (end < tokens.length && taken < wanted) taken += tokens[end++];
    remaining -= taken;
    chunks.push({ start, end, tokens: taken });
  }
  return chunks;
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
