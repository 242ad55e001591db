//! What stands in the place of the answer before there is one: what the model knows, how far it can be trusted, and where
//! it is weak. Every figure is the manifest's: what was not measured is not said.

use messages::{ManifestModel, Metrics, Quality, ReliabilityBin, Share};
use yew::prelude::*;

use crate::figures::{count, percent};
use crate::tone::Tone;

/// Squares of the picture, in rows of as many as its root.
const SQUARES: u32 = 100;
/// So many kinds of hard texts are named.
const HARDEST: usize = 3;

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
                { reliability(&model.metrics, model.quality.as_ref()) }
                { labels(&model.labels) }
                if let Some(quality) = &model.quality {
                    { strengths(quality) }
                }
            }
        </div>
    }
}

fn reliability(metrics: &Metrics, quality: Option<&Quality>) -> Html {
    let right = (metrics.accuracy * f64::from(SQUARES)).round() as u32;
    let largest = quality.and_then(|quality| quality.reliability.iter().max_by_key(|bin| bin.rows));
    html! {
        <div class="reliability">
            { picture(right) }
            <div>
                <p>
                    <strong class="figures">{ format!("Right on {right} of 100") }</strong>
                    { format!(" tweets that it had never seen, out of {} that were tried.", count(metrics.rows)) }
                </p>
                if let Some(ReliabilityBin { confidence, accuracy, rows }) = largest {
                    <p class="meanwhile">
                        { format!(
                            "Most often it answered with about {}: {} times, and {} of these were right.",
                            percent(*confidence as f32), count(*rows), percent(*accuracy as f32)
                        ) }
                    </p>
                }
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

/// By kind of text, and the kinds of hard texts that it gets right least often.
fn strengths(quality: &Quality) -> Html {
    let domain = |(name, Metrics { accuracy, rows, .. }): (&String, &Metrics)| {
        html! { <li>{ format!("{name}: right on {} of {} tweets", percent(*accuracy as f32), count(*rows)) }</li> }
    };
    let hard = |(name, Share { texts, right }): &(&String, &Share)| format!("{name} ({right} of {texts})");
    let hardest = hardest(quality);
    html! {
        <div>
            <h3>{ "How good it is at what" }</h3>
            <ul class="strengths">
                { for quality.domains.iter().map(domain) }
                if !hardest.is_empty() {
                    <li>
                        { "Weakest on texts that are hard on purpose: " }
                        { hardest.iter().map(hard).collect::<Vec<_>>().join(", ") }
                    </li>
                }
                <li>{ "It reads the mood of words. It knows no prices and foretells none." }</li>
            </ul>
        </div>
    }
}

/// The kinds of which the smallest share is right, the worst first.
fn hardest(quality: &Quality) -> Vec<(&String, &Share)> {
    let share = |share: &Share| share.right as f64 / share.texts.max(1) as f64;
    let mut kinds: Vec<_> = quality.challenge.iter().collect();
    kinds.sort_by(|(_, one), (_, other)| share(one).total_cmp(&share(other)));
    kinds.truncate(HARDEST);
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardest_kinds_come_first() {
        let kinds =
            [("irony", 6, 18), ("negation", 9, 18), ("tense", 5, 18), ("emoji", 13, 20), ("tags", 1, 2)];
        let share = |(name, right, texts): (&str, usize, usize)| (name.to_owned(), Share { texts, right });
        let challenge = kinds.map(share).into_iter().collect();
        let quality = Quality { domains: Default::default(), reliability: Vec::new(), challenge };
        let names: Vec<&str> = hardest(&quality).into_iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["tense", "irony", "negation"]);
    }
}
