/** Tickertone: reads the mood of finance tweets in the browser, on the device. */

/** A build of the engine: `relaxed` is faster and needs relaxed SIMD. */
export type Build = "relaxed" | "simd128";

/** How far a download is. */
export interface Progress {
  /** Bytes that have arrived; never decreases. */
  loaded: number;
  /** Bytes there are; undefined where the server does not say. */
  total: number | undefined;
}

export interface LoadOptions {
  /** Where the model file (GGUF) is; relative to the page. */
  model: string | URL;
  /** What the file must hash to: 64 hexadecimal digits, as in `models/manifest.json`. Not checked if left out. */
  sha256?: string | undefined;
  /** Compute in workers, so that the page never waits. Default: true. */
  worker?: boolean | undefined;
  /**
   * How many workers at most, each with an engine of its own; all but the first start when a batch is large
   * enough. Default: one a core, at most 4. With `worker: false` there are none.
   */
  workers?: number | undefined;
  /**
   * Default: `"auto"`, the fastest that the browser can run. Where it cannot run the one that is named, the
   * other one runs, and `info.fallback` says so.
   */
  engine?: "auto" | Build | undefined;
  /** Called as the model file arrives. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Cancels loading, which is then rejected with a `DOMException` named `AbortError`. */
  signal?: AbortSignal | undefined;
}

/** One text's classification. */
export interface Prediction {
  /** The most probable label: of the models shipped so far `Bearish`, `Bullish` or `Neutral`. */
  label: string;
  /** Calibrated probability of every label, in the order of `info.labels`; they sum to 1. */
  scores: Record<string, number>;
  /** The highest probability lies below the threshold that the model file states. */
  uncertain: boolean;
  /** Tokens the model read, the two special ones included. */
  tokens: number;
  /** The text was longer than the model reads; its end was left out. */
  truncated: boolean;
}

/** What one word did for the result. */
export interface WordContribution {
  /** The word as it was written. */
  word: string;
  /** p(label | text) − p(label | text without this word), −1 to 1: positive speaks for the label. */
  contribution: number;
}

/** A classification and what each word did for it. */
export interface Explanation {
  prediction: Prediction;
  /** The first 64 words of the text, in reading order. */
  words: WordContribution[];
}

/** What answers. */
export interface EngineInfo {
  /** Id of the loaded model. */
  readonly model: string;
  /** The build that runs. */
  readonly engine: Build;
  /** Why it is not the build that was wanted; null where it is, and for what `"auto"` chose unhindered. */
  readonly fallback: string | null;
  /** What computes the matrix products. */
  readonly kernel: string;
  /** The model's labels, in label order. */
  readonly labels: readonly string[];
  /** Longest input in tokens, the two special ones included. */
  readonly maxTokens: number;
}

/** A loaded model. */
export class Classifier {
  private constructor();

  /**
   * Downloads a model, checks it and makes it ready to answer.
   *
   * Rejects with a `TypeError` for a wrong option, an `AbortError` when cancelled, an `Error` that says what
   * was expected and what was found for everything else: HTTP status, connection, size, hash, format, and a
   * browser without WebAssembly SIMD.
   */
  static load(options: LoadOptions): Promise<Classifier>;

  readonly info: EngineInfo;

  /**
   * Classifies texts; the answers come in the order of the texts, and no text gives an empty array.
   *
   * Rejects with a `TypeError` for anything but an array of strings, and with an `Error` that names the index
   * of a text in which there is nothing to read (empty, or only a URL) or that is longer than 1 MiB. A worker
   * that dies is replaced and asked anew; if that one dies of the same texts, the call is rejected.
   */
  classify(texts: readonly string[]): Promise<Prediction[]>;

  /** Classifies one text and measures what each of its words did for the result. Rejects as `classify` does. */
  explain(text: string): Promise<Explanation>;

  /** Bytes of WebAssembly memory, all workers together. Answered when they have answered what came before. */
  memory(): Promise<number>;

  /** Gives workers and memory back. Calls that are not answered yet are rejected, and so are later ones. */
  dispose(): void;
}
