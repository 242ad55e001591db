/** In the place of `/engine/tickertone.js`: what a load brings is up to the test. */

if (globalThis.engine.isMissing) throw new TypeError("Failed to fetch dynamically imported module");

/** The class as far as web/js/load-engine.js knows it. */
export class Classifier {
  static load(options) {
    return globalThis.engine.load(options, import.meta.url);
  }
}
