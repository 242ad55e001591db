// Generated from the JSDoc of element.js by `cargo xtask test`: change it there.

/** The element; its attributes are `model`, `sha256` and `text`. */
export class TickerTone extends HTMLElement {
    static observedAttributes: string[];
    connectedCallback(): void;
    disconnectedCallback(): void;
    attributeChangedCallback(): void;
    /** What was answered last; null while nothing is. */
    get prediction(): import("./tickertone.js").Prediction | null;
    set text(text: string);
    /** The text that is classified: that of the attribute, else the element's own. */
    get text(): string;
    #private;
}
