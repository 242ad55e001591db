//! Reading many texts: a file or pasted lines in, a table, charts and a file out.

use yew::prelude::*;

use crate::answerer::Answerer;

/// Properties of [`Many`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Who reads a batch that begins now; none while no full model is there.
    pub answerer: Option<Answerer>,
}

/// Everything about a batch.
#[component]
pub fn Many(Props { answerer }: &Props) -> Html {
    let who = answerer.as_ref().map(|answerer| format!("{} would read {:?}", answerer.model, answerer.place));
    html! { <p>{ who }</p> }
}
