/** What a TypeScript user of the package may write, and what the compiler must refuse. Checked, never run. */

import { TickerTone } from "../../js/element.js";
import { Classifier, type Explanation, type LoadOptions, type Prediction, type StreamItem } from "../../js/tickertone.js";

export async function use(options: LoadOptions): Promise<string> {
  const classifier = await Classifier.load({
    ...options,
    model: new URL("https://example.org/models/tiny.gguf"),
    sha256: undefined,
    engine: "relaxed",
    workerUrl: "/tickertone/worker.js",
    wasmUrl: { relaxed: new URL("https://example.org/relaxed.wasm") },
    onProgress: ({ loaded, total }) => console.log(loaded.toFixed(), total?.toFixed()),
    signal: new AbortController().signal,
  });
  const [prediction]: Prediction[] = await classifier.classify(["one", "two"] as const);
  const some: (Prediction | null)[] = await classifier.classify(["one"], { onError: "null" });
  const all: Prediction[] = await classifier.classify(["one"], { onError: "throw", signal: AbortSignal.timeout(1_000) });
  const onProgress = ({ done, total }: { done: number; total: number }) => console.log(done / total);
  const { words }: Explanation = await classifier.explain("one", { onProgress });
  for await (const item of classifier.stream(new Set(["one"]))) {
    const { index, text }: StreamItem = item;
    const label: string = item.error === null ? item.prediction.label : item.error.message;
    console.log(index, text, label, some.length, all.length);
  }
  const element: HTMLElement = new TickerTone();
  element.remove();
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
  // @ts-expect-error there may be null
  const lenient: Promise<Prediction[]> = classifier.classify(["one"], { onError: "null" });
  // @ts-expect-error a misspelt option
  const unheard = classifier.stream(["one"], { onprogress: () => {} });
  // @ts-expect-error what answers is not up to the caller
  classifier.info.model = "another";
  return [withoutModel, misspelt, unknown, made, single, lenient, unheard];
}
