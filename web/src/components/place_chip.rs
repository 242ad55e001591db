//! Where texts are read, always in sight; pressed, it leads to where that is chosen.

use yew::prelude::*;

use super::hood;
use crate::server;
use crate::state::Place;

/// Properties of [`PlaceChip`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Where texts are read.
    pub place: Place,
}

/// A button that names the place.
#[component]
pub fn PlaceChip(Props { place }: &Props) -> Html {
    let (words, class) = match place {
        Place::Here => ("Read on this device".to_owned(), None),
        Place::Server => (format!("Sent to {}", server::host()), Some("is-sent")),
    };
    let onclick = |_: MouseEvent| hood::open();
    html! {
        <button type="button" class={classes!("place-chip", class)} data-testid="place" {onclick}>
            { sign(*place) }
            <span>{ words }</span>
        </button>
    }
}

/// A closed lock, or an arrow that leaves.
pub fn sign(place: Place) -> Html {
    let path = match place {
        Place::Here => "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
        Place::Server => "M4 20V9h6M10 14L20 4M13 4h7v7",
    };
    html! { <svg class="place-sign" viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg> }
}
