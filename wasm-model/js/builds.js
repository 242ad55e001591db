/**
 * The builds of the engine that this version ships, best first. `"auto"` takes the first that the browser
 * can run; a further build is one more row (and its name in `Build` of tickertone.js, and what to compile
 * in xtask/src/build.rs).
 *
 * Every address is written out where it is used, because that is how bundlers find the files: what is not a literal
 * beside `import.meta.url` or in `import()` does not get into the bundle. They are functions, so that importing this
 * file asks for nothing.
 */

/** @typedef {import("./tickertone.js").Build} Build */

/**
 * @typedef {object} EngineBuild
 * @property {Build} name  what `engine` and `info.engine` call it
 * @property {string} feature  what the browser must offer, in words
 * @property {Uint8Array<ArrayBuffer>} probe  the smallest module that validates only where the feature is there
 * @property {() => Promise<Glue>} importGlue  loads its wasm-bindgen module
 * @property {() => URL} glueUrl  where this is as a file of its own: under another query it is another module
 * @property {() => URL} wasmUrl  where its WebAssembly module is
 */

/**
 * What wasm-bindgen makes of the module: its own types are written when it is built (wasm-model/src/lib.rs).
 *
 * @typedef {any} Glue
 */

/**
 * Glue modules that are here already, by build: service-worker.js brings them, since `import()` is refused there.
 *
 * @type {Map<string, Glue>}
 */
export const importedGlue = new Map();

/** @type {readonly EngineBuild[]} */
export const builds = Object.freeze([
  {
    name: "relaxed",
    feature: "relaxed WebAssembly SIMD",
    // (func (result v128) (i32x4.relaxed_dot_i8x16_i7x16_add_s (i8x16.splat (i32.const 0)) … thrice))
    probe: Uint8Array.of(
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
      65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
    ),
    importGlue: () => import("./relaxed/tickertone_engine.js"),
    glueUrl: () => new URL("./relaxed/tickertone_engine.js", import.meta.url),
    wasmUrl: () => new URL("./relaxed/tickertone_engine_bg.wasm", import.meta.url),
  },
  {
    name: "simd128",
    feature: "128-bit WebAssembly SIMD",
    // (func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))
    probe: Uint8Array.of(
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
    ),
    importGlue: () => import("./simd128/tickertone_engine.js"),
    glueUrl: () => new URL("./simd128/tickertone_engine.js", import.meta.url),
    wasmUrl: () => new URL("./simd128/tickertone_engine_bg.wasm", import.meta.url),
  },
]);

/**
 * The builds that this browser can run, the one to try first in front: a browser may accept a probe and still
 * refuse the module. `fallback` says why the first is not the build that was asked for, where it is not.
 *
 * @param {unknown} engine  `"auto"` or the name of a build
 * @returns {{ builds: Build[], fallback: string | null }}
 * @throws {TypeError} there is no such build
 * @throws {Error} the browser can run none
 */
export function chooseBuilds(engine) {
  const wanted = engine === "auto" ? builds[0] : builds.find(({ name }) => name === engine);
  if (wanted === undefined) {
    const names = builds.map(({ name }) => `"${name}"`).join(" and ");
    const found = typeof engine === "string" ? JSON.stringify(engine) : typeof engine;
    throw new TypeError(`engine: found ${found}, but this version ships only ${names}; use one of these or "auto"`);
  }
  const ranked = [wanted, ...builds.filter((build) => build !== wanted)];
  const runnable = ranked.filter(({ probe }) => globalThis.WebAssembly?.validate(probe));
  if (runnable.length === 0) {
    const features = builds.map(({ feature }) => feature).join(" and ");
    throw new Error(`this browser lacks ${features}, one of which the engine needs: update it or use another one`);
  }
  const isAsWanted = engine === "auto" || runnable[0] === wanted;
  return { builds: runnable.map(({ name }) => name), fallback: isAsWanted ? null : `this browser lacks ${wanted.feature}` };
}
