//! Where texts are read, as a choice; each says what it means for the text before it is taken.

use yew::prelude::*;

use crate::server;
use crate::state::{Action, Place, Wanted};

/// Properties of [`PlaceChoice`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What is chosen.
    pub wanted: Wanted,
    /// What that means right now.
    pub place: Place,
    /// Receives another choice.
    pub dispatch: Callback<Action>,
}

/// Three choices and what they come to.
#[component]
pub fn PlaceChoice(Props { wanted, place, dispatch }: &Props) -> Html {
    let host = server::host();
    let choice = |of: Wanted| {
        let (name, meaning) = match of {
            Wanted::Here => ("On this device", "Nothing you type is sent anywhere.".to_owned()),
            Wanted::Automatic => (
                "On this device, else ask the server",
                format!("Texts are sent to {host} only where no model runs here; the page says so then."),
            ),
            Wanted::Server => ("Ask the server", format!("Every text is sent to {host}.")),
        };
        let onchange = dispatch.reform(move |_: Event| Action::Wanted(of));
        html! {
            <li>
                <label class="choice">
                    <input
                        type="radio"
                        name="place"
                        checked={of == *wanted}
                        data-testid={format!("place-{}", of.name())}
                        {onchange}
                    />
                    <span>
                        <span class="choice-name">{ name }</span>
                        <span class="choice-facts">{ meaning }</span>
                    </span>
                </label>
            </li>
        }
    };
    let now = match place {
        Place::Here => {
            "Right now texts stay on this device. The browser's network panel shows it.".to_owned()
        }
        Place::Server => format!("Right now texts are sent to {host}."),
    };
    html! {
        <fieldset>
            <legend>{ "Where texts are read" }</legend>
            <ul role="list">{ for Wanted::ALL.into_iter().map(choice) }</ul>
            <p class="meanwhile">{ now }</p>
        </fieldset>
    }
}
