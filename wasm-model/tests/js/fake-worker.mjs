/**
 * Workers as the page sees them, without threads and without a model: what they answer is up to the test.
 */

import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // which Node 18 has not

/** Stands in for the browser's `Worker` while a test runs. */
export class FakeWorker {
  /** Every worker that was started, the first in front. @type {FakeWorker[]} */
  static started = [];
  /** How often a worker was asked for. */
  static attempts = 0;
  /** What `new Worker` throws; called with the number of the attempt, from 1. */
  static refuse = (_attempt) => undefined;
  /** What a worker does with a call: a result, an error, or a promise of either. */
  static answer = (_worker, _method, _args) => undefined;

  /** The calls that this one got: `[method, args]`. */
  calls = [];
  isTerminated = false;

  constructor(url, options) {
    FakeWorker.attempts += 1;
    const refusal = FakeWorker.refuse(FakeWorker.attempts);
    if (refusal) throw refusal;
    Object.assign(this, { url, options });
    FakeWorker.started.push(this);
  }

  postMessage(message) {
    const { id, method, args } = structuredClone(message);
    this.calls.push([method, args]);
    Promise.resolve()
      .then(() => FakeWorker.answer(this, method, args, (progress) => this.#send({ id, progress })))
      .then(
        (result) => this.#send({ id, result }),
        ({ name, message }) => this.#send({ id, error: { name, message } }),
      );
  }

  /** A terminated worker says nothing any more. */
  #send(data) {
    if (!this.isTerminated) this.onmessage({ data });
  }

  terminate() {
    this.isTerminated = true;
  }

  /** The arguments of the calls of one method. */
  argumentsOf(method) {
    return this.calls.filter(([name]) => name === method).map(([, args]) => args);
  }
}

/**
 * Puts the fake in the place of `Worker`, and what a browser has beside it.
 *
 * @param {{ answer?: Function, locks?: unknown, cores?: number }} [behaviour]
 */
export function install({ answer = engine(), locks, cores = 4 } = {}) {
  Object.assign(FakeWorker, { started: [], attempts: 0, refuse: () => undefined, answer });
  globalThis.Worker = FakeWorker;
  const navigator = { locks, hardwareConcurrency: cores };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  return FakeWorker.started;
}

/** What a model of this name answers: each text's label is the text itself. */
export function engine(model = "tiny", methods = {}) {
  const all = {
    hold: () => null,
    load: (_worker, [request]) => ({ info: info(model), source: request.keepsSource ? SOURCE : undefined }),
    classify: (_worker, [texts]) => texts.map((label) => ({ label })),
    explain: (_worker, [text, start, end]) => part(text, start, end),
    memory: () => 1_000,
    ...methods,
  };
  return (worker, method, args, tell) => all[method](worker, args, tell);
}

/** A part of an explanation as an engine gives it: each word stands for itself. */
export function part(text, start, end) {
  const words = text.split(" ");
  const found = words.slice(start, end).map((word) => ({ word, contribution: 0 }));
  return { prediction: { label: text }, words: found, total: words.length };
}

/** What the first worker hands out; a stand-in for a module and a file, which a test can send. */
export const SOURCE = { module: "the module", file: "the file" };

/** What an engine says of itself. */
export function info(model = "tiny") {
  return { model, engine: "relaxed", fallback: null, kernel: "fake", labels: ["up", "down"], maxTokens: 256, layers: 3, uncertainBelow: 0.75 };
}

/** Notes what is written to the console as a warning, until the test ends. */
export function warnings(test) {
  const warned = [];
  test.mock.method(console, "warn", (...words) => void warned.push(words.join(" ")));
  return warned;
}
