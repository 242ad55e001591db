//! Where a batch begins: drop or choose a file, or paste lines.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::desk::{Desk, Input, Next};
use super::opening::open_or_ask;
use crate::components::many::locale;
use crate::many::MAX_FILE_BYTES;

const KINDS: &str = ".csv,.tsv,.tab,.txt,.jsonl,.ndjson,.json,text/csv,text/plain,text/tab-separated-values";

/// Properties of [`InputCard`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The two ways in, and what was wrong with the last file.
#[component]
pub fn InputCard(Props { desk }: &Props) -> Html {
    let lines = use_node_ref();
    let is_over = use_state_eq(|| false);
    let onchange = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let field: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = field.files().and_then(|files| files.get(0)) {
                open_or_ask(&desk, Next::Open(Input::File(file)));
            }
            // So that the same file can be chosen again after it was changed.
            field.set_value("");
        })
    };
    let onpaste = {
        let (desk, lines) = (desk.clone(), lines.clone());
        Callback::from(move |_: MouseEvent| {
            let text = lines.cast::<HtmlTextAreaElement>().map(|field| field.value()).unwrap_or_default();
            open_or_ask(&desk, Next::Open(Input::Text(Rc::from(text))));
        })
    };
    let over = |is: bool| {
        let is_over = is_over.clone();
        Callback::from(move |_: DragEvent| is_over.set(is))
    };
    let problem = desk.batch().problem.as_ref().map(ToString::to_string);
    let name = desk.batch().source.name.clone();
    html! {
        <section class="card many-input" aria-labelledby="many-input-title">
            <h2 id="many-input-title">{ "Read many tweets at once" }</h2>
            if let Some(problem) = problem {
                <div class="failure" data-testid="many-problem">
                    <p class="failure-title">
                        { name.map_or("These lines cannot be read".to_owned(), |name| format!("{name} cannot be read")) }
                    </p>
                    <p class="failure-message">{ problem }</p>
                </div>
            }
            <div class="many-ways">
                <label
                    class={classes!("many-drop", is_over.then_some("is-over"))}
                    ondragenter={over(true)}
                    ondragleave={over(false)}
                    ondrop={over(false)}
                >
                    <svg class="many-drop-sign" viewBox="0 0 48 48" aria-hidden="true">
                        <path d="M12 6h16l10 10v26H12zM28 6v10h10M25 24v12M19.500 30l5.500-6 5.500 6" />
                    </svg>
                    <span class="many-drop-title">{ "Drop a file here, or choose one" }</span>
                    <span class="many-soft">
                        { format!("CSV, TSV, JSONL or TXT, up to {}. It is read on this device.", locale::bytes(MAX_FILE_BYTES)) }
                    </span>
                    <input type="file" id="many-file" data-testid="many-file" accept={KINDS} {onchange} />
                </label>
                <div class="many-paste">
                    <label for="many-lines">{ "Or paste lines, or cells of a table" }</label>
                    <textarea
                        id="many-lines"
                        ref={lines}
                        rows="6"
                        spellcheck="false"
                        placeholder={"$TSLA to the moon, record deliveries\nShares plunge after guidance cut\n…"}
                    />
                    <button type="button" class="secondary" data-testid="many-paste" onclick={onpaste}>
                        { "Use these lines" }
                    </button>
                </div>
            </div>
        </section>
    }
}
