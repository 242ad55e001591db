//! Takes an answer away: a link that carries the text, or everything as JSON. Where the browser does not let the page
//! copy, what is to be copied is shown.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::state::Answer;
use crate::{address, announcer, sharing};
use std::rc::Rc;

/// A longer text makes no link that other programs keep whole, in bytes.
const LONGEST: usize = 4000;

/// Properties of [`Share`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The text that was read.
    pub text: Rc<str>,
    /// The answer to it.
    pub answer: Answer,
}

/// What was copied last, or could not be.
#[derive(Clone, PartialEq)]
enum Copied {
    Nothing,
    Link,
    Json,
    ByHand(String),
}

/// Two buttons, and what became of them.
#[component]
pub fn Share(Props { text, answer }: &Props) -> Html {
    let copied = use_state(|| Copied::Nothing);
    use_effect_with(answer.revision, {
        let copied = copied.clone();
        move |_| copied.set(Copied::Nothing)
    });
    let copy = |what: Copied, content: Rc<dyn Fn() -> String>, words: &'static str| {
        let copied = copied.clone();
        move |_: MouseEvent| {
            let (copied, what, content) = (copied.clone(), what.clone(), content());
            spawn_local(async move {
                if sharing::copy(&content).await {
                    announcer::say(words);
                    copied.set(what);
                } else {
                    announcer::say("The browser does not let this page copy. What to copy stands below.");
                    copied.set(Copied::ByHand(content));
                }
            });
        }
    };
    let link: Rc<dyn Fn() -> String> = Rc::new({
        let text = text.clone();
        move || address::link_to(&text)
    });
    let json: Rc<dyn Fn() -> String> = Rc::new({
        let (text, answer) = (text.clone(), answer.clone());
        move || sharing::json(&text, &answer)
    });
    let onlink = copy(
        Copied::Link,
        link,
        "The link is copied. It carries the text behind its #, which is sent to no server.",
    );
    let onjson = copy(Copied::Json, json, "The answer is copied as JSON.");
    let onfocus = |event: FocusEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        field.select();
    };
    html! {
        <div class="share">
            if text.len() <= LONGEST {
                <button type="button" class="quiet" data-testid="copy-link" onclick={onlink}
                    title="The text stands in the link behind its #, which browsers send to no server">
                    { if *copied == Copied::Link { "Link copied" } else { "Copy link" } }
                </button>
            }
            <button type="button" class="quiet" data-testid="copy-json" onclick={onjson}>
                { if *copied == Copied::Json { "JSON copied" } else { "Copy as JSON" } }
            </button>
            if let Copied::ByHand(content) = &*copied {
                <label class="by-hand">
                    { "Copy this by hand" }
                    <input type="text" readonly=true value={content.clone()} {onfocus} data-testid="by-hand" />
                </label>
            }
        </div>
    }
}
