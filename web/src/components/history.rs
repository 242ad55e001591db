//! What was read during this visit: each text can be picked again or removed, and what was removed brought back.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::announcer;
use crate::figures::percent;
use crate::state::{Action, Entry, History};
use crate::tone::Tone;

/// A removed text is named by so many letters.
const NAMED: usize = 40;

/// Properties of [`HistoryList`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What was read.
    pub history: History,
    /// The text that stands in the field.
    pub current: Rc<str>,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// The list, with "Clear" and "Undo".
#[component]
pub fn HistoryList(Props { history, current, dispatch }: &Props) -> Html {
    let title = use_node_ref();
    // A pressed button goes away with its text: without this the keyboard would lose its place.
    let removing = |action: Action, words: String| {
        let (dispatch, title) = (dispatch.clone(), title.clone());
        move |_: MouseEvent| {
            dispatch.emit(action.clone());
            announcer::say(&words);
            if let Some(title) = title.cast::<HtmlElement>() {
                let _ = title.focus();
            }
        }
    };
    let restorable = history.restorable();
    if history.entries.is_empty() && restorable == 0 {
        return Html::default();
    }
    let entry = |Entry { text, label, score, is_uncertain, .. }: &Entry| {
        let tone = Tone::of(label);
        let onpick = {
            let text = text.clone();
            dispatch.reform(move |_: MouseEvent| Action::Chose(text.clone()))
        };
        let name = shortened(text);
        let onremove = removing(Action::Forgot(text.clone()), format!("Removed “{name}”. It can be undone."));
        let is_current = (text == current).then_some("true");
        let doubt = if *is_uncertain { "?" } else { "" };
        html! {
            <li key={&**text} class={tone.class()}>
                <button type="button" class="past" aria-current={is_current} onclick={onpick}>
                    { tone.sign() }
                    <span class="past-label">{ &**label }</span>
                    <span class="past-score figures">{ percent(*score) }{ doubt }</span>
                    <span class="past-text" dir="auto">{ &**text }</span>
                </button>
                <button type="button" class="remove" aria-label={format!("Remove “{name}”")} onclick={onremove}>
                    <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
                </button>
            </li>
        }
    };
    let onclear = removing(Action::ForgotAll, "The list is empty. It can be undone.".to_owned());
    let onundo = removing(Action::Undid, "What was removed is back.".to_owned());
    html! {
        <section class="history" aria-labelledby="history-title" data-testid="history">
            <div class="history-head">
                <h2 id="history-title" ref={title.clone()} tabindex="-1">{ "This visit" }</h2>
                if restorable > 0 {
                    <button type="button" class="quiet" data-testid="undo" onclick={onundo}>{ "Undo" }</button>
                }
                if !history.entries.is_empty() {
                    <button type="button" class="quiet" data-testid="forget-all" onclick={onclear}>{ "Clear all" }</button>
                }
            </div>
            <ul role="list">{ for history.entries.iter().map(entry) }</ul>
            if history.entries.is_empty() {
                <p class="meanwhile">{ "Nothing is kept." }</p>
            }
        </section>
    }
}

fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let beginning: String = letters.by_ref().take(NAMED).collect();
    if letters.next().is_some() { format!("{beginning}…") } else { beginning }
}
