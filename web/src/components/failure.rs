//! What went wrong, in words for people, and the ways out. Whoever runs the site finds the rest in the details.

use yew::prelude::*;

use crate::state::Action;

/// Properties of [`Failure`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What happened.
    pub title: AttrValue,
    /// What it means and what to do.
    pub advice: AttrValue,
    /// The words of whoever noticed it; none where they say no more.
    #[prop_or_default]
    pub details: Option<AttrValue>,
    /// "Try again" was pressed; absent where that would not help.
    #[prop_or_default]
    pub onretry: Option<Callback<MouseEvent>>,
    /// Another way out, and its name.
    #[prop_or_default]
    pub otherwise: Option<(AttrValue, Action)>,
    /// Receives the other way out.
    pub dispatch: Callback<Action>,
}

/// What happened, what to do, and buttons for it.
#[component]
pub fn Failure(Props { title, advice, details, onretry, otherwise, dispatch }: &Props) -> Html {
    html! {
        <div class="failure" data-testid="error">
            <p class="failure-title">{ title }</p>
            <p class="failure-message">{ advice }</p>
            <div class="buttons">
                if let Some(onclick) = onretry {
                    <button type="button" class="primary" data-testid="retry" {onclick}>{ "Try again" }</button>
                }
                if let Some((words, action)) = otherwise {
                    <button
                        type="button"
                        class="secondary"
                        data-testid="otherwise"
                        onclick={dispatch.reform({
                            let action = action.clone();
                            move |_: MouseEvent| action.clone()
                        })}
                    >
                        { words }
                    </button>
                }
            </div>
            if let Some(words) = details {
                <details class="technical">
                    <summary>{ "Technical details" }</summary>
                    <p data-testid="error-details">{ words }</p>
                </details>
            }
        </div>
    }
}
