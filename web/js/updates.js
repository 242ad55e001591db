/**
 * Keeps the page for visits without a network, and sees when the server has another version of page or models.
 *
 * Nothing changes under the visitor's hands: the newer version waits until it is asked for. What keeps the page
 * (service-worker.js) is fetched only when the models are here, so that it takes nothing of the line from them.
 */

import { isQuiet, readManifest } from "./load-engine.js";
import { fetchManifest } from "./manifest.js";

/** @typedef {import("./manifest.js").Manifest} Manifest */

/** How often an open page asks for a newer version, beside each time that it is looked at again. */
const INTERVAL_MS = 60 * 60 * 1000;

/** The page's keeper, where the browser has one. @type {Promise<ServiceWorkerRegistration | null>} */
const keeper = register();
/** The version that waits. @type {ServiceWorker | null} */
let waiting = null;

/**
 * Calls back once when there is a newer version of page or models, ready to be switched to.
 *
 * @param {() => void} onUpdate
 */
export function watchForUpdates(onUpdate) {
  let isTold = false;
  const tell = () => {
    if (isTold) return;
    isTold = true;
    onUpdate();
  };
  keeper.then((registration) => registration && watch(registration, tell));
  const look = () => document.visibilityState === "visible" && lookForUpdates(tell);
  addEventListener("visibilitychange", look);
  addEventListener("online", look);
  addEventListener("pageshow", ({ persisted }) => persisted && look());
  setInterval(look, INTERVAL_MS);
}

/** Switches to the newer version: the page is loaded again. */
export function applyUpdate() {
  if (waiting?.state !== "installed") return location.reload(); // only the models are new, or another tab has switched
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}

/** Without a keeper the page works as ever, with a network. */
async function register() {
  try {
    if (!navigator.serviceWorker) return null; // an insecure context, or a private window of some browsers
    await isQuiet;
    return await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI));
  } catch {
    return null;
  }
}

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {() => void} tell
 */
function watch(registration, tell) {
  const { serviceWorker } = navigator;
  /** @param {ServiceWorker | null} worker */
  const wait = (worker) => {
    // Without a controller it is the first version, which takes nobody's place.
    if (worker?.state !== "installed" || !serviceWorker.controller) return;
    waiting = worker;
    tell();
  };
  wait(registration.waiting);
  const follow = () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => wait(worker));
  };
  registration.addEventListener("updatefound", follow);
  follow();
  // Another tab has switched: what this one asks for from now on comes from the newer version.
  let controller = serviceWorker.controller;
  serviceWorker.addEventListener("controllerchange", () => {
    if (controller) tell();
    ({ controller } = serviceWorker);
  });
}

/** @param {() => void} tell */
async function lookForUpdates(tell) {
  const registration = await keeper;
  // Offline, or the server is away: then another time.
  await registration?.update().catch(() => {});
  if (registration?.installing) return; // it will be told when it is ready
  const [here, there] = await Promise.all([readManifest(), fetchManifest()]).catch(() => []);
  if (here && there && models(here) !== models(there)) tell();
}

/**
 * What the page would load.
 *
 * @param {Manifest} manifest
 */
function models(manifest) {
  return JSON.stringify([manifest.default, manifest.preview, manifest.models.map(({ id, sha256 }) => [id, sha256])]);
}
