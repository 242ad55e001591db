/**
 * The list of the models that the server offers: from the network first, so that a new model is seen at the next visit;
 * where that brings none, the list of the last visit, so that the page works without a network.
 */

import { CACHE } from "./kept-parts.js";
import { mistake, noAnswer, refusal } from "./wrong-answer.js";

/**
 * What is read here of a model in the manifest (messages/src/manifest.rs); the page reads more.
 *
 * @typedef {{ id: string, file: string, size_bytes: number, sha256: string }} ManifestModel
 */

/**
 * What is read here of the manifest.
 *
 * @typedef {{ default: string, preview?: string, models: ManifestModel[] }} Manifest
 */

export const MODELS_URL = new URL("models/", document.baseURI).href;
const MANIFEST_URL = `${MODELS_URL}manifest.json`;
const WHAT = "The list of models";
/** So long a network may take that brings nothing, where there is the list of an earlier visit. */
const PATIENCE_MS = 4_000;

/**
 * The models there are.
 *
 * @returns {Promise<Manifest>}
 */
export async function readManifest() {
  const stop = new AbortController();
  const fetching = fetchText(stop.signal);
  fetching.catch(() => {}); // it is waited for below
  const kept = await keptText();
  const timer = kept === null ? undefined : setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const text = await fetching;
    const manifest = parsed(text);
    if (text !== kept) await keep(text);
    return manifest;
  } catch (error) {
    if (kept === null) throw error;
    return parsed(kept);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The same from the network alone.
 *
 * @returns {Promise<Manifest>}
 */
export async function fetchManifest() {
  return parsed(await fetchText());
}

/** @param {AbortSignal} [signal] */
async function fetchText(signal) {
  const response = await fetch(MANIFEST_URL, { ...(signal && { signal }) }).catch(() => {
    throw noAnswer(WHAT);
  });
  if (response.status !== 200) throw refusal(WHAT, response);
  return response.text().catch(() => {
    throw noAnswer(WHAT);
  });
}

/**
 * @param {string} text
 * @returns {Manifest}
 */
function parsed(text) {
  /** @type {Manifest} */
  let manifest;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw mistake(WHAT, text);
  }
  const models = Array.isArray(manifest?.models) ? manifest.models : [];
  const isKnown = models.length > 0 && models.every(isModel) && models.some(({ id }) => id === manifest.default);
  if (!isKnown) {
    throw new Error(
      `${WHAT} is made for another version of this page. Reload the page; if that does not help, please tell whoever ` +
        "runs this site.",
    );
  }
  return manifest;
}

/** @param {Partial<ManifestModel> | null} model */
function isModel(model) {
  const texts = [model?.id, model?.file, model?.sha256];
  return texts.every((text) => typeof text === "string") && Number.isSafeInteger(model?.size_bytes);
}

/** The list of the last visit, if this version of the page can read it. */
async function keptText() {
  try {
    const response = await (await caches.open(CACHE)).match(MANIFEST_URL);
    const text = (await response?.text()) ?? null;
    if (text !== null) parsed(text);
    return text;
  } catch {
    return null; // nothing can be kept here, or it is of another version
  }
}

/** @param {string} text */
async function keep(text) {
  try {
    await (await caches.open(CACHE)).put(MANIFEST_URL, new Response(text));
  } catch {
    // Then the next visit needs the network.
  }
}
