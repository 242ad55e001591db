/** What a TypeScript user of the package may write, and what the compiler must refuse. Checked, never run. */

import { Classifier, type Explanation, type LoadOptions, type Prediction } from "../../js/tickertone.js";

export async function use(options: LoadOptions): Promise<string> {
  const classifier = await Classifier.load({
    ...options,
    model: new URL("https://example.org/models/tiny.gguf"),
    sha256: undefined,
    engine: "relaxed",
    onProgress: ({ loaded, total }) => console.log(loaded.toFixed(), total?.toFixed()),
    signal: new AbortController().signal,
  });
  const [prediction]: Prediction[] = await classifier.classify(["one", "two"] as const);
  const { words }: Explanation = await classifier.explain("one");
  const bytes: number = await classifier.memory();
  const { model, engine, fallback, labels } = classifier.info;
  classifier.dispose();
  const build: "relaxed" | "simd128" = engine;
  const why: string | null = fallback;
  return [prediction?.scores["up"], words[0]?.contribution, bytes, model, build, why, ...labels].join();
}

export function misuse(classifier: Classifier): unknown[] {
  // @ts-expect-error a model is needed
  const withoutModel = Classifier.load({});
  // @ts-expect-error a misspelt option
  const misspelt = Classifier.load({ model: "tiny.gguf", sha265: "" });
  // @ts-expect-error no such build
  const unknown = Classifier.load({ model: "tiny.gguf", engine: "gpu" });
  // @ts-expect-error only `load` makes one
  const made = new Classifier();
  // @ts-expect-error an array is needed
  const single = classifier.classify("one");
  // @ts-expect-error what answers is not up to the caller
  classifier.info.model = "another";
  return [withoutModel, misspelt, unknown, made, single];
}
