//! The text field, usable from the first moment on: what is typed before the model is there is read when it is. Below it
//! stands where the text goes, before any of it does.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::place_chip;
use crate::figures::count;
use crate::server;
use crate::state::{Action, Lines, Place};

/// Properties of [`Composer`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The text that the field holds.
    pub text: AttrValue,
    /// Where the text goes.
    pub place: Place,
    /// How many texts it looks like.
    pub lines: Lines,
    /// Receives every change.
    pub dispatch: Callback<Action>,
}

/// A labelled text field with a way to empty it.
#[component]
pub fn Composer(Props { text, place, lines, dispatch }: &Props) -> Html {
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
    let onhand = dispatch.reform(|_: MouseEvent| Action::HandedOver);
    html! {
        <section class="composer card" aria-labelledby="tweet-label">
            <div class="composer-head">
                <label id="tweet-label" for="tweet">{ "Tweet or headline" }</label>
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
            if let Lines::Several(number) = lines {
                <p class="several">
                    { format!("These are {} lines, read as one text.", count(*number)) }
                    <button type="button" class="quiet" data-testid="hand-over" onclick={onhand}>
                        { "Read them one by one" }
                    </button>
                </p>
            }
            <p id="privacy" class={classes!("privacy", (*place == Place::Server).then_some("is-sent"))}>
                { place_chip::sign(*place) }
                <span data-testid="privacy">
                    { match place {
                        Place::Here => "Read on this device as you type. The text never leaves it.".to_owned(),
                        Place::Server => format!("Sent to {} as you type, and read there.", server::host()),
                    } }
                </span>
            </p>
        </section>
    }
}
