/**
 * The model files that this browser keeps: whole or in part, by their SHA-256.
 *
 * Nobody gets a file but through `modelFile`, and no file leaves it with another hash: a kept one that is damaged, or of
 * which the browser has lost a part, is brought anew. One tab at a time downloads a file; the others are told how far it is.
 */

import { openShelf } from "./kept-parts.js";
import { Arrival, WrongFile, download } from "./model-download.js";
import { mistake } from "./wrong-answer.js";

/** @typedef {import("./kept-parts.js").Shelf} Shelf */
/** @typedef {import("./manifest.js").ManifestModel} ManifestModel */

/**
 * A kept file.
 *
 * @typedef {object} StoredModel
 * @property {string} id  the model's id in the manifest that it came from
 * @property {string} sha256
 * @property {number} size_bytes  of the whole file
 * @property {number} loaded_bytes  of which so many are here
 */

/**
 * What is kept and what there is room for; `quota_bytes` is null where the browser does not say, `is_kept` false where it
 * keeps nothing (private mode, sandboxed frame, insecure context).
 *
 * @typedef {{ used_bytes: number, quota_bytes: number | null, is_kept: boolean }} StorageUsage
 */

/** Where the tab that downloads says how far it is. */
const CHANNEL = "tickertone-models";

/**
 * The model's file, from here or from the server; its hash is right wherever the browser can compute one.
 *
 * @param {ManifestModel} model
 * @param {(loaded: number) => void} onLoaded  bytes so far; fewer than before only where a damaged file is brought anew
 * @param {AbortSignal} signal  stops the download; what has arrived is kept, and the rejection is the signal's reason
 * @returns {Promise<Blob>}
 */
export async function modelFile(model, onLoaded, signal) {
  const shelf = await openShelf();
  return whileOpen(signal, async (signal) => {
    const kept = shelf && (await keptFile(shelf, model));
    if (kept) return kept;
    return alone(model, shelf, onLoaded, signal, (onLoaded) => bring(model, shelf, onLoaded, signal));
  });
}

/**
 * Whether the whole file is here, as far as can be said without reading it.
 *
 * @param {ManifestModel} model
 */
export async function isStored({ sha256, size_bytes }) {
  return (await storedModels()).some((stored) => stored.sha256 === sha256 && stored.loaded_bytes === size_bytes);
}

/** @returns {Promise<StoredModel[]>} */
export async function storedModels() {
  const shelf = await openShelf();
  const files = (await shelf?.files().catch(() => undefined)) ?? new Map();
  return [...files.values()].map(({ id, sha256, size_bytes, bytes }) => ({ id, sha256, size_bytes, loaded_bytes: bytes }));
}

/** @returns {Promise<StorageUsage>} */
export async function storageUsage() {
  const [shelf, models] = await Promise.all([openShelf(), storedModels()]);
  const here = models.reduce((sum, { loaded_bytes }) => sum + loaded_bytes, 0);
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  const used_bytes = Math.max(estimate?.usage ?? 0, here);
  return { used_bytes, quota_bytes: estimate?.quota ?? null, is_kept: shelf !== null };
}

/**
 * Forgets a file, whole or in part.
 *
 * @param {string} sha256
 */
export async function removeModel(sha256) {
  await (await openShelf())?.remove((found) => found === sha256).catch(() => {});
}

/**
 * Forgets every file but these.
 *
 * @param {ManifestModel[]} models
 */
export async function keepOnly(models) {
  const wanted = new Set(models.map(({ sha256 }) => sha256));
  await (await openShelf())?.remove((found) => !wanted.has(found)).catch(() => {});
}

/**
 * The kept file, if it is here and undamaged; a damaged one is forgotten.
 *
 * @param {Shelf} shelf
 * @param {ManifestModel} model
 */
async function keptFile(shelf, model) {
  try {
    const found = (await shelf.files()).get(model.sha256);
    if (found?.bytes !== model.size_bytes) return null;
    const { blobs } = await shelf.read(found);
    const file = new Blob(blobs);
    if (file.size === model.size_bytes && (await isRight(file, model))) return file;
    console.warn(`The kept copy of ${model.id} is damaged and is brought anew.`);
    if (file.size === model.size_bytes) await shelf.remove((sha256) => sha256 === model.sha256);
  } catch {
    // What cannot be read is brought anew.
  }
  return null;
}

/**
 * Downloads what is missing of the file, which may be nothing by now: another tab may have brought it. Where the whole is
 * another file, once more from its beginning and past every cache on the way.
 *
 * @param {ManifestModel} model
 * @param {Shelf | null} shelf
 * @param {(loaded: number) => void} onLoaded
 * @param {AbortSignal} signal
 */
async function bring(model, shelf, onLoaded, signal) {
  let canKeep = shelf !== null;
  const forget = () => removeModel(model.sha256);
  /** @type {import("./model-download.js").Keeper} */
  const keeper = {
    put: async (from, bytes, etag) => {
      if (shelf && canKeep) canKeep = await shelf.put(model, from, bytes, etag).then(() => true, () => false);
    },
    forget,
  };
  const part = (await shelf?.files().catch(() => undefined))?.get(model.sha256);
  const found = part && (await shelf?.read(part).catch(() => undefined));
  /** @type {RequestCache[]} The browser's own cache would hold the file a second time. */
  const caches = [shelf ? "no-store" : "default", "reload"];
  for (const [at, cache] of caches.entries()) {
    const arrival = new Arrival((at === 0 && found) || { blobs: [], etag: null }, keeper);
    try {
      await download(model, arrival, cache, onLoaded, signal);
      const { file } = arrival;
      if (await isRight(file, model)) {
        if (canKeep) askToStay();
        return file;
      }
      throw new WrongFile(mistake("The model", "").message);
    } catch (error) {
      if (!(error instanceof WrongFile)) throw error;
      await forget();
      if (at === caches.length - 1) throw error;
    }
  }
  throw new Error("unreachable: the last try returns or throws");
}

/**
 * Whether the file has the model's hash. An insecure context cannot compute it here; the engine does, before it reads on.
 *
 * @param {Blob} file
 * @param {ManifestModel} model
 */
async function isRight(file, { sha256 }) {
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

/**
 * Has the browser keep what is here even when space gets short. Only the installed page asks: some browsers would show a
 * question to whoever just looks at it.
 */
function askToStay() {
  if (!globalThis.matchMedia?.("(display-mode: standalone)").matches) return;
  navigator.storage?.persist?.().catch(() => {});
}

/**
 * Does what no other tab does at the same time; while another one is at it, its progress counts as ours. Where nothing
 * can be kept, there is nothing to share.
 *
 * @param {ManifestModel} model
 * @param {Shelf | null} shelf
 * @param {(loaded: number) => void} onLoaded
 * @param {AbortSignal} signal
 * @param {(onLoaded: (loaded: number) => void) => Promise<Blob>} work
 */
async function alone({ sha256 }, shelf, onLoaded, signal, work) {
  if (!shelf || !navigator.locks || !globalThis.BroadcastChannel) return work(onLoaded);
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => data.sha256 === sha256 && onLoaded(data.loaded);
  try {
    return await navigator.locks.request(`${CHANNEL} ${sha256}`, { signal }, () => {
      channel.onmessage = null;
      return work((loaded) => {
        onLoaded(loaded);
        channel.postMessage({ sha256, loaded });
      });
    });
  } finally {
    channel.close();
  }
}

/**
 * Does something that needs network and locks, and stops it where the page is left but may come back (back/forward
 * cache, which takes no page that holds either); then it is done anew, and goes on from what was kept.
 *
 * @template T
 * @param {AbortSignal} signal
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function whileOpen(signal, work) {
  for (;;) {
    signal.throwIfAborted();
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    /** @type {Promise<unknown>} */
    let comesBack = Promise.resolve();
    const onHide = (/** @type {PageTransitionEvent} */ { persisted }) => {
      if (!persisted) return;
      // From now on: the page may sleep before the work has ended.
      comesBack = new Promise((resolve) => globalThis.addEventListener("pageshow", resolve, { once: true }));
      stop.abort();
    };
    signal.addEventListener("abort", onAbort);
    globalThis.addEventListener?.("pagehide", onHide);
    try {
      return await work(stop.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!stop.signal.aborted) throw error;
      await comesBack;
    } finally {
      signal.removeEventListener("abort", onAbort);
      globalThis.removeEventListener?.("pagehide", onHide);
    }
  }
}
