//! How the labels share the rows: one bar in parts, and the numbers in words beside it.

use yew::prelude::*;

use super::desk::Desk;
use super::locale::{count, percent};
use crate::many::{Kept, Query};
use crate::tone::Tone;

/// Properties of [`Shares`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The drawing and its legend, each entry of which filters the table.
#[component]
pub fn Shares(Props { desk }: &Props) -> Html {
    let batch = desk.batch();
    let summary = &batch.summary;
    let all = summary.num_read();
    let share = |number: usize| number as f64 / all.max(1) as f64;
    let mut start = 0.0;
    let parts = batch.results.labels().iter().zip(&summary.labels).map(|(label, number)| {
        let width = share(*number) * 1000.0;
        let x = start;
        start += width;
        html! {
            <rect key={label.as_str()} class={Tone::of(label).class()} x={format!("{x:.1}")} y="0" width={format!("{width:.1}")} height="40" />
        }
    });
    let parts: Html = html! { <>{ for parts }</> };
    let words: Vec<String> = batch
        .results
        .labels()
        .iter()
        .zip(&summary.labels)
        .map(|(label, number)| format!("{label} {}", percent(share(*number))))
        .collect();
    let keep = |kept: Kept| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| {
            let other = if desk.query().kept == kept { Kept::All } else { kept };
            desk.look(Query { kept: other, ..desk.query() });
        })
    };
    let kept = desk.query().kept;
    let entry = |name: String, number: usize, of: Option<usize>, class: &'static str, wanted: Kept| {
        html! {
            <li key={name.clone()} {class}>
                <button type="button" class="many-entry" aria-pressed={(kept == wanted).to_string()} onclick={keep(wanted)}>
                    { Tone::of(&name).sign() }
                    <span class="many-entry-name">{ name }</span>
                    <span class="figures">{ count(number) }</span>
                    <span class="figures many-soft">{ of.map(|_| percent(share(number))).unwrap_or_default() }</span>
                </button>
            </li>
        }
    };
    html! {
        <section class="card many-chart many-shares" aria-labelledby="many-shares-title" data-testid="many-shares">
            <h2 id="many-shares-title">{ "Mood" }</h2>
            <svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label={format!("Share of labels: {}", words.join(", "))}>
                { parts }
            </svg>
            <ul class="many-legend" role="list">
                { for batch.results.labels().iter().zip(&summary.labels).enumerate().map(|(at, (label, number))| {
                    entry(label.clone(), *number, Some(at), Tone::of(label).class(), Kept::Label(at))
                }) }
            </ul>
            <p class="many-asides">
                <button type="button" class="quiet" aria-pressed={(kept == Kept::Uncertain).to_string()} onclick={keep(Kept::Uncertain)}>
                    { format!("{} uncertain", count(summary.num_uncertain)) }
                </button>
                if summary.num_unread > 0 {
                    <button type="button" class="quiet" aria-pressed={(kept == Kept::Unread).to_string()} onclick={keep(Kept::Unread)}>
                        { format!("{} not read", count(summary.num_unread)) }
                    </button>
                }
            </p>
        </section>
    }
}
