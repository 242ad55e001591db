//! Says that there is a newer version, and switches to it when the visitor likes: never in the middle of something.

use yew::prelude::*;

use crate::{announcer, keeping};

/// Properties of [`UpdateNotice`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// There is one.
    pub is_outdated: bool,
}

/// A line with a button, or nothing.
#[component]
pub fn UpdateNotice(Props { is_outdated }: &Props) -> Html {
    use_effect_with(*is_outdated, |&is_outdated| {
        if is_outdated {
            announcer::say("A new version of this page is ready.");
        }
    });
    let onclick = |_: MouseEvent| keeping::apply_update();
    html! {
        if *is_outdated {
            <p class="update card" data-testid="update">
                <span><strong>{ "A new version is ready." }</strong>{ " Text and history stay; a running batch would stop." }</span>
                <button type="button" class="secondary" {onclick}>{ "Switch to it" }</button>
            </p>
        }
    }
}
