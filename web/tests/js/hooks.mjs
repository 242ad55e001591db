/**
 * Has Node resolve what the page's server would: `/engine/…` is the fake engine beside this file, and what trunk serves
 * of web/js are modules.
 */

const FAKE = new URL("fake-engine.mjs", import.meta.url).href;

/** See Node's module customization hooks. */
export async function resolve(specifier, context, next) {
  if (!specifier.startsWith("/engine/tickertone.js")) return next(specifier, context);
  // Each page has an engine of its own, which may fail to load.
  const [page, query] = [new URL(context.parentURL), new URL(specifier, "file:")];
  return { url: `${FAKE}${page.search}&${query.searchParams}`, shortCircuit: true };
}

/** See there. */
export async function load(url, context, next) {
  return next(url, url.includes("/web/js/") ? { ...context, format: "module" } : context);
}
