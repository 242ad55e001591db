/** Has Node find the fake glue where a build of the engine would lie. */

const FAKE = new URL("fake-glue.mjs", import.meta.url).href;

/** See Node's module customization hooks. */
export async function resolve(specifier, context, next) {
  const [, build, query] = specifier.match(/\/(\w+)\/tickertone_engine\.js(\?.*)?$/) ?? [];
  return build === undefined ? next(specifier, context) : { url: `${FAKE}?${build}${query ?? ""}`, shortCircuit: true };
}
