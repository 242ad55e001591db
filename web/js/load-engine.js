/**
 * Loads engine and models, from the moment this file is evaluated: the app's own WebAssembly is still being
 * compiled then. Once the app is there, it asks for the outcomes (src/engine.rs).
 *
 * The manifest's preview comes first and has the line for itself; then the default model. Only where the browser
 * probably holds the default model in its cache does that one come first, and the preview not at all.
 */

const ENGINE_URL = "/engine/tickertone.js";
const MODELS_URL = "/models/";
const MANIFEST_URL = `${MODELS_URL}manifest.json`;

/** A cached default model is waited for so long; then the cache did not have it, and the preview comes first. */
const CACHE_PATIENCE_MS = 1_500;
/** A preview that has brought nothing for so long is not waited for any more. */
const STALL_MS = 10_000;
/** Where the SHA-256 of the default model that was here last is kept. */
const REMEMBERED = "tickertone-default-model";

const loads = { preview: loadPreview, default: loadDefault };
/** The latest load of each role. */
const latest = {};
/** What both roles need at the start; every further attempt asks for its own. */
const beginning = begin(0);
/** The loads that run before anybody has asked for one. */
const early = { preview: start("preview", 0), default: start("default", 0) };

/**
 * Loads the model that the manifest calls "preview" or "default", for the `attempt`th time from 0. The outcome is
 * `{ classifier, model }`, `model` as in the manifest; null where no preview is needed.
 */
export const loadEngine = (role, attempt, onProgress) => {
  const loading = early[role] ?? start(role, attempt);
  early[role] = undefined;
  return loading.tell(onProgress);
};

function start(role, attempt) {
  let last;
  let onProgress = (progress) => (last = progress);
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
  // Told to whoever asks; but of a preview the app says nothing.
  loading.outcome.catch(({ message }) => {
    if (role === "preview") console.warn(`No quick answers: ${message}`);
  });
  latest[role] = loading;
  return loading;
}

async function loadPreview(attempt, onProgress) {
  const [Classifier, manifest] = await (attempt === 0 ? beginning : begin(attempt));
  const { preview, default: whole } = manifest;
  if (preview === undefined || preview === whole) return null;
  if (isRemembered(manifest.models?.find(({ id }) => id === whole))) {
    const arrival = latest.default.outcome.then(() => true, () => false);
    if (await Promise.race([arrival, after(CACHE_PATIENCE_MS)])) return null;
  }
  return loadModel(Classifier, listed(manifest, "preview"), onProgress);
}

async function loadDefault(attempt, onProgress) {
  const [Classifier, manifest] = await (attempt === 0 ? beginning : begin(attempt));
  const model = listed(manifest, "default");
  if (!isRemembered(model)) await outOfTheWay(latest.preview);
  const loaded = await loadModel(Classifier, model, onProgress);
  remember(model);
  return loaded;
}

/** Settles when a load has, or when it has given no sign of life for a while. */
function outOfTheWay(loading) {
  return new Promise((resolve) => {
    let timer;
    loading.onSign = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, STALL_MS);
    };
    loading.onSign();
    loading.outcome.then(resolve, resolve);
  });
}

async function loadModel(Classifier, model, onProgress) {
  onProgress({ loaded: 0, total: model.size_bytes });
  // Named by content, the model stays in the browser's cache until another one takes its place.
  const classifier = await Classifier.load({
    model: `${MODELS_URL}${model.file}?sha256=${model.sha256}`,
    sha256: model.sha256,
    onProgress: ({ loaded, total = model.size_bytes }) => onProgress({ loaded, total }),
  });
  return { classifier, model };
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether this default model has loaded on an earlier visit; false where the browser keeps nothing. */
function isRemembered(model) {
  try {
    return model !== undefined && localStorage.getItem(REMEMBERED) === model.sha256;
  } catch {
    return false;
  }
}

function remember(model) {
  try {
    localStorage.setItem(REMEMBERED, model.sha256);
  } catch {
    // Then the next visit begins with the preview again.
  }
}

function begin(attempt) {
  return Promise.all([importClassifier(attempt), fetchManifest()]);
}

/** Each attempt imports under another address: browsers remember a module that failed to load. */
async function importClassifier(attempt) {
  const url = attempt === 0 ? ENGINE_URL : `${ENGINE_URL}?attempt=${attempt}`;
  const { Classifier } = await import(url).catch(({ message }) => {
    throw new Error(`The engine at ${ENGINE_URL} did not start. Check the connection and try again. (${message})`);
  });
  return Classifier;
}

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

/** The model that the manifest gives this role. */
function listed(manifest, role) {
  const model = manifest.models?.find(({ id }) => id === manifest[role]);
  if (model === undefined) {
    const name = JSON.stringify(manifest[role]);
    throw new Error(`${MANIFEST_URL} names ${name} as its ${role} model, but does not list it. Ask the server's operator.`);
  }
  return model;
}
