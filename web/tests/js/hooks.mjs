/**
 * Has Node resolve what the page's server would: `…/engine/…` is the fake engine beside this file, and what is served of
 * web/js are modules. A page is a query: all that it imports has the same, so each test has modules of its own.
 */

const FAKE = new URL("fake-engine.mjs", import.meta.url).href;

/** See Node's module customization hooks. */
export async function resolve(specifier, context, next) {
  const page = context.parentURL?.includes("/web/js/") ? new URL(context.parentURL).search : "";
  const [address, query = ""] = specifier.split("?");
  if (address.endsWith("/engine/tickertone.js")) {
    // Each page has an engine of its own, which may fail to load.
    return { url: `${FAKE}${page}&${query}`, shortCircuit: true };
  }
  const found = await next(specifier, context);
  return specifier.startsWith("./") && page ? { ...found, url: found.url + page } : found;
}

/** See there. */
export async function load(url, context, next) {
  return next(url, url.includes("/web/js/") ? { ...context, format: "module" } : context);
}
