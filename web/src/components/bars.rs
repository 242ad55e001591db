//! One labelled bar for each label of the model: a few in the model's order, many by their probability.
//!
//! The bar is a `meter`: it has a value for machines and screen readers, and needs no inline style, which the
//! content security policy forbids.

use yew::prelude::*;

use crate::figures::percent;
use crate::state::Action;
use crate::tone::Tone;

/// So many labels are all shown, in the model's order.
const FEW: usize = 6;
/// Of more labels so many are shown, the most probable first, until all are asked for.
const MOST_PROBABLE: usize = 5;

/// Properties of [`Bars`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Every label with its probability, in the model's order.
    pub scores: Vec<(String, f32)>,
    /// The most probable label.
    pub winner: AttrValue,
    /// Many labels are all shown.
    pub shows_all: bool,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// All probabilities, or the highest.
#[component]
pub fn Bars(Props { scores, winner, shows_all, dispatch }: &Props) -> Html {
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
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToggledLabels);
    html! {
        <div>
            <ul class="bars" id="bars" role="list" aria-label="Probabilities">
                { for shown(scores, *shows_all).iter().map(bar) }
            </ul>
            if scores.len() > FEW {
                <button
                    type="button"
                    class="quiet all-labels"
                    data-testid="all-labels"
                    aria-expanded={shows_all.to_string()}
                    aria-controls="bars"
                    {onclick}
                >
                    { if *shows_all { "Show fewer".to_owned() } else { format!("Show all {}", scores.len()) } }
                </button>
            }
        </div>
    }
}

/// What is shown, in the order in which it is.
fn shown(scores: &[(String, f32)], shows_all: bool) -> Vec<(String, f32)> {
    let mut shown = scores.to_vec();
    if scores.len() > FEW {
        shown.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        if !shows_all {
            shown.truncate(MOST_PROBABLE);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One label for each probability, named by its place.
    fn scores(probabilities: &[f32]) -> Vec<(String, f32)> {
        probabilities.iter().enumerate().map(|(at, probability)| (at.to_string(), *probability)).collect()
    }

    fn labels(scores: Vec<(String, f32)>) -> String {
        scores.into_iter().map(|(label, _)| label).collect()
    }

    #[test]
    fn a_few_labels_keep_the_order_of_the_model() {
        let few = scores(&[0.1, 0.6, 0.3]);
        assert_eq!(shown(&few, false), few);
        assert_eq!(labels(shown(&scores(&[0.1, 0.2, 0.1, 0.2, 0.3, 0.1]), true)), "012345");
    }

    #[test]
    fn many_labels_come_by_their_probability_and_the_unlikely_ones_on_demand() {
        let many = scores(&[0.05, 0.2, 0.0, 0.4, 0.1, 0.05, 0.2]);
        assert_eq!(labels(shown(&many, false)), "31640", "equal ones keep the model's order");
        assert_eq!(labels(shown(&many, true)), "3164052");
    }
}
