/**
 * `<ticker-tone>`: a text and the mood of it, for pages that want no JavaScript of their own.
 *
 * Importing this module defines the element; where there is no document (on a server) it does nothing. Elements with the
 * same model share one classifier, which is disposed of when the last of them has left.
 */

import { Classifier } from "./tickertone.js";

/**
 * Classifiers and who uses them, by model and hash.
 *
 * @type {Map<string, { classifier: Promise<Classifier>, users: Set<TickerTone>, stop: AbortController }>}
 */
const shared = new Map();

/** On a server there is nothing to extend; the class can be imported all the same. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

const STYLE = `
  :host { display: inline; }
  :host([hidden]) { display: none; }
  [part~="result"] { white-space: nowrap; }
  [part="label"] { font-weight: bold; }
  [part~="status"] { font-style: italic; }
  [hidden] { display: none; }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** The element; its attributes are `model`, `sha256` and `text`. */
export class TickerTone extends Base {
  static observedAttributes = ["model", "sha256", "text"];

  /** Who it shares with. @type {string | undefined} */
  #key;
  /** Ends what is being asked. @type {AbortController | undefined} */
  #asking;
  /** @type {MutationObserver | undefined} */
  #observer;
  #isAsked = false;
  #result = part("result");
  #status = part("status");
  /** @type {import("./tickertone.js").Prediction | null} */
  #prediction = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (sheet === undefined) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    root.append(document.createElement("slot"), " ", this.#result, this.#status);
  }

  connectedCallback() {
    this.#observer = new MutationObserver(() => this.#changed());
    this.#observer.observe(this, { characterData: true, childList: true, subtree: true });
    this.#changed();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#asking?.abort();
    // Who is only moved is back by then, and nothing is loaded anew.
    setTimeout(() => this.isConnected || this.#leave());
  }

  attributeChangedCallback() {
    this.#changed();
  }

  /** What was answered last; null while nothing is. */
  get prediction() {
    return this.#prediction;
  }

  /** The text that is classified: that of the attribute, else the element's own. */
  get text() {
    return (this.getAttribute("text") ?? this.textContent ?? "").trim();
  }

  set text(text) {
    this.setAttribute("text", text);
  }

  /** Several changes of one turn are one question; the parser may not have read the content yet. */
  #changed() {
    if (!this.isConnected || this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      if (this.isConnected) this.#ask();
    });
  }

  async #ask() {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const text = this.text;
    this.#prediction = null;
    // An element without content has perhaps not been given any yet.
    if (text === "" && !this.hasAttribute("text")) return this.#say("");
    this.#say("loading…", "loading");
    try {
      const classifier = await this.#join();
      signal.throwIfAborted();
      const [prediction] = /** @type {[import("./tickertone.js").Prediction]} */ (await classifier.classify([text], { signal }));
      this.#prediction = prediction;
      this.#show(prediction);
      this.#tell("tickertone-prediction", { text, prediction });
    } catch (error) {
      if (signal.aborted) return;
      const { message } = /** @type {Error} */ (error);
      this.#say(message.replace(/^texts\[0\]: /, ""), "error");
      this.#tell("tickertone-error", { error });
    }
  }

  /** The classifier for what the attributes say, shared with those that say the same. */
  async #join() {
    const model = this.closest("[model]")?.getAttribute("model");
    if (!model) throw new TypeError('expected the address of a model file, as in <ticker-tone model="…">, found none');
    const sha256 = this.getAttribute("sha256") ?? this.closest("[model]")?.getAttribute("sha256") ?? undefined;
    const key = JSON.stringify([new URL(model, document.baseURI), sha256]);
    if (key !== this.#key) this.#leave();
    this.#key = key;
    let found = shared.get(key);
    if (found === undefined) {
      const stop = new AbortController();
      found = { classifier: Classifier.load({ model, sha256, signal: stop.signal }), users: new Set(), stop };
      shared.set(key, found);
      found.classifier.catch(() => shared.get(key) === found && shared.delete(key)); // whoever asks next tries again
    }
    found.users.add(this);
    return found.classifier;
  }

  #leave() {
    const found = this.#key === undefined ? undefined : shared.get(this.#key);
    if (found?.users.delete(this) && found.users.size === 0) {
      shared.delete(/** @type {string} */ (this.#key));
      found.classifier.then((classifier) => classifier.dispose()).catch(() => {});
      found.stop.abort();
    }
    this.#key = undefined;
  }

  /**
   * Says something in the place of an answer.
   *
   * @param {string} words
   * @param {"loading" | "error"} [state]
   */
  #say(words, state) {
    this.#result.hidden = true;
    this.#status.hidden = words === "";
    this.#status.textContent = words;
    this.#status.setAttribute("part", `status ${state ?? ""}`.trim());
    this.ariaBusy = state === "loading" ? "true" : null;
  }

  /** @param {import("./tickertone.js").Prediction} prediction */
  #show({ label, scores, uncertain }) {
    this.#say("");
    const language = this.closest("[lang]")?.getAttribute("lang") || undefined;
    const probability = new Intl.NumberFormat(language, { style: "percent" }).format(scores[label] ?? 0);
    const parts = [part("label", label), " ", part("probability", probability)];
    this.#result.replaceChildren(...parts, ...(uncertain ? [" ", part("doubt", "(uncertain)")] : []));
    this.#result.setAttribute("part", ["result", label.toLowerCase(), ...(uncertain ? ["uncertain"] : [])].join(" "));
    this.#result.hidden = false;
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/**
 * @param {string} name
 * @param {string} [text]
 */
function part(name, text = "") {
  const part = document.createElement("span");
  part.setAttribute("part", name);
  part.textContent = text;
  return part;
}

if (globalThis.customElements?.get("ticker-tone") === undefined) {
  globalThis.customElements?.define("ticker-tone", TickerTone);
}
