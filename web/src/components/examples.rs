//! Example tweets to click, two of each direction. Companies and events are invented.

use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use crate::state::Action;

const EXAMPLES: [&str; 6] = [
    "$KORV beats on earnings and lifts its full-year outlook, shares jump 9% premarket",
    "$NIMB plunges 18% after it cuts guidance and warns of weaker demand",
    "$ORLA names a new chief financial officer, effective March 1",
    "Halden upgrades $TESQ to Buy and raises its price target to $140 from $110",
    "Downgrade: analysts see more pain ahead for retailers as margins shrink",
    "Central bank minutes are out at 2 p.m. today, here is what to watch",
];

/// Properties of [`Examples`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The text being read, to mark the example that it came from.
    pub text: AttrValue,
    /// Receives the chosen example.
    pub dispatch: Callback<Action>,
}

/// A list of examples.
#[component]
pub fn Examples(Props { text, dispatch }: &Props) -> Html {
    let example = |example: &'static str| {
        let onclick = dispatch.reform(move |_: MouseEvent| {
            show_text_field();
            Action::Chose(example.into())
        });
        let is_chosen = (text.as_str() == example).to_string();
        html! {
            <li>
                <button type="button" class="example" aria-pressed={is_chosen} {onclick}>{ example }</button>
            </li>
        }
    };
    html! {
        <section class="examples" aria-labelledby="examples-title">
            <h2 id="examples-title">{ "Or try one of these" }</h2>
            <ul>{ for EXAMPLES.into_iter().map(example) }</ul>
        </section>
    }
}

/// On a narrow screen the examples stand below the answer: bring text and answer back into sight.
fn show_text_field() {
    if let Some(field) = gloo::utils::document().get_element_by_id("tweet") {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        field.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
