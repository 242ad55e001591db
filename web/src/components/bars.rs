//! One labelled bar for each label of the model, in the model's order.
//!
//! The bar is a `meter`: it has a value for machines and screen readers, and needs no inline style, which the
//! content security policy forbids.

use yew::prelude::*;

use crate::figures::percent;
use crate::tone::Tone;

/// Properties of [`Bars`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Every label with its probability.
    pub scores: Vec<(String, f32)>,
    /// The most probable label.
    pub winner: AttrValue,
}

/// All probabilities.
#[component]
pub fn Bars(Props { scores, winner }: &Props) -> Html {
    let bar = |(label, probability): &(String, f32)| {
        let is_winner = label.as_str() == winner.as_str();
        let class = classes!("bar", Tone::of(label).class(), is_winner.then_some("is-winner"));
        html! {
            <li key={label.as_str()} {class}>
                <span class="bar-label">{ label }</span>
                <meter
                    data-testid={format!("bar-{label}")}
                    aria-label={label.clone()}
                    aria-valuetext={percent(*probability)}
                    min="0"
                    max="1"
                    value={format!("{probability:.4}")}
                />
                <span class="bar-percent" aria-hidden="true">{ percent(*probability) }</span>
            </li>
        }
    };
    html! { <ul class="bars" aria-label="Probabilities">{ for scores.iter().map(bar) }</ul> }
}
