/**
 * The builds of the engine that this version ships, best first. `"auto"` takes the first that the browser
 * can run; a further build is one more row (and its name in `Build` of tickertone.d.ts).
 */

/**
 * @typedef {object} Build
 * @property {string} name     what `engine` and `info.engine` call it
 * @property {string} feature  what the browser must offer, in words
 * @property {Uint8Array<ArrayBuffer>} probe  the smallest module that validates only where the feature is there
 * @property {string} glue     its wasm-bindgen module, relative to this file
 * @property {string} wasm     its WebAssembly module, relative to this file
 */

/** @type {readonly Build[]} */
export const builds = Object.freeze([
  {
    name: "simd128",
    feature: "128-bit WebAssembly SIMD",
    // (func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))
    probe: Uint8Array.of(
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
    ),
    glue: "./simd128/tickertone_engine.js",
    wasm: "./simd128/tickertone_engine_bg.wasm",
  },
]);

/**
 * The build to run.
 *
 * @param {unknown} engine  `"auto"` or the name of a build
 * @returns {Build}
 * @throws {TypeError} there is no such build
 * @throws {Error} the browser cannot run it
 */
export function chooseBuild(engine) {
  const candidates = engine === "auto" ? builds : builds.filter(({ name }) => name === engine);
  if (candidates.length === 0) {
    const names = builds.map(({ name }) => `"${name}"`).join(" and ");
    const found = typeof engine === "string" ? JSON.stringify(engine) : typeof engine;
    throw new TypeError(`engine: found ${found}, but this version ships only ${names}; use one of these or "auto"`);
  }
  const build = candidates.find(({ probe }) => globalThis.WebAssembly?.validate(probe));
  if (build === undefined) {
    const features = candidates.map(({ feature }) => feature).join(" or ");
    throw new Error(`this browser lacks ${features}, which the engine needs: update it or use another one`);
  }
  return build;
}
