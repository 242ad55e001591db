//! Example tweets to click, two of each direction, in one line that scrolls sideways where it is too long. Companies and
//! events are invented.

use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use crate::state::Action;

/// What a chip says, and the text that it puts in.
const EXAMPLES: [(&str, &str); 6] = [
    (
        "Beats on earnings",
        "$KORV beats on earnings and lifts its full-year outlook, shares jump 9% premarket",
    ),
    ("Guidance cut", "$NIMB plunges 18% after it cuts guidance and warns of weaker demand"),
    ("New CFO", "$ORLA names a new chief financial officer, effective March 1"),
    ("Upgrade to Buy", "Halden upgrades $TESQ to Buy and raises its price target to $140 from $110"),
    ("Margins shrink", "Downgrade: analysts see more pain ahead for retailers as margins shrink"),
    ("Fed minutes", "Central bank minutes are out at 2 p.m. today, here is what to watch"),
];

/// Properties of [`Examples`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The text being read, to mark the example that it came from.
    pub text: AttrValue,
    /// Receives the chosen example.
    pub dispatch: Callback<Action>,
}

/// A row of chips.
#[component]
pub fn Examples(Props { text, dispatch }: &Props) -> Html {
    let chip = |(words, example): (&'static str, &'static str)| {
        let onclick = dispatch.reform(move |_: MouseEvent| {
            show_text_field();
            Action::Chose(example.into())
        });
        let is_chosen = (text.as_str() == example).to_string();
        html! {
            <li>
                <button type="button" class="example" title={example} aria-pressed={is_chosen} {onclick}>
                    { words }
                </button>
            </li>
        }
    };
    html! {
        <section class="examples" aria-labelledby="examples-title">
            <h2 id="examples-title">{ "Try" }</h2>
            <ul role="list">{ for EXAMPLES.into_iter().map(chip) }</ul>
        </section>
    }
}

/// On a narrow screen the answer stands below: bring the text back into sight, with what follows it.
fn show_text_field() {
    if let Some(field) = gloo::utils::document().get_element_by_id("tweet") {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        field.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
