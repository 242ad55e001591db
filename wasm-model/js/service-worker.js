/**
 * The package's entry for service workers, where `import()` is refused: the same as tickertone.js, with the engine's
 * JavaScript imported beforehand.
 */

import * as relaxed from "./relaxed/tickertone_engine.js";
import * as simd128 from "./simd128/tickertone_engine.js";

import { importedGlue } from "./builds.js";

importedGlue.set("relaxed", relaxed).set("simd128", simd128);

export { Classifier } from "./tickertone.js";
