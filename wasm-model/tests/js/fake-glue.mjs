/**
 * What wasm-bindgen makes of the engine, as engine.js sees it, without a model: the "hash" of a file is its text.
 *
 * Imported under another address (`?attempt=1`) it is another module with another memory, as in a browser. The test
 * reads and steers it through `globalThis.glue`.
 */

const memory = new WebAssembly.Memory({ initial: 1 });
const address = import.meta.url;
const { glue } = globalThis;

/** Starts the module. */
export default async function init({ module_or_path }) {
  glue.started.push({ address, module: module_or_path });
  await glue.beforeStart?.(address);
  return { memory };
}

/** Receives a file. */
export class ModelDownload {
  #bytes = 0;

  constructor(total, sha256) {
    Object.assign(this, { total, sha256 });
    glue.downloads.push(this);
  }

  push(chunk) {
    new Uint8Array(memory.buffer).set(chunk, this.#bytes);
    this.#bytes += chunk.byteLength;
  }

  address() {
    return 0;
  }

  finish() {
    this.isFreed = true;
    const text = new TextDecoder().decode(new Uint8Array(memory.buffer, 0, this.#bytes));
    if (this.sha256 !== undefined && this.sha256 !== text) throw new Error(`expected ${this.sha256}, found ${text}`);
    return new Engine(text);
  }

  free() {
    this.isFreed = true;
  }
}

class Engine {
  constructor(model) {
    this.model = model;
  }

  info() {
    return { model: this.model, ...glue.info };
  }

  classify(texts) {
    return glue.classify(texts);
  }

  explain(text, start, end) {
    return glue.explain(text, start, end);
  }

  free() {
    glue.freed.push(this.model);
  }
}
