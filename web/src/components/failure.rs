//! What went wrong, in the words of whoever noticed it, and the way out where there is one.

use yew::prelude::*;

/// Properties of [`Failure`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What could not be done.
    pub title: AttrValue,
    /// Expected, found, what to do.
    pub message: AttrValue,
    /// "Try again" was pressed; absent where that would not help.
    #[prop_or_default]
    pub onretry: Option<Callback<MouseEvent>>,
}

/// An alert, perhaps with a retry.
#[component]
pub fn Failure(Props { title, message, onretry }: &Props) -> Html {
    html! {
        <div class="failure" role="alert" data-testid="error">
            <p class="failure-title">{ title }</p>
            <p class="failure-message">{ message }</p>
            if let Some(onclick) = onretry {
                <button type="button" class="primary" data-testid="retry" {onclick}>{ "Try again" }</button>
            }
        </div>
    }
}
