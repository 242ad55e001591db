// Generated from the JSDoc of tickertone.js by `cargo xtask test`: change it there.

/**
 * A build of the engine: `relaxed` is faster and needs relaxed SIMD.
 *
 * @typedef {"relaxed" | "simd128"} Build
 */
/**
 * How far a download is.
 *
 * @typedef {object} Progress
 * @property {number} loaded  Bytes that have arrived; never decreases.
 * @property {number | undefined} total  Bytes there are; undefined where the server does not say.
 */
/**
 * What `Classifier.load` takes.
 *
 * @typedef {object} LoadOptions
 * @property {string | URL | Blob} model
 * Where the model file (GGUF) is, relative to the page (in Node: an address, or a path); or the file itself.
 * @property {string | undefined} [sha256]
 * What the file must hash to: 64 hexadecimal digits, as in `models/manifest.json`. Not checked if left out.
 * @property {boolean | undefined} [worker]
 * Compute in workers, so that the page never waits. Default: true where there are workers; there are none in Node and in
 * service workers.
 * @property {number | undefined} [workers]
 * How many workers at most, each with an engine of its own; all but the first start when a batch is large enough.
 * Default: one per core, at most 4. With `worker: false` there are none.
 * @property {"auto" | Build | undefined} [engine]
 * Default: `"auto"`, the fastest that the browser can run. Where it cannot run the one that is named, the other one
 * runs, and `info.fallback` says so.
 * @property {string | URL | undefined} [workerUrl]
 * Where the package's `worker.js` is, if not beside the module that is imported. From another origin it is started
 * through a Blob.
 * @property {{ relaxed?: string | URL, simd128?: string | URL } | undefined} [wasmUrl]
 * Where the package's WebAssembly modules are, if not beside the module that is imported.
 * @property {((progress: Progress) => void) | undefined} [onProgress]
 * Called as the model file arrives.
 * @property {AbortSignal | undefined} [signal]
 * Cancels loading, which is then rejected with the signal's reason: unless another was given, a `DOMException` named
 * `AbortError`, or `TimeoutError` of `AbortSignal.timeout`.
 */
/**
 * How far a call is.
 *
 * @typedef {object} CountProgress
 * @property {number} done  Texts that are classified (words that are measured), whichever they are.
 * @property {number} total  Those there are.
 */
/**
 * What every call takes.
 *
 * @typedef {object} CallOptions
 * @property {AbortSignal | undefined} [signal]
 * Cancels the call, which is then rejected with the signal's reason. What has not begun is dropped at once.
 * @property {((progress: CountProgress) => void) | undefined} [onProgress]
 * Called as answers come.
 */
/**
 * What becomes of a text that cannot be read: `"throw"` rejects the call, `"null"` puts null in its place.
 *
 * @typedef {"throw" | "null"} OnError
 */
/**
 * What `classify` takes beside texts.
 *
 * @typedef {CallOptions & { onError?: OnError | undefined }} ClassifyOptions
 */
/**
 * What `stream` takes beside texts.
 *
 * @typedef {object} StreamOptions
 * @property {AbortSignal | undefined} [signal]
 * Ends the stream, whose next step is then rejected with the signal's reason.
 */
/**
 * What became of one text of a stream: a prediction, or the error that says why there is none.
 *
 * @typedef {{ index: number, text: string, prediction: Prediction, error: null }
 *   | { index: number, text: string, prediction: null, error: Error }} StreamItem
 */
/**
 * One text's classification.
 *
 * @typedef {object} Prediction
 * @property {string} label
 * The most probable label: of the models shipped so far `Bearish`, `Bullish` or `Neutral`.
 * @property {Record<string, number>} scores
 * Calibrated probability of every label, in the order of `info.labels`; they sum to 1.
 * @property {boolean} uncertain
 * The highest probability lies below the threshold that the model file states.
 * @property {number} tokens
 * Tokens the model read, the two special ones included.
 * @property {number} layers
 * Layers of the model after which the answer was read: fewer than `info.layers` where the model was sure enough early.
 * @property {boolean} truncated
 * The text was longer than the model reads; its end was left out.
 */
/**
 * What one word did for the result.
 *
 * @typedef {object} WordContribution
 * @property {string} word
 * The word as it was written.
 * @property {number} contribution
 * p(label | text) − p(label | text without this word), −1 to 1: positive speaks for the label.
 */
/**
 * A classification and what each word did for it.
 *
 * @typedef {object} Explanation
 * @property {Prediction} prediction
 * The classification of the whole text.
 * @property {WordContribution[]} words
 * The first 64 words of the text, in reading order.
 */
/**
 * What answers.
 *
 * @typedef {object} EngineInfo
 * @property {string} model
 * Id of the loaded model.
 * @property {Build} engine
 * The build that runs.
 * @property {string | null} fallback
 * Why it is not the build that was wanted; null where it is, and for what `"auto"` chose unhindered.
 * @property {string} kernel
 * What computes the matrix products.
 * @property {readonly string[]} labels
 * The model's labels, in label order.
 * @property {number} maxTokens
 * Longest input in tokens, the two special ones included.
 * @property {number} layers
 * Layers of the model.
 * @property {number} uncertainBelow
 * An answer whose highest probability lies below this is uncertain; one above it only where the model knows nearly none
 * of the text's words.
 */
/** A loaded model; `Classifier.load` makes it. */
export class Classifier {
    /**
     * Loads a model, checks it and makes it ready to answer.
     *
     * Rejects with a `TypeError` for a wrong option, with the signal's reason when cancelled, and with an `Error` that says
     * what was expected and what was found for everything else: HTTP status, connection, size, hash, format, and a
     * browser without WebAssembly SIMD. Where a file from the browser's cache has another hash, it is fetched once
     * more past the cache.
     *
     * @param {LoadOptions} options
     * @returns {Promise<Classifier>}
     */
    static load(options: LoadOptions): Promise<Classifier>;
    /**
     * @private
     * @param {import("./pool.js").Engines} engines
     */
    private constructor();
    /** What answers: model id, engine build, kernel, labels, longest input in tokens. */
    get info(): Readonly<EngineInfo>;
    /**
     * Classifies texts; the answers come in the order of the texts, and no text gives an empty array.
     *
     * Rejects with a `TypeError` for anything but an array of strings, with the signal's reason when cancelled, and with an
     * `Error` about the first text that cannot be read, whose `index` it has: its `name` is `EmptyText` where there is
     * nothing to read (an empty text, or only a URL), `TextTooLong` above 1 MiB. With `onError: "null"` there is null in
     * the place of such texts instead. A worker that dies is replaced and asked anew; texts of which that one dies, too,
     * cannot be read.
     *
     * @overload
     * @param {readonly string[]} texts
     * @param {CallOptions & { onError?: "throw" | undefined }} [options]
     * @returns {Promise<Prediction[]>}
     */
    classify(texts: readonly string[], options?: (CallOptions & {
        onError?: "throw" | undefined;
    }) | undefined): Promise<Prediction[]>;
    /**
     * @overload
     * @param {readonly string[]} texts
     * @param {ClassifyOptions} options
     * @returns {Promise<(Prediction | null)[]>}
     */
    classify(texts: readonly string[], options: ClassifyOptions): Promise<(Prediction | null)[]>;
    /**
     * Classifies texts as they come, from an array, a generator, a file that is read line by line. One bad text never ends
     * it: its item has the error. Reads ahead no further than the workers need; leaving the loop stops the work.
     *
     * @param {Iterable<string> | AsyncIterable<string>} texts
     * @param {StreamOptions} [options]
     * @returns {AsyncIterableIterator<StreamItem>}
     */
    stream(texts: Iterable<string> | AsyncIterable<string>, options?: StreamOptions): AsyncIterableIterator<StreamItem>;
    /**
     * Classifies one text and measures what each of its words did for the result. Rejects as `classify` does.
     *
     * @param {string} text
     * @param {CallOptions} [options]
     * @returns {Promise<Explanation>}
     */
    explain(text: string, options?: CallOptions): Promise<Explanation>;
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
     * Where the model file (GGUF) is, relative to the page (in Node: an address, or a path); or the file itself.
     */
    model: string | URL | Blob;
    /**
     * What the file must hash to: 64 hexadecimal digits, as in `models/manifest.json`. Not checked if left out.
     */
    sha256?: string | undefined;
    /**
     * Compute in workers, so that the page never waits. Default: true where there are workers; there are none in Node and in
     * service workers.
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
     * Where the package's `worker.js` is, if not beside the module that is imported. From another origin it is started
     * through a Blob.
     */
    workerUrl?: string | URL | undefined;
    /**
     * Where the package's WebAssembly modules are, if not beside the module that is imported.
     */
    wasmUrl?: {
        relaxed?: string | URL;
        simd128?: string | URL;
    } | undefined;
    /**
     * Called as the model file arrives.
     */
    onProgress?: ((progress: Progress) => void) | undefined;
    /**
     * Cancels loading, which is then rejected with the signal's reason: unless another was given, a `DOMException` named
     * `AbortError`, or `TimeoutError` of `AbortSignal.timeout`.
     */
    signal?: AbortSignal | undefined;
};
/**
 * How far a call is.
 */
export type CountProgress = {
    /**
     * Texts that are classified (words that are measured), whichever they are.
     */
    done: number;
    /**
     * Those there are.
     */
    total: number;
};
/**
 * What every call takes.
 */
export type CallOptions = {
    /**
     * Cancels the call, which is then rejected with the signal's reason. What has not begun is dropped at once.
     */
    signal?: AbortSignal | undefined;
    /**
     * Called as answers come.
     */
    onProgress?: ((progress: CountProgress) => void) | undefined;
};
/**
 * What becomes of a text that cannot be read: `"throw"` rejects the call, `"null"` puts null in its place.
 */
export type OnError = "throw" | "null";
/**
 * What `classify` takes beside texts.
 */
export type ClassifyOptions = CallOptions & {
    onError?: OnError | undefined;
};
/**
 * What `stream` takes beside texts.
 */
export type StreamOptions = {
    /**
     * Ends the stream, whose next step is then rejected with the signal's reason.
     */
    signal?: AbortSignal | undefined;
};
/**
 * What became of one text of a stream: a prediction, or the error that says why there is none.
 */
export type StreamItem = {
    index: number;
    text: string;
    prediction: Prediction;
    error: null;
} | {
    index: number;
    text: string;
    prediction: null;
    error: Error;
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
