/** What wasm-bindgen writes when the engine is built, in the eyes of the type check, which needs no build. */

declare module "*/tickertone_engine.js" {
  const init: (options: { module_or_path: WebAssembly.Module }) => Promise<{ memory: WebAssembly.Memory }>;
  export default init;
}
