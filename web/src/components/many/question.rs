//! What stands between a visitor and the loss of answers. It takes the focus, so that the keyboard can answer at once.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::desk::{Desk, Input, Next};
use super::opening::go_on;

/// Properties of [`Question`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// Keep, or go on.
#[component]
pub fn Question(Props { desk }: &Props) -> Html {
    let keep = use_node_ref();
    use_effect_with((), {
        let keep = keep.clone();
        move |()| {
            if let Some(button) = keep.cast::<HtmlElement>() {
                let _ = button.focus();
            }
        }
    });
    let Some(next) = desk.next() else { return Html::default() };
    let words = match &next {
        Next::Open(Input::File(file)) => format!("Open {} without saving?", file.name()),
        Next::Open(Input::Text(_)) => "Read the pasted lines without saving?".to_owned(),
        Next::Close => "Begin anew without saving?".to_owned(),
    };
    let onyes = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| go_on(&desk, next.clone()))
    };
    let onno = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.ask_before(None))
    };
    html! {
        <div class="card many-question" role="alertdialog" aria-label={words.clone()} data-testid="many-question">
            <p><strong>{ words }</strong>{ " The answers of the present table would be lost." }</p>
            <div class="many-buttons">
                <button type="button" class="secondary" data-testid="many-keep" ref={keep} onclick={onno}>
                    { "Keep the table" }
                </button>
                <button type="button" class="quiet" data-testid="many-discard" onclick={onyes}>
                    { "Go on without saving" }
                </button>
            </div>
        </div>
    }
}
