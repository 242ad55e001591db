//! The text field, usable from the first moment on: what is typed before the model is there is read when it is.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::state::Action;

/// Properties of [`Composer`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The text that the field holds.
    pub text: AttrValue,
    /// Receives every change.
    pub dispatch: Callback<Action>,
}

/// A labelled text field with a way to empty it.
#[component]
pub fn Composer(Props { text, dispatch }: &Props) -> Html {
    let field = use_node_ref();
    let oninput = dispatch.reform(|event: InputEvent| {
        let field: HtmlTextAreaElement = event.target_unchecked_into();
        Action::Typed(field.value().into())
    });
    let onclear = {
        let (dispatch, field) = (dispatch.clone(), field.clone());
        move |_: MouseEvent| {
            dispatch.emit(Action::Chose("".into()));
            // The button goes away with the text: without this the keyboard would lose its place.
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let _ = field.focus();
            }
        }
    };
    html! {
        <section class="composer card">
            <div class="composer-head">
                <label for="tweet">{ "Tweet or headline" }</label>
                if !text.is_empty() {
                    <button type="button" class="quiet" data-testid="clear" onclick={onclear}>{ "Clear" }</button>
                }
            </div>
            <textarea
                id="tweet"
                ref={field}
                rows="5"
                value={text.clone()}
                {oninput}
                placeholder="Type or paste one about a stock, a sector, the market…"
                aria-describedby="privacy"
                autocomplete="off"
                dir="auto"
            />
            <p id="privacy" class="privacy">
                <svg class="lock" viewBox="0 0 24 24" aria-hidden="true">
                    <path d="M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z" />
                </svg>
                { "Read on your device as you type. The text never leaves it." }
            </p>
        </section>
    }
}
