//! What stands in the place of the answer before there is one: what the model knows, how far it can be trusted, and where
//! it is weak. Every figure is the manifest's; of a model for other labels nothing is said that was not measured.

use messages::{ManifestModel, Metrics};
use yew::prelude::*;

use crate::confidence;
use crate::figures::count;
use crate::tone::Tone;

/// Squares of the picture, in rows of as many as its root.
const SQUARES: u32 = 100;
/// The confidence whose reliability is told.
const EXAMPLE: f32 = 0.9;

/// Properties of [`Knowledge`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The model that answers, or will.
    pub model: Option<ManifestModel>,
}

/// What the model is good for.
#[component]
pub fn Knowledge(Props { model }: &Props) -> Html {
    html! {
        <div class="knowledge" data-testid="hint">
            <p class="hint-title">{ "The answer appears here as you type" }</p>
            if let Some(model) = model {
                { reliability(&model.metrics) }
                { labels(&model.labels) }
                if reads_moods(&model.labels) {
                    { weak_spots() }
                }
            }
        </div>
    }
}

fn reliability(metrics: &Metrics) -> Html {
    let right = (metrics.accuracy * f64::from(SQUARES)).round() as u32;
    let honest = confidence::of_a_hundred(EXAMPLE, Some(metrics));
    let (from, to, example) = (honest.start(), honest.end(), (EXAMPLE * 100.0).round());
    html! {
        <div class="reliability">
            { picture(right) }
            <div>
                <p>
                    <strong class="figures">{ format!("Right on {right} of 100") }</strong>
                    { format!(" tweets that it had never seen, out of {} that were tried.", count(metrics.rows)) }
                </p>
                <p class="meanwhile">
                    { format!(
                        "Its confidence can be taken at its word, give or take: of answers given with {example}%, {from} to {to} in 100 are right."
                    ) }
                </p>
            </div>
        </div>
    }
}

/// Ten rows of ten squares, so many of them full.
fn picture(full: u32) -> Html {
    let square = |at: u32| {
        let (x, y) = ((at % 10 * 10 + 1).to_string(), (at / 10 * 10 + 1).to_string());
        let class = if at < full { "is-right" } else { "is-wrong" };
        html! { <rect {class} {x} {y} width="8" height="8" rx="1.5" /> }
    };
    html! {
        <svg class="squares" viewBox="0 0 100 100" aria-hidden="true">{ for (0..SQUARES).map(square) }</svg>
    }
}

fn labels(labels: &[String]) -> Html {
    let label = |label: &String| {
        let tone = Tone::of(label);
        html! { <li class={tone.class()}>{ tone.sign() }{ label }</li> }
    };
    html! {
        <div>
            <h3>{ "What it tells apart" }</h3>
            <ul class="labels" role="list">{ for labels.iter().map(label) }</ul>
        </div>
    }
}

fn weak_spots() -> Html {
    html! {
        <div>
            <h3>{ "Where it is weak" }</h3>
            <ul class="weak-spots">
                <li>{ "Irony and jokes: it takes words as they stand." }</li>
                <li>{ "Posts of private investors: slang and memes are harder for it than headlines." }</li>
                <li>{ "Anything but English about markets: it still answers, and marks what it hardly knows as uncertain." }</li>
                <li>{ "It reads the mood of the words. It knows no prices and foretells none." }</li>
            </ul>
        </div>
    }
}

/// What is said of weak spots is known of models for moods.
fn reads_moods(labels: &[String]) -> bool {
    labels.iter().all(|label| Tone::of(label) != Tone::Unknown)
}
