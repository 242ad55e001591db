/**
 * Loads engine and models, from the moment this file is evaluated: the app's own WebAssembly is still being
 * compiled then. Once the app is there, it asks for the outcomes (src/engine.rs).
 *
 * The manifest's preview comes first and has the line for itself; then the default model. Where the browser has
 * the default model in its cache, the preview would only flash by, and is left out.
 */

const ENGINE_URL = "/engine/tickertone.js";
const MODELS_URL = "/models/";
const MANIFEST_URL = `${MODELS_URL}manifest.json`;

/** A preview that has brought nothing for so long is not waited for any more. */
const STALL_MS = 10_000;
/** Where the SHA-256 of the default model that loaded last is kept. */
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
  loading.outcome.catch(() => {}); // it is told to whoever asks
  latest[role] = loading;
  return loading;
}

async function loadPreview(attempt, onProgress) {
  const { Classifier, manifest, isPreviewUseful } = await (attempt === 0 ? beginning : begin(attempt));
  if (!isPreviewUseful) return null;
  return loadModel(Classifier, listed(manifest, "preview"), onProgress).catch((error) => {
    console.warn(`No quick answers: ${error.message}`); // the page does not say it: the default model comes
    throw error;
  });
}

async function loadDefault(attempt, onProgress) {
  const { Classifier, manifest, isPreviewUseful } = await (attempt === 0 ? beginning : begin(attempt));
  if (isPreviewUseful) await outOfTheWay(latest.preview);
  const loaded = await loadModel(Classifier, listed(manifest, "default"), onProgress);
  remember(loaded.model);
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
  const classifier = await Classifier.load({
    model: addressOf(model),
    sha256: model.sha256,
    onProgress: ({ loaded, total = model.size_bytes }) => onProgress({ loaded, total }),
  });
  return { classifier, model };
}

/** Named by content, a model stays in the browser's cache until another one takes its place. */
function addressOf(model) {
  return `${MODELS_URL}${model.file}?sha256=${model.sha256}`;
}

async function begin(attempt) {
  const manifest = fetchManifest();
  const [Classifier, isPreviewUseful] = await Promise.all([importClassifier(attempt), manifest.then(needsPreview)]);
  return { Classifier, manifest: await manifest, isPreviewUseful };
}

/** Whether there is a model that can be here before the default one. */
async function needsPreview(manifest) {
  if (manifest.preview === undefined || manifest.preview === manifest.default) return false;
  return !(await isCached(listed(manifest, "default")));
}

/**
 * Whether the browser has a model without asking the network. It is only asked where the model has been here
 * before: the console shows what a cache does not have as an error.
 */
async function isCached(model) {
  if (!isRemembered(model)) return false;
  const stop = new AbortController();
  const request = fetch(addressOf(model), { cache: "only-if-cached", mode: "same-origin", signal: stop.signal });
  const found = await request.then(({ ok }) => ok, () => false);
  stop.abort();
  return found;
}

function isRemembered({ sha256 }) {
  try {
    return localStorage.getItem(REMEMBERED) === sha256;
  } catch {
    return false; // it keeps nothing
  }
}

function remember({ sha256 }) {
  try {
    localStorage.setItem(REMEMBERED, sha256);
  } catch {
    // Then the next visit begins with the preview again.
  }
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
