/**
 * Several workers (engine-worker.js) that answer as one engine.
 *
 * Jobs wait here, in the page, and a worker has one at a time: so the workers stay equally busy, and a worker
 * that dies takes one job with it, which another one does. The first worker is started by loading; the others
 * when a batch is worth them, since each holds the whole model once more. They are made of what the first one
 * was made of, so that one classifier never answers with two models.
 */

import { EngineWorker } from "./engine-worker.js";

/** @typedef {import("./engine.js").Engine} Engine */
/** @typedef {import("./engine.js").LoadRequest} LoadRequest */
/** @typedef {import("./engine.js").Source} Source */
/** @typedef {import("./tickertone.js").EngineInfo} EngineInfo */
/** @typedef {import("./tickertone.js").Explanation} Explanation */
/** @typedef {import("./tickertone.js").Prediction} Prediction */
/** @typedef {import("./tickertone.js").Progress} Progress */

/**
 * Tokens waiting that make further workers worth their while: some 250 tweets, at least a second of work for
 * one worker, while a further one takes a third of a second to start and holds the model once more.
 */
const WORTH_A_WORKER = 5_000;
/** Tokens per job, at least: below it, messages and small forward passes cost more than they save. */
const MIN_CHUNK_TOKENS = 320;
/** And at most: what a worker's death costs, and how long a later call may have to wait. */
const MAX_CHUNK_TOKENS = 2_560;
/** Characters of English per token, roughly. */
const CHARACTERS_PER_TOKEN = 4;
/** A job on which so many workers died is not tried again. */
const MAX_DEATHS = 2;

/**
 * A call to one worker and whoever waits for its result.
 *
 * @typedef {object} Job
 * @property {string} method
 * @property {unknown[]} args
 * @property {number} start  index of its first text in the batch
 * @property {string} what  the texts, in words
 * @property {number} tokens  how much work it is, roughly
 * @property {object} batch  the same for all jobs of one call
 * @property {number} deaths  workers that died of it
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/**
 * Starts a worker and loads a model in it; further ones will follow when they are needed.
 *
 * @param {LoadRequest} request
 * @param {number} maxWorkers
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Engine>}
 */
export async function loadPool(request, maxWorkers, onProgress, signal) {
  const pool = new Pool(maxWorkers);
  const onAbort = () => pool.end(new Error("loading was cancelled"));
  signal?.addEventListener("abort", onAbort);
  try {
    const info = await pool.begin(request, onProgress);
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
  /** Further ones that have no model yet. @type {Set<EngineWorker>} */
  #loading = new Set();
  /** Those that wait for a job. @type {Set<EngineWorker>} */
  #idle = new Set();
  /** @type {Job[]} */
  #queue = [];
  #maxTokens = 0;
  /** What further workers load. @type {LoadRequest | undefined} */
  #request;
  /** Why nothing is answered any more. @type {Error | undefined} */
  #ended;

  /** @param {number} maxWorkers */
  constructor(maxWorkers) {
    this.#maxWorkers = maxWorkers;
  }

  /**
   * Loads the first worker. Further ones run the same build and the same bytes, from the page's own hands: what the
   * server and the browser's cache offer by then may be another version.
   *
   * @param {LoadRequest} request
   * @param {(progress: Progress) => void} onProgress
   */
  async begin(request, onProgress) {
    const { info, source } = await this.#load(this.#open(), { ...request, keepsSource: true }, onProgress);
    const builds = request.builds.filter(({ name }) => name === info.engine);
    this.#request = { ...request, builds, ...(source && { source }) };
    this.#maxTokens = info.maxTokens;
    return info;
  }

  /**
   * @param {readonly string[]} texts
   * @returns {Promise<Prediction[]>}
   */
  async classify(texts) {
    const tokens = texts.map((text) => Math.min(2 + text.length / CHARACTERS_PER_TOKEN, this.#maxTokens));
    const waiting = this.#queue.map((job) => job.tokens).concat(tokens);
    if (sum(waiting) >= WORTH_A_WORKER) this.#size = this.#maxWorkers;
    const batch = {};
    const chunks = split(tokens, this.#size).map(({ start, end, tokens }) => {
      const what = end - start === 1 ? `text ${start}` : `the texts ${start} to ${end - 1}`;
      return this.#ask({ method: "classify", args: [texts.slice(start, end), start], start, what, tokens, batch });
    });
    // All of them, so that of several bad texts the first is named, as one worker would.
    const outcomes = await Promise.allSettled(chunks);
    return outcomes.flatMap((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
  }

  /**
   * @param {string} text
   * @returns {Promise<Explanation>}
   */
  explain(text) {
    return this.#ask({
      method: "explain",
      args: [text],
      start: 0,
      what: "the text",
      tokens: this.#maxTokens,
      batch: {},
    });
  }

  /** Bytes of all engines; a worker says it between two jobs. */
  async memory() {
    return sum(await Promise.all([...this.#workers].map((worker) => worker.call("memory", []).catch(() => 0))));
  }

  /** @param {Error} reason */
  end(reason) {
    this.#ended = reason;
    for (const job of this.#queue.splice(0)) job.reject(reason);
    for (const worker of this.#workers) worker.end(reason);
  }

  /**
   * @param {Omit<Job, "deaths" | "resolve" | "reject">} call
   * @returns {Promise<any>}
   */
  #ask(call) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#queue.push({ ...call, deaths: 0, resolve, reject });
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
    } catch (thrown) {
      const error = /** @type {Error} */ (thrown);
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
    /** @param {Job} other */
    const isAfter = (other) => other.batch === job.batch && other.start > job.start;
    for (const other of this.#queue.filter(isAfter)) other.resolve([]);
    this.#queue = this.#queue.filter((other) => !isAfter(other));
  }

  /** One more worker, or one less that there should be. */
  #grow() {
    let worker;
    try {
      worker = this.#open();
    } catch (error) {
      return this.#doWithout(error);
    }
    this.#loading.add(worker);
    this.#load(worker, /** @type {LoadRequest} */ (this.#request)).then(
      () => this.#handOut(),
      () => {}, // it has ended, and is done without already
    );
  }

  /**
   * A further worker did not come: those that are there go on. If there are none, nobody will answer.
   *
   * @param {unknown} thrown
   */
  #doWithout(thrown) {
    if (this.#ended) return;
    const error = /** @type {Error} */ (thrown);
    this.#size = Math.max(1, this.#workers.size);
    if (this.#workers.size > 0) return console.warn(`tickertone: no further worker: ${error.message}`);
    for (const job of this.#queue.splice(0)) job.reject(error);
  }

  /** A worker without a model. The browser may refuse one, for a policy or for lack of memory: then this throws. */
  #open() {
    /** @type {EngineWorker} */
    const worker = new EngineWorker((reason) => {
      this.#workers.delete(worker);
      this.#idle.delete(worker);
      // Here and not later: whoever hands out jobs before it is known would start another one in its place.
      if (this.#loading.delete(worker)) this.#doWithout(reason);
    });
    this.#workers.add(worker);
    return worker;
  }

  /**
   * Gives a worker its model; one that gets none is ended.
   *
   * @param {EngineWorker} worker
   * @param {LoadRequest} request
   * @param {(progress: Progress) => void} [onProgress]
   * @returns {Promise<{ info: EngineInfo, source?: Source }>}
   */
  async #load(worker, request, onProgress) {
    try {
      const loaded = await worker.call("load", [request], onProgress);
      this.#loading.delete(worker);
      this.#idle.add(worker);
      return loaded;
    } catch (error) {
      worker.end(error);
      throw error;
    }
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
    for (; end < tokens.length && taken < wanted; end += 1) taken += tokens[end] ?? 0;
    remaining -= taken;
    chunks.push({ start, end, tokens: taken });
  }
  return chunks;
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
