/**
 * For `require("tickertone")` where Node cannot require an ES module (before 22.12): the same class, as far as it is
 * needed, since everything begins with `await Classifier.load()`.
 */

"use strict";

exports.Classifier = {
  load: async (options) => (await import("./tickertone.js")).Classifier.load(options),
};
