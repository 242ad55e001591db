// Generated from the JSDoc of tickertone.js by `cargo xtask test`: change it there.

/** A loaded model; `Classifier.load` makes it. */
export class Classifier {
    /**
     * Downloads a model, checks it and makes it ready to answer.
     *
     * Rejects with a `TypeError` for a wrong option, an `AbortError` when cancelled, an `Error` that says what
     * was expected and what was found for everything else: HTTP status, connection, size, hash, format, and a
     * browser without WebAssembly SIMD. Where a file from the browser's cache has another hash, it is fetched once
     * more past the cache.
     *
     * @param {LoadOptions} options
     * @returns {Promise<Classifier>}
     */
    static load(options: LoadOptions): Promise<Classifier>;
    /**
     * @private
     * @param {import("./engine.js").Engine} engine
     */
    private constructor();
    /** What answers: model id, engine build, kernel, labels, longest input in tokens. */
    get info(): Readonly<EngineInfo>;
    /**
     * Classifies texts; the answers come in the order of the texts, and no text gives an empty array.
     *
     * Rejects with a `TypeError` for anything but an array of strings, and with an `Error` that names the index of the
     * first text that cannot be read: its `name` is `EmptyText` where there is nothing to read (an empty text, or only
     * a URL), `TextTooLong` above 1 MiB. A worker that dies is replaced and asked anew; if that one dies of the same
     * texts, the call is rejected.
     *
     * @param {readonly string[]} texts
     * @returns {Promise<Prediction[]>}
     */
    classify(texts: readonly string[]): Promise<Prediction[]>;
    /**
     * Classifies one text and measures what each of its words did for the result. Rejects as `classify` does.
     *
     * @param {string} text
     * @returns {Promise<Explanation>}
     */
    explain(text: string): Promise<Explanation>;
    /**
     * Bytes of WebAssembly memory, all workers together. Answered when they have answered what came before.
     *
     * @returns {Promise<number>}
     */
    memory(): Promise<number>;
    /** Gives workers and memory back. Calls that are not answered yet are rejected, and so are later ones. */
    dispose(): void;
    #private;
}
/**
 * A build of the engine: `relaxed` is faster and needs relaxed SIMD.
 */
export type Build = "relaxed" | "simd128";
/**
 * How far a download is.
 */
export type Progress = {
    /**
     * Bytes that have arrived; never decreases.
     */
    loaded: number;
    /**
     * Bytes there are; undefined where the server does not say.
     */
    total: number | undefined;
};
/**
 * What `Classifier.load` takes.
 */
export type LoadOptions = {
    /**
     * Where the model file (GGUF) is; relative to the page.
     */
    model: string | URL;
    /**
     * What the file must hash to: 64 hexadecimal digits, as in `models/manifest.json`. Not checked if left out.
     */
    sha256?: string | undefined;
    /**
     * Compute in workers, so that the page never waits. Default: true.
     */
    worker?: boolean | undefined;
    /**
     * How many workers at most, each with an engine of its own; all but the first start when a batch is large enough.
     * Default: one per core, at most 4. With `worker: false` there are none.
     */
    workers?: number | undefined;
    /**
     * Default: `"auto"`, the fastest that the browser can run. Where it cannot run the one that is named, the other one
     * runs, and `info.fallback` says so.
     */
    engine?: "auto" | Build | undefined;
    /**
     * Called as the model file arrives.
     */
    onProgress?: ((progress: Progress) => void) | undefined;
    /**
     * Cancels loading, which is then rejected with a `DOMException` named `AbortError`.
     */
    signal?: AbortSignal | undefined;
};
/**
 * One text's classification.
 */
export type Prediction = {
    /**
     * The most probable label: of the models shipped so far `Bearish`, `Bullish` or `Neutral`.
     */
    label: string;
    /**
     * Calibrated probability of every label, in the order of `info.labels`; they sum to 1.
     */
    scores: Record<string, number>;
    /**
     * The highest probability lies below the threshold that the model file states.
     */
    uncertain: boolean;
    /**
     * Tokens the model read, the two special ones included.
     */
    tokens: number;
    /**
     * Layers of the model after which the answer was read: fewer than `info.layers` where the model was sure enough early.
     */
    layers: number;
    /**
     * The text was longer than the model reads; its end was left out.
     */
    truncated: boolean;
};
/**
 * What one word did for the result.
 */
export type WordContribution = {
    /**
     * The word as it was written.
     */
    word: string;
    /**
     * p(label | text) − p(label | text without this word), −1 to 1: positive speaks for the label.
     */
    contribution: number;
};
/**
 * A classification and what each word did for it.
 */
export type Explanation = {
    /**
     * The classification of the whole text.
     */
    prediction: Prediction;
    /**
     * The first 64 words of the text, in reading order.
     */
    words: WordContribution[];
};
/**
 * What answers.
 */
export type EngineInfo = {
    /**
     * Id of the loaded model.
     */
    model: string;
    /**
     * The build that runs.
     */
    engine: Build;
    /**
     * Why it is not the build that was wanted; null where it is, and for what `"auto"` chose unhindered.
     */
    fallback: string | null;
    /**
     * What computes the matrix products.
     */
    kernel: string;
    /**
     * The model's labels, in label order.
     */
    labels: readonly string[];
    /**
     * Longest input in tokens, the two special ones included.
     */
    maxTokens: number;
    /**
     * Layers of the model.
     */
    layers: number;
    /**
     * An answer whose highest probability lies below this is uncertain; one above it only where the model knows nearly none
     * of the text's words.
     */
    uncertainBelow: number;
};
