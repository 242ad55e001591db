/**
 * Loads engine and models, from the moment this file is evaluated: the app's own WebAssembly is still being
 * compiled then. Once the app is there, it asks for the outcomes (src/engine.rs).
 *
 * The manifest's preview comes first and has the line for itself; then the default model. Where the browser has
 * the default model in its cache, the preview would only flash by, and is left out.
 */

/** @typedef {import("../../wasm-model/js/tickertone.js").Classifier} Classifier */
/** @typedef {typeof import("../../wasm-model/js/tickertone.js").Classifier} ClassifierClass */
/** @typedef {import("../../wasm-model/js/tickertone.js").Progress} Progress */
/** @typedef {(progress: Progress) => void} OnProgress */
/** @typedef {"preview" | "default"} Role */

/**
 * What is read here of a model in the manifest (messages/src/manifest.rs).
 *
 * @typedef {{ id: string, file: string, size_bytes: number, sha256: string }} ManifestModel
 */

/**
 * What is read here of the manifest.
 *
 * @typedef {{ default: string, preview?: string, models: ManifestModel[] }} Manifest
 */

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
 * @property {() => void} [onSign]
 */

const ENGINE_URL = "/engine/tickertone.js";
const MODELS_URL = "/models/";
const MANIFEST_URL = `${MODELS_URL}manifest.json`;

/** A preview that has brought nothing for so long is not waited for any more. */
const STALL_MS = 10_000;
/** Where the SHA-256 of the default model that loaded last is kept. */
const REMEMBERED = "tickertone-default-model";

const loads = { preview: loadPreview, default: loadDefault };
/** The latest load of each role. @type {Partial<Record<Role, Loading>>} */
const latest = {};
/** What both roles need at the start; every further attempt asks for its own. */
const beginning = begin(0);
/** The loads that run before anybody has asked for one. @type {Partial<Record<Role, Loading>>} */
const early = { preview: start("preview", 0), default: start("default", 0) };

/**
 * Loads the model that the manifest calls "preview" or "default", for the `attempt`th time from 0. The outcome is
 * `{ classifier, model }`, `model` as in the manifest; null where no preview is needed.
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
 * @param {Role} _role
 */
export const pauseLoading = (_role) => {};

/**
 * The models there are, as in messages/src/manifest.rs.
 *
 * @returns {Promise<Manifest>}
 */
export const readManifest = async () => (await beginning).manifest;

/** Id of the model that the visitor wants in place of the manifest's default; null for the default itself. */
export const chosenModel = () => /** @type {string | null} */ (null);

/**
 * Remembers which model is wanted from the next attempt on.
 *
 * @param {string | null} _id
 */
export const chooseModel = (_id) => {};

/**
 * @param {Role} role
 * @param {number} attempt
 */
function start(role, attempt) {
  /** @type {Progress | undefined} */
  let last;
  /** @type {OnProgress} */
  let onProgress = (progress) => void (last = progress);
  /** @type {Loading} */
  const loading = {
    outcome: loads[role](attempt, (progress) => {
      loading.onSign?.();
      onProgress(progress);
    }),
    tell: (listener) => {
      if (last) listener(last);
      onProgress = listener;
      return loading.outcome;
    },
  };
  loading.outcome.catch(() => {}); // it is told to whoever asks
  latest[role] = loading;
  return loading;
}

/**
 * @param {number} attempt
 * @param {OnProgress} onProgress
 */
async function loadPreview(attempt, onProgress) {
  const { Classifier, manifest, isPreviewUseful } = await (attempt === 0 ? beginning : begin(attempt));
  if (!isPreviewUseful) return null;
  return loadModel(Classifier, listed(manifest, "preview"), onProgress).catch((error) => {
    console.warn(`No quick answers: ${error.message}`); // the page does not say it: the default model comes
    throw error;
  });
}

/**
 * @param {number} attempt
 * @param {OnProgress} onProgress
 */
async function loadDefault(attempt, onProgress) {
  const { Classifier, manifest, isPreviewUseful } = await (attempt === 0 ? beginning : begin(attempt));
  if (isPreviewUseful && latest.preview) await outOfTheWay(latest.preview);
  const loaded = await loadModel(Classifier, listed(manifest, "default"), onProgress);
  remember(loaded.model);
  return loaded;
}

/**
 * Settles when a load has, or when it has given no sign of life for a while.
 *
 * @param {Loading} loading
 * @returns {Promise<void>}
 */
function outOfTheWay(loading) {
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
  });
}

/**
 * @param {ClassifierClass} Classifier
 * @param {ManifestModel} model
 * @param {OnProgress} onProgress
 * @returns {Promise<Loaded>}
 */
async function loadModel(Classifier, model, onProgress) {
  onProgress({ loaded: 0, total: model.size_bytes });
  const classifier = await Classifier.load({
    model: addressOf(model),
    sha256: model.sha256,
    onProgress: ({ loaded, total = model.size_bytes }) => onProgress({ loaded, total }),
  });
  return { classifier, model };
}

/**
 * Named by content, a model stays in the browser's cache until another one takes its place.
 *
 * @param {ManifestModel} model
 */
function addressOf(model) {
  return `${MODELS_URL}${model.file}?sha256=${model.sha256}`;
}

/** @param {number} attempt */
async function begin(attempt) {
  const manifest = fetchManifest();
  const [Classifier, isPreviewUseful] = await Promise.all([importClassifier(attempt), manifest.then(needsPreview)]);
  return { Classifier, manifest: await manifest, isPreviewUseful };
}

/**
 * Whether there is a model that can be here before the default one.
 *
 * @param {Manifest} manifest
 */
async function needsPreview(manifest) {
  if (manifest.preview === undefined || manifest.preview === manifest.default) return false;
  return !(await isCached(listed(manifest, "default")));
}

/**
 * Whether the browser has a model without asking the network. It is only asked where the model has been here
 * before: the console shows what a cache does not have as an error.
 *
 * @param {ManifestModel} model
 */
async function isCached(model) {
  if (!isRemembered(model)) return false;
  const stop = new AbortController();
  const request = fetch(addressOf(model), { cache: "only-if-cached", mode: "same-origin", signal: stop.signal });
  const found = await request.then(({ ok }) => ok, () => false);
  stop.abort();
  return found;
}

/** @param {ManifestModel} model */
function isRemembered({ sha256 }) {
  try {
    return localStorage.getItem(REMEMBERED) === sha256;
  } catch {
    return false; // it keeps nothing
  }
}

/** @param {ManifestModel} model */
function remember({ sha256 }) {
  try {
    localStorage.setItem(REMEMBERED, sha256);
  } catch {
    // Then the next visit begins with the preview again.
  }
}

/**
 * Each attempt imports under another address: browsers remember a module that failed to load.
 *
 * @param {number} attempt
 * @returns {Promise<ClassifierClass>}
 */
async function importClassifier(attempt) {
  const url = attempt === 0 ? ENGINE_URL : `${ENGINE_URL}?attempt=${attempt}`;
  const { Classifier } = await import(url).catch(({ message }) => {
    throw new Error(`The engine at ${ENGINE_URL} did not start. Check the connection and try again. (${message})`);
  });
  return Classifier;
}

/** @returns {Promise<Manifest>} */
async function fetchManifest() {
  const response = await fetch(MANIFEST_URL).catch(() => {
    throw new Error(`${MANIFEST_URL} did not arrive. Check the connection and try again.`);
  });
  if (!response.ok) {
    const found = `${response.status} ${response.statusText}`.trimEnd();
    throw new Error(
      `Expected the list of models at ${MANIFEST_URL}, but the server answered ${found}. Ask its operator to add a model.`,
    );
  }
  return response.json().catch(({ message }) => {
    throw new Error(
      `Expected a list of models at ${MANIFEST_URL}, but found something else (${message}). Ask the server's operator.`,
    );
  });
}

/**
 * The model that the manifest gives this role.
 *
 * @param {Manifest} manifest
 * @param {Role} role
 */
function listed(manifest, role) {
  const model = manifest.models?.find(({ id }) => id === manifest[role]);
  if (model === undefined) {
    const name = JSON.stringify(manifest[role]);
    throw new Error(`${MANIFEST_URL} names ${name} as its ${role} model, but does not list it. Ask the server's operator.`);
  }
  return model;
}
