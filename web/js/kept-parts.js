/**
 * Where model files are kept: in the browser's Cache API, in parts, so that what has arrived survives a closed tab.
 *
 * The address of a part says all about it (model, hash, size, from where to where), so the list of the addresses is the
 * directory: no index that could be out of step with what is there. Where a browser keeps nothing (an insecure context,
 * a private window, a sandboxed frame) there is no shelf, and everything goes on without.
 */

/** @typedef {import("./manifest.js").ManifestModel} ManifestModel */
/** @typedef {{ from: number, to: number, key: Request }} Part */

/**
 * What is here of a file: parts without a gap from its first byte on, `bytes` in all.
 *
 * @typedef {{ id: string, sha256: string, size_bytes: number, parts: Part[], bytes: number }} KeptFile
 */

/** This page's address up to its file name: several copies of the page on one origin keep apart what is theirs. */
const BASE = new URL("./", document.baseURI);
/** The cache of models, and of the list of them (manifest.js). */
export const CACHE = `tickertone-models ${BASE.pathname}`;

/** The shelf, or null where nothing can be kept. */
export const openShelf = () => opened;

async function open() {
  try {
    const cache = await caches.open(CACHE);
    await cache.keys(); // some browsers refuse only here
    return new Shelf(cache);
  } catch {
    return null;
  }
}

/** Every method rejects where the browser has changed its mind: the quota is used up, or the data was cleared. */
export class Shelf {
  #cache;

  /** @param {Cache} cache */
  constructor(cache) {
    this.#cache = cache;
  }

  /** What is here of every file. */
  async files() {
    /** @type {Map<string, KeptFile>} */
    const files = new Map();
    const found = (await this.#cache.keys()).flatMap((key) => described(key) ?? []);
    // Of two parts that begin at the same place (two tabs, no locks) the longer one counts.
    found.sort((one, other) => one.part.from - other.part.from || other.part.to - one.part.to);
    for (const { file, part } of found) {
      const known = files.get(file.sha256) ?? { ...file, parts: [], bytes: 0 };
      files.set(file.sha256, known);
      if (part.from !== known.bytes) continue;
      known.parts.push(part);
      known.bytes = part.to;
    }
    return files;
  }

  /**
   * The parts' bytes and the tag of the server that sent them; of those that the browser has lost, and of all behind
   * them, nothing.
   *
   * @param {KeptFile} file
   */
  async read({ parts }) {
    const responses = await Promise.all(parts.map(({ key }) => this.#cache.match(key)));
    const blobs = [];
    for (const [at, { from, to }] of parts.entries()) {
      const blob = await responses[at]?.blob();
      if (blob?.size !== to - from) break;
      blobs.push(blob);
    }
    return { blobs, etag: responses[0]?.headers.get("etag") ?? null };
  }

  /**
   * Keeps what lies from this byte on.
   *
   * @param {ManifestModel} model
   * @param {number} from
   * @param {Blob} bytes
   * @param {string | null} etag
   */
  async put({ id, sha256, size_bytes }, from, bytes, etag) {
    const key = new URL("kept-model", BASE);
    const to = from + bytes.size;
    key.search = String(new URLSearchParams({ id, sha256, size: `${size_bytes}`, from: `${from}`, to: `${to}` }));
    await this.#cache.put(key, new Response(bytes, { headers: etag === null ? {} : { etag } }));
  }

  /**
   * Forgets the files of which this is true.
   *
   * @param {(sha256: string) => boolean} isUnwanted
   */
  async remove(isUnwanted) {
    const keys = (await this.#cache.keys()).filter((key) => {
      const found = described(key);
      return found !== null && isUnwanted(found.file.sha256);
    });
    await Promise.all(keys.map((key) => this.#cache.delete(key)));
  }
}

/**
 * What an address says; null for what is no part of a model.
 *
 * @param {Request} key
 */
function described(key) {
  const { pathname, searchParams } = new URL(key.url);
  if (!pathname.endsWith("/kept-model")) return null;
  const text = (/** @type {string} */ name) => searchParams.get(name) ?? "";
  const file = { id: text("id"), sha256: text("sha256"), size_bytes: Number(text("size")) };
  return { file, part: { from: Number(text("from")), to: Number(text("to")), key } };
}

/** Begun at once: the list of models is on its way meanwhile. */
const opened = open();
