/**
 * Several engines, in workers (engine-worker.js) or one in this thread (engine-here.js), that answer as one.
 *
 * Jobs wait here, in the page, and a worker has one at a time: so the workers stay equally busy, what is cancelled is
 * dropped at once, and a worker that dies takes one job with it, which another one does. The first worker is started by
 * loading; the others when a batch is worth them, since each holds the whole model once more. They are made of what the
 * first one was made of, so that one classifier never answers with two models.
 */

import { NOT_WANTED, classify, explain, question } from "./calls.js";
import { sum } from "./chunks.js";

/** @typedef {import("./calls.js").How} How */
/** @typedef {import("./calls.js").Question} Question */
/** @typedef {import("./engine.js").LoadRequest} LoadRequest */
/** @typedef {import("./engine.js").Outcome} Outcome */
/** @typedef {import("./engine.js").Source} Source */
/** @typedef {import("./tickertone.js").EngineInfo} EngineInfo */
/** @typedef {import("./tickertone.js").Explanation} Explanation */
/** @typedef {import("./tickertone.js").Progress} Progress */

/**
 * Tokens waiting that make further workers worth their while: some 250 tweets, at least a second of work for
 * one worker, while a further one takes a third of a second to start and holds the model once more.
 */
const WORTH_A_WORKER = 5_000;
/** A job on which so many workers died is not tried again. */
const MAX_DEATHS = 2;

/**
 * One engine, wherever it computes: an `EngineWorker` or an `EngineHere`.
 *
 * @typedef {object} Host
 * @property {boolean} hasEnded
 * @property {(method: string, args: unknown[], onProgress?: (progress: any) => void) => Promise<any>} call
 * @property {(reason: unknown) => void} end
 */

/**
 * What tickertone.js needs of it.
 *
 * @typedef {object} Engines
 * @property {EngineInfo} info
 * @property {(texts: readonly string[], isStrict: boolean, how: How) => Promise<Outcome[]>} classify
 * @property {(text: string, how: How) => Promise<Explanation>} explain
 * @property {() => Promise<number>} memory
 * @property {() => void} dispose
 */

/**
 * A call, and how many of its jobs have been handed out.
 *
 * @typedef {{ served: number }} Batch
 */

/**
 * A question and whoever waits for its answer.
 *
 * @typedef {object} Waiting
 * @property {Batch} batch  the same for all jobs of one call
 * @property {number} deaths  workers that died of it
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/** @typedef {Question & Waiting} Job */

/**
 * Where the engines are and how many there may be.
 *
 * @typedef {object} Plan
 * @property {number} workers  at most
 * @property {boolean} isHere  in this thread, which has other things to do between two chunks
 * @property {(onEnd: (reason: unknown) => void) => Host} open
 */

/**
 * Starts a worker and loads a model in it; further ones will follow when they are needed.
 *
 * @param {LoadRequest} request
 * @param {Plan} plan
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Engines>}
 */
export async function loadPool(request, plan, onProgress, signal) {
  const pool = new Pool(plan);
  const onAbort = () => pool.end(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    const info = await pool.begin(request, onProgress);
    return {
      info,
      classify: (texts, isStrict, how) => classify(pool, texts, isStrict, how),
      explain: (text, how) => explain(pool, text, how),
      memory: () => pool.memory(),
      dispose: () => pool.end(new Error("this classifier was disposed of before it had answered")),
    };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** The engines, and what waits for them. */
export class Pool {
  #plan;
  /** Workers that there should be. */
  #size = 1;
  /** Workers that there are, loading ones included. @type {Set<Host>} */
  #workers = new Set();
  /** Further ones that have no model yet. @type {Set<Host>} */
  #loading = new Set();
  /** Those that wait for a job. @type {Set<Host>} */
  #idle = new Set();
  /** @type {Job[]} */
  #queue = [];
  #maxTokens = 0;
  /** What further workers load. @type {LoadRequest | undefined} */
  #request;
  /** Why nothing is answered any more. @type {{ reason: unknown } | undefined} */
  #ended;

  /** @param {Plan} plan */
  constructor(plan) {
    this.#plan = plan;
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
    this.#request = { ...request, builds: [info.engine], ...(source && { source }) };
    this.#maxTokens = info.maxTokens;
    return info;
  }

  /** Workers that share the work. */
  get size() {
    return this.#size;
  }

  /** What the model reads of a text at most. */
  get maxTokens() {
    return this.#maxTokens;
  }

  /** Whether the engine has this thread. */
  get isHere() {
    return this.#plan.isHere;
  }

  /** Bytes of all engines; a worker says it between two jobs. */
  async memory() {
    return sum(await Promise.all([...this.#workers].map((worker) => worker.call("memory", []).catch(() => 0))));
  }

  /** @param {unknown} reason */
  end(reason) {
    this.#ended ??= { reason };
    for (const job of this.#queue.splice(0)) job.reject(reason);
    for (const worker of this.#workers) worker.end(reason);
  }

  /**
   * Starts further workers if so much more work is worth them.
   *
   * @param {number} tokens
   */
  expect(tokens) {
    if (sum(this.#queue.map((job) => job.tokens)) + tokens >= WORTH_A_WORKER) this.#size = this.#plan.workers;
  }

  /**
   * @param {Question} question
   * @param {Batch} batch
   * @param {number} [deaths]
   * @returns {Promise<any>}
   */
  ask(question, batch, deaths = 0) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended.reason);
      this.#queue.push({ ...question, batch, deaths, resolve, reject });
      this.#handOut();
    });
  }

  /**
   * Forgets the questions of a call that begin after a place.
   *
   * @param {Batch} batch
   * @param {number} place
   */
  drop(batch, place) {
    /** @param {Job} job */
    const isAfter = (job) => job.batch === batch && job.start > place;
    for (const job of this.#queue.filter(isAfter)) job.resolve(NOT_WANTED);
    this.#queue = this.#queue.filter((job) => !isAfter(job));
  }

  /** The next job, out of the queue: calls take turns, so that a short one does not wait for the end of a long one. */
  #take() {
    const next = this.#queue.reduce(
      (least, job) => (least && least.batch.served <= job.batch.served ? least : job),
      this.#queue[0],
    );
    if (next === undefined) return undefined;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    next.batch.served += 1;
    return next;
  }

  /** Gives what waits to those who wait, and starts who is missing. */
  #handOut() {
    for (const worker of this.#idle) {
      const job = this.#take();
      if (job === undefined) return;
      this.#idle.delete(worker);
      this.#run(worker, job).then(() => this.#handOut());
    }
    while (this.#queue.length > 0 && this.#workers.size < this.#size) this.#grow();
  }

  /**
   * @param {Host} worker
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
        job.reject(this.#ended.reason);
      } else if (!worker.hasEnded) {
        job.reject(error);
      } else if (job.deaths + 1 < MAX_DEATHS) {
        job.batch.served -= 1; // its turn was for nothing
        this.#queue.unshift({ ...job, deaths: job.deaths + 1 });
      } else {
        const message = `${MAX_DEATHS} workers died over ${job.what} (${error.message}): leave out what they choke on`;
        this.#giveUp(job, new Error(message, { cause: error }));
      }
    }
    if (!worker.hasEnded) this.#idle.add(worker);
  }

  /**
   * A call that is patient with its texts loses only the one that is at fault, which halving finds.
   *
   * @param {Job} job
   * @param {Error} error
   */
  #giveUp(job, error) {
    const texts = /** @type {string[]} */ (job.args[0]);
    if (!job.isPatient) return job.reject(error);
    if (texts.length === 1) return job.resolve([{ error: { name: "EngineCrash", message: error.message } }]);
    const middle = texts.length >> 1;
    const halves = [texts.slice(0, middle), texts.slice(middle)].map((half, index) =>
      this.ask(question(half, job.start + index * middle, job.tokens / 2, true), job.batch, MAX_DEATHS - 1),
    );
    Promise.all(halves).then((outcomes) => job.resolve(outcomes.flat()), job.reject);
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
    /** @type {Host} */
    const worker = this.#plan.open((reason) => {
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
   * @param {Host} worker
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
