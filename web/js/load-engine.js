/**
 * Loads engine and models, from the moment this file is evaluated: the app's own WebAssembly is still being
 * compiled then. Once the app is there, it asks for the outcomes (src/engine.rs).
 *
 * The manifest's preview comes first and has the line for itself; then the model that the visitor wants. Where that one
 * is kept here already, the preview would only flash by, and is left out.
 */

import { readManifest as listModels } from "./manifest.js";
import { isStored, keepOnly, modelFile } from "./model-store.js";

/** @typedef {import("../../wasm-model/js/tickertone.js").Classifier} Classifier */
/** @typedef {typeof import("../../wasm-model/js/tickertone.js").Classifier} ClassifierClass */
/** @typedef {import("../../wasm-model/js/tickertone.js").Progress} Progress */
/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./manifest.js").ManifestModel} ManifestModel */
/** @typedef {(progress: Progress) => void} OnProgress */
/** @typedef {"preview" | "default"} Role */

/**
 * A classifier that has loaded, and its model as in the manifest.
 *
 * @typedef {{ classifier: Classifier, model: ManifestModel }} Loaded
 */

/**
 * A load that runs. `tell` has its progress told to somebody; `onSign` is called whenever it shows that it lives.
 *
 * @typedef {object} Loading
 * @property {Promise<Loaded | null>} outcome
 * @property {(listener: OnProgress) => Promise<Loaded | null>} tell
 * @property {AbortController} stop
 * @property {() => void} [onSign]
 */

const ENGINE_URL = new URL("engine/tickertone.js", document.baseURI).href;
/** A preview that has brought nothing for so long is not waited for any more. */
const STALL_MS = 10_000;
/** Where the id of the chosen model is remembered. */
const CHOICE = "tickertone-model";

const loads = { preview: loadPreview, default: loadDefault };
/** The latest load of each role. @type {Partial<Record<Role, Loading>>} */
const latest = {};
/** The visitor's choice, for browsers that remember nothing. */
let choice = remembered();
/** What both roles need at the start; every further attempt asks for its own. */
let beginning = begin(0);
/** The loads that run before anybody has asked for one. @type {Partial<Record<Role, Loading>>} */
const early = { preview: start("preview", 0), default: start("default", 0) };
/** Settles when the first loads have, whatever came of them: then the line is free. */
export const isQuiet = Promise.allSettled(Object.values(early).map(({ outcome }) => outcome));

/**
 * Loads the model that the manifest calls "preview", or as "default" the chosen one, for the `attempt`th time from 0. The
 * outcome is `{ classifier, model }`, `model` as in the manifest; null where no preview is needed.
 *
 * @param {Role} role
 * @param {number} attempt
 * @param {OnProgress} onProgress
 */
export const loadEngine = (role, attempt, onProgress) => {
  const loading = early[role] ?? start(role, attempt);
  delete early[role];
  return loading.tell(onProgress);
};

/**
 * Stops the download of this role's model; what has arrived is kept, and a further attempt goes on from there. The load
 * is rejected with an error named `Paused`.
 *
 * @param {Role} role
 */
export const pauseLoading = (role) => {
  const paused = new Error("The download is paused. What has arrived is kept; go on whenever you like.");
  paused.name = "Paused";
  latest[role]?.stop.abort(paused);
};

/**
 * The models there are, as in messages/src/manifest.rs: the list that the latest load went by.
 *
 * @returns {Promise<Manifest>}
 */
export const readManifest = async () => (await beginning).manifest;

/** Id of the model that the visitor wants in place of the manifest's default; null for the default itself. */
export const chosenModel = () => choice;

/**
 * Remembers which model is wanted from the next attempt on.
 *
 * @param {string | null} id
 */
export const chooseModel = (id) => {
  choice = id;
  try {
    if (id === null) localStorage.removeItem(CHOICE);
    else localStorage.setItem(CHOICE, id);
  } catch {
    // Then it holds until the page is closed.
  }
};

function remembered() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null; // it keeps nothing
  }
}

/**
 * @param {Role} role
 * @param {number} attempt
 */
function start(role, attempt) {
  if (attempt > 0) beginning = begin(attempt);
  /** @type {Progress | undefined} */
  let last;
  /** @type {OnProgress} */
  let onProgress = (progress) => void (last = progress);
  const stop = new AbortController();
  /** @type {Loading} */
  const loading = {
    outcome: loads[role](beginning, stop.signal, (progress) => {
      loading.onSign?.();
      onProgress(progress);
    }),
    tell: (listener) => {
      if (last) listener(last);
      onProgress = listener;
      return loading.outcome;
    },
    stop,
  };
  loading.outcome.catch(() => {}); // it is told to whoever asks
  latest[role] = loading;
  return loading;
}

/**
 * @param {ReturnType<typeof begin>} beginning
 * @param {AbortSignal} signal
 * @param {OnProgress} onProgress
 */
async function loadPreview(beginning, signal, onProgress) {
  const { Classifier, preview } = await beginning;
  if (preview === null) return null;
  return loadModel(Classifier, preview, signal, onProgress).catch((error) => {
    console.warn(`No quick answers: ${error.message}`); // the page does not say it: the wanted model comes
    throw error;
  });
}

/**
 * @param {ReturnType<typeof begin>} beginning
 * @param {AbortSignal} signal
 * @param {OnProgress} onProgress
 */
async function loadDefault(beginning, signal, onProgress) {
  const { Classifier, manifest, wanted, preview } = await beginning;
  if (preview && latest.preview) await outOfTheWay(latest.preview, signal);
  const loaded = await loadModel(Classifier, wanted, signal, onProgress);
  // Only now: until the new model is here, an older one may be needed again.
  await keepOnly(manifest.models);
  return loaded;
}

/**
 * Settles when a load has, or when it has given no sign of life for a while.
 *
 * @param {Loading} loading
 * @param {AbortSignal} signal  nobody waits any more
 * @returns {Promise<void>}
 */
function outOfTheWay(loading, signal) {
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    loading.onSign = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, STALL_MS);
    };
    loading.onSign();
    const settled = () => (clearTimeout(timer), resolve());
    loading.outcome.then(settled, settled);
    signal.addEventListener("abort", settled);
  });
}

/**
 * @param {ClassifierClass} Classifier
 * @param {ManifestModel} model
 * @param {AbortSignal} signal
 * @param {OnProgress} onProgress
 * @returns {Promise<Loaded>}
 */
async function loadModel(Classifier, model, signal, onProgress) {
  const total = model.size_bytes;
  const file = await modelFile(model, (loaded) => onProgress({ loaded, total }), signal);
  onProgress({ loaded: total, total });
  const classifier = await Classifier.load({ model: file, sha256: model.sha256 }).catch((cause) => {
    console.warn(cause);
    const why = "either this browser is too old for it, or the device is short of memory";
    const what = "Close other tabs and try again, or use a current version of Chrome, Edge, Firefox or Safari";
    throw new Error(`The model is here, but does not start: ${why}. ${what}.`, { cause });
  });
  return { classifier, model };
}

/**
 * What there is to load: the model that is wanted, and the one that may answer until it is here.
 *
 * @param {number} attempt
 */
async function begin(attempt) {
  const [Classifier, { manifest, wanted, preview }] = await Promise.all([
    importClassifier(attempt),
    listModels().then(chooseFrom),
  ]);
  return { Classifier, manifest, wanted, preview };
}

/** @param {Manifest} manifest */
async function chooseFrom(manifest) {
  const find = (/** @type {string | null | undefined} */ name) => manifest.models.find(({ id }) => id === name);
  const wanted = find(choice) ?? /** @type {ManifestModel} */ (find(manifest.default));
  const small = find(manifest.preview);
  const isUseful = small !== undefined && small !== wanted && !(await isStored(wanted));
  return { manifest, wanted, preview: isUseful ? small : null };
}

/**
 * Each attempt imports under another address: browsers remember a module that failed to load.
 *
 * @param {number} attempt
 * @returns {Promise<ClassifierClass>}
 */
async function importClassifier(attempt) {
  const url = attempt === 0 ? ENGINE_URL : `${ENGINE_URL}?attempt=${attempt}`;
  const { Classifier } = await import(url).catch((cause) => {
    console.warn(cause);
    const what = "Check the connection and try again, or reload the page";
    throw new Error(`A part of this page did not arrive: the one that reads texts. ${what}.`, { cause });
  });
  return Classifier;
}
