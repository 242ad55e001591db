/**
 * Keeps the page and its engine for visits without a network: all files of one build, or none of them.
 *
 * `cargo xtask build` puts a line before this one that says which files those are, `FILES = { address: SHA-256 }`; so with
 * every build this script differs, and browsers take it for a new version. That one waits until the visitor wants it
 * (js/updates.js): no page is made of the files of two builds. Models and their list are kept by the page itself.
 */

/** @type {any} Types of the DOM and of a service worker exclude each other. */
const worker = self;
/** @type {Record<string, string>} */
const files = worker.FILES;
/** Where the page lies; every address in the list is relative to it. */
const SCOPE = worker.registration.scope;
const OURS = `tickertone-page ${new URL(SCOPE).pathname} `;
const INDEX = "index.html";

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener("message", (/** @type {any} */ { data }) => data === "take over" && worker.skipWaiting());
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const file = fileOf(event.request);
  if (file !== null) event.respondWith(answer(file, event.request));
});

/** This version's cache: another list is another version. */
const cacheName = sha256(new TextEncoder().encode(JSON.stringify(files))).then((hash) => OURS + hash);

async function install() {
  const name = await cacheName;
  const cache = await caches.open(name);
  try {
    await Promise.all(Object.keys(files).map(async (file) => cache.put(SCOPE + file, await checked(file))));
  } catch (error) {
    await caches.delete(name); // a part of a version is of no use, and takes room
    throw error;
  }
}

/**
 * A file of this build from the server; what the browser has already is not sent again.
 *
 * @param {string} file
 */
async function checked(file) {
  const response = await fetch(SCOPE + file, { cache: "no-cache" });
  const found = response.ok ? await sha256(await response.clone().arrayBuffer()) : `status ${response.status}`;
  if (found !== files[file]) throw new Error(`${file}: expected ${files[file]}, found ${found}: in the middle of an update`);
  // Made anew: a redirected answer may not be given to a navigation, and these two speak of how it travelled.
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(await response.blob(), { headers });
}

async function activate() {
  const name = await cacheName;
  const others = (await caches.keys()).filter((other) => other.startsWith(OURS) && other !== name);
  await Promise.all(others.map((other) => caches.delete(other)));
  // The first version keeps the page that is open, too: what that asks for later is of the same build.
  await worker.clients.claim();
}

/**
 * The file of this build that a request asks for; null for everything else, which goes to the server.
 *
 * @param {Request} request
 */
function fileOf({ method, url }) {
  if (method !== "GET" || !url.startsWith(SCOPE)) return null;
  const path = new URL(url).pathname.slice(new URL(SCOPE).pathname.length) || INDEX;
  return Object.hasOwn(files, path) ? path : null;
}

/**
 * @param {string} file
 * @param {Request} request
 */
async function answer(file, request) {
  const cache = await caches.open(await cacheName);
  const kept = await cache.match(SCOPE + file);
  if (kept) return kept;
  // The browser has lost it. What the server has may be of another build: then at least not for the next time.
  const fresh = await checked(file).catch(() => null);
  if (fresh === null) return fetch(request);
  await cache.put(SCOPE + file, fresh.clone()).catch(() => {});
  return fresh;
}

/** @param {BufferSource} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
