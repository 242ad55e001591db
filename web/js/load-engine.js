/**
 * Loads the engine and the manifest's default model, from the moment this file is evaluated: the app's own
 * WebAssembly is still being compiled then. Once the app is there, it asks for the outcome (src/engine.rs).
 */

const ENGINE_URL = "/engine/tickertone.js";
const MODELS_URL = "/models/";

/** The load that runs before anybody has asked for one. */
let early = start(0);

/** Loads, for the `attempt`th time from 0; the outcome is `{ classifier, model }`, `model` as in the manifest. */
export const loadEngine = (attempt, onProgress) => {
  const loading = early ?? start(attempt);
  early = undefined;
  return loading.tell(onProgress);
};

function start(attempt) {
  let last;
  let onProgress = (progress) => (last = progress);
  const outcome = load(attempt, (progress) => onProgress(progress));
  outcome.catch(() => {}); // it is told to whoever asks
  return {
    tell: (listener) => {
      if (last) listener(last);
      onProgress = listener;
      return outcome;
    },
  };
}

async function load(attempt, onProgress) {
  const [Classifier, model] = await Promise.all([importClassifier(attempt), defaultModel()]);
  onProgress({ loaded: 0, total: model.size_bytes });
  // Named by content, the model stays in the browser's cache until another one takes its place.
  const url = `${MODELS_URL}${model.file}?sha256=${model.sha256}`;
  const classifier = await Classifier.load({
    model: url,
    sha256: model.sha256,
    onProgress: ({ loaded, total = model.size_bytes }) => onProgress({ loaded, total }),
  });
  return { classifier, model };
}

/** Each attempt imports under another address: browsers remember a module that failed to load. */
async function importClassifier(attempt) {
  const url = attempt === 0 ? ENGINE_URL : `${ENGINE_URL}?attempt=${attempt}`;
  const { Classifier } = await import(url).catch(({ message }) => {
    throw new Error(`The engine at ${ENGINE_URL} did not start. Check the connection and try again. (${message})`);
  });
  return Classifier;
}

async function defaultModel() {
  const url = `${MODELS_URL}manifest.json`;
  const response = await fetch(url).catch(() => {
    throw new Error(`${url} did not arrive. Check the connection and try again.`);
  });
  if (!response.ok) {
    const found = `${response.status} ${response.statusText}`.trimEnd();
    throw new Error(
      `Expected the list of models at ${url}, but the server answered ${found}. Ask its operator to add a model.`,
    );
  }
  const manifest = await response.json().catch(({ message }) => {
    throw new Error(
      `Expected a list of models at ${url}, but found something else (${message}). Ask the server's operator.`,
    );
  });
  const model = manifest.models?.find(({ id }) => id === manifest.default);
  if (model === undefined) {
    const name = JSON.stringify(manifest.default);
    throw new Error(`${url} names ${name} as its default model, but does not list it. Ask the server's operator.`);
  }
  return model;
}
