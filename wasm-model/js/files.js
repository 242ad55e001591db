/**
 * Files, wherever they are: on a server, in the browser's hands as a Blob, and in Node on the disk.
 *
 * `fetch` reads no `file:` address in Node, and what stands there instead (`node:fs`) is named by a variable, so that
 * no bundler looks for it. Whatever cannot be had is told with the place and with what to do about it.
 */

/** @type {{ versions?: { node?: string } } | undefined} */
const host = /** @type {any} */ (globalThis).process;
/** Node, Deno or Bun: there are files, and paths are relative to the working directory. */
const hasDisk = host?.versions?.node !== undefined;

/**
 * One of Node's own modules.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
const nodeModule = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ name);

/**
 * An address as a whole one: relative to the page, in Node a path or an address.
 *
 * @param {string | URL} address
 * @throws {TypeError} it is none
 */
export async function absoluteUrl(address) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const isPath = typeof address === "string" && base === undefined && hasDisk && !/^[a-z][a-z\d+.-]+:/i.test(address);
  if (isPath) return (await nodeModule("node:url")).pathToFileURL(address).href;
  try {
    return new URL(address, base).href;
  } catch {
    throw new TypeError(`expected an address, found ${JSON.stringify(address)}`);
  }
}

/**
 * A response with a body, or an error that says what was asked for, where, and what came instead.
 *
 * @param {string} what
 * @param {string} url
 * @param {RequestInit} [init]
 */
export async function get(what, url, init) {
  const isOnDisk = hasDisk && url.startsWith("file:");
  const response = await (isOnDisk ? read(url) : fetch(url, init)).catch((cause) => {
    init?.signal?.throwIfAborted();
    const remedy = isOnDisk ? "check the path" : remedyFor(url);
    throw new Error(`cannot fetch ${what} from ${url}: ${cause.message}; ${remedy}`, { cause });
  });
  if (response.status !== 200) {
    throw new Error(`expected ${what} at ${url}, found HTTP ${response.status} ${response.statusText}`.trimEnd());
  }
  return response;
}

/** @param {string} url */
async function read(url) {
  const { readFile } = await nodeModule("node:fs/promises");
  return responseOf(new Blob([await readFile(new URL(url))]));
}

/**
 * A file that is here already, as if it had been fetched.
 *
 * @param {Blob} file
 */
export function responseOf(file) {
  return new Response(file, { headers: { "content-length": String(file.size) } });
}

/**
 * What may help where a request brings nothing: browsers do not tell whether the network or another origin's server
 * refused it.
 *
 * @param {string} url
 */
export function remedyFor(url) {
  if (!isForeign(url)) return "check the network and try again";
  const asker = globalThis.origin === "null" ? "a sandboxed frame (null)" : globalThis.origin;
  return (
    `check the network, and that ${new URL(url).origin} answers with Access-Control-Allow-Origin for ${asker}, ` +
    "or serve the file from the page's own origin"
  );
}

/**
 * Whether an address is of another origin than the page.
 *
 * @param {string} url
 */
export function isForeign(url) {
  return globalThis.origin !== undefined && new URL(url, globalThis.location?.href).origin !== globalThis.origin;
}

/**
 * Size of the body as it will be read, where that is known for certain, and as it was announced. What the header says of
 * a compressed body is another size; and whether a body is compressed, another origin does not let us see.
 *
 * @param {Response} response
 * @returns {{ exact: number | undefined, announced: number | undefined }}
 */
export function sizeOf({ headers, type }) {
  const length = headers.get("content-length");
  const encoding = headers.get("content-encoding");
  if (length === null || (encoding ?? "identity") !== "identity") return { exact: undefined, announced: undefined };
  const announced = Number(length);
  return { exact: type === "cors" && encoding === null ? undefined : announced, announced };
}
