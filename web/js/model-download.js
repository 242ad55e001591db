/**
 * The download of one model file: it goes on where an earlier one ended (RFC 9110, `Range` with `If-Range`), and hands
 * over what arrives in parts that are worth keeping.
 *
 * A connection that breaks in an answer is taken up again at once, as long as that brings something; one that does not
 * come about is told. What is decided here is whether bytes can be the file at all; whether they are is the hash's word (model-store.js).
 */

import { MODELS_URL } from "./manifest.js";
import { mistake, noAnswer, refusal } from "./wrong-answer.js";

/** @typedef {import("./manifest.js").ManifestModel} ManifestModel */

/**
 * Where the parts go.
 *
 * @typedef {object} Keeper
 * @property {(from: number, bytes: Blob, etag: string | null) => Promise<void>} put  never rejects: a download does not depend on it
 * @property {() => Promise<void>} forget
 */

/** Bytes of a part: what a closed tab costs at most. */
const PART_BYTES = 512 * 1024;
/** How every model file begins (the GGUF specification). */
const MAGIC = "GGUF";
const WHAT = "The model";

/** What arrived cannot be the file. */
export class WrongFile extends Error {}

/** The connection broke, after an answer had begun or before, and may do better another time. */
class ConnectionLost extends Error {
  /**
   * @param {string} message
   * @param {boolean} hasBegun
   */
  constructor(message, hasBegun) {
    super(message);
    this.hasBegun = hasBegun;
  }
}

/** What has arrived of a file. */
export class Arrival {
  /** @type {Blob[]} */
  #parts;
  /** What does not make a part yet. @type {Uint8Array<ArrayBuffer>[]} */
  #tail = [];
  #tailBytes = 0;
  #keeper;
  #keeping = Promise.resolve();
  /** The server's tag of the bytes. */
  etag;

  /**
   * @param {{ blobs: Blob[], etag: string | null }} kept  from the file's first byte on
   * @param {Keeper} keeper  takes each further part
   */
  constructor({ blobs, etag }, keeper) {
    this.#parts = blobs;
    this.#keeper = keeper;
    this.etag = etag;
  }

  get bytes() {
    return this.#parts.reduce((sum, { size }) => sum + size, 0) + this.#tailBytes;
  }

  /** The whole. */
  get file() {
    return new Blob([...this.#parts, ...this.#tail]);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  push(bytes) {
    this.#tail.push(bytes);
    this.#tailBytes += bytes.byteLength;
    if (this.#tailBytes >= PART_BYTES) this.#endPart();
  }

  /** Waits until all that has arrived is kept. */
  async settle() {
    if (this.#tailBytes > 0) this.#endPart();
    await this.#keeping;
  }

  /**
   * The file will arrive from its first byte on.
   *
   * @param {string | null} etag
   */
  async restart(etag) {
    const hadSome = this.bytes > 0;
    [this.#parts, this.#tail, this.#tailBytes, this.etag] = [[], [], 0, etag];
    if (hadSome) await this.#keeper.forget();
  }

  #endPart() {
    const part = new Blob(this.#tail);
    const [from, etag] = [this.bytes - part.size, this.etag];
    this.#parts.push(part);
    [this.#tail, this.#tailBytes] = [[], 0];
    this.#keeping = this.#keeping.then(() => this.#keeper.put(from, part, etag));
  }
}

/**
 * Brings what is missing. All that has arrived is kept, however it ends.
 *
 * @param {ManifestModel} model
 * @param {Arrival} arrival
 * @param {RequestCache} cache
 * @param {(loaded: number) => void} onLoaded
 * @param {AbortSignal} signal
 */
export async function download(model, arrival, cache, onLoaded, signal) {
  for (let barren = 0; ; ) {
    const before = arrival.bytes;
    try {
      return await receive(model, arrival, cache, onLoaded, signal);
    } catch (error) {
      signal.throwIfAborted();
      // Browsers drop what had arrived but was not read yet: one answer in vain proves nothing.
      barren = arrival.bytes > before ? 0 : barren + 1;
      if (!(error instanceof ConnectionLost && error.hasBegun) || barren > 1) throw error;
    } finally {
      await arrival.settle();
    }
  }
}

/**
 * One request.
 *
 * @param {ManifestModel} model
 * @param {Arrival} arrival
 * @param {RequestCache} cache
 * @param {(loaded: number) => void} onLoaded
 * @param {AbortSignal} signal
 */
async function receive(model, arrival, cache, onLoaded, signal) {
  onLoaded(arrival.bytes);
  if (arrival.bytes === model.size_bytes) return;
  const response = await ask(model, arrival, cache, signal);
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  let beginning = arrival.bytes === 0 ? "" : MAGIC;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw lost(model, arrival.bytes, true);
    });
    if (done) break;
    if (beginning.length < MAGIC.length) {
      beginning += String.fromCharCode(...value.subarray(0, 64));
      if (!beginning.startsWith(MAGIC.slice(0, beginning.length))) throw await wrong(reader, beginning);
    }
    arrival.push(value);
    if (arrival.bytes > model.size_bytes) throw await wrong(reader, "");
    onLoaded(arrival.bytes);
  }
  if (arrival.bytes < model.size_bytes) throw lost(model, arrival.bytes, true);
}

/**
 * The answer that brings what is missing, or, where the server has no such thing, the file from its first byte.
 *
 * @param {ManifestModel} model
 * @param {Arrival} arrival
 * @param {RequestCache} cache
 * @param {AbortSignal} signal
 */
async function ask(model, arrival, cache, signal) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (arrival.bytes > 0) {
    headers["range"] = `bytes=${arrival.bytes}-`;
    // A weak tag is no promise of the same bytes. Without one the hash will tell.
    if (arrival.etag?.startsWith('"')) headers["if-range"] = arrival.etag;
  }
  // Named by content, a model stays in the caches on the way until another one takes its place.
  const url = `${MODELS_URL}${model.file}?sha256=${model.sha256}`;
  const response = await fetch(url, { headers, cache, signal }).catch(() => {
    throw arrival.bytes > 0 ? lost(model, arrival.bytes, false) : noAnswer(WHAT);
  });
  if (response.status === 206 && isContinuation(response, arrival.bytes, model.size_bytes)) return response;
  // Other bytes than the ones that were asked for, or none: what is here belongs to no file of the server.
  if (response.status === 206 || response.status === 416) throw new WrongFile(mistake(WHAT, "").message);
  if (response.status !== 200) throw refusal(WHAT, response);
  await arrival.restart(response.headers.get("etag"));
  return response;
}

/**
 * @param {Response} response
 * @param {number} from
 * @param {number} size
 */
function isContinuation(response, from, size) {
  return from > 0 && response.headers.get("content-range") === `bytes ${from}-${size - 1}/${size}`;
}

/**
 * @param {ReadableStreamDefaultReader} reader
 * @param {string} beginning
 */
async function wrong(reader, beginning) {
  await reader.cancel().catch(() => {});
  return new WrongFile(mistake(WHAT, beginning).message);
}

/**
 * @param {ManifestModel} model
 * @param {number} bytes
 * @param {boolean} hasBegun
 */
function lost({ size_bytes }, bytes, hasBegun) {
  const far = `${megabytes(bytes)} of ${megabytes(size_bytes)} MB`;
  return new ConnectionLost(`The connection broke after ${far}. Try again: the download goes on from there.`, hasBegun);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toLocaleString(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
