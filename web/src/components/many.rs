//! Reading many texts: a file or pasted lines in, a table, charts and a file out.

use std::rc::Rc;

use yew::prelude::*;

use crate::answerer::Answerer;

/// Properties of [`Many`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Who reads a batch that begins now; none while no full model is there.
    pub answerer: Option<Answerer>,
    /// Lines that were handed over to be read one by one, and how many times that was done.
    #[prop_or_default]
    pub pasted: Option<(u32, Rc<str>)>,
}

/// Everything about a batch.
#[component]
pub fn Many(Props { answerer, pasted }: &Props) -> Html {
    let who = answerer.as_ref().map(|answerer| format!("{} would read {:?}", answerer.model, answerer.place));
    let lines = pasted.as_ref().map_or(0, |(_, text)| text.lines().count());
    html! { <p>{ who }{ format!(" {lines} lines") }</p> }
}
