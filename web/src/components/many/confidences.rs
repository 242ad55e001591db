//! How sure the model is: rows by the probability of their label, the uncertain ones set apart.

use yew::prelude::*;

use super::chart_table::chart_table;
use super::desk::Desk;
use super::locale::{count, percent};
use crate::many::BINS;

const HEIGHT: f64 = 300.0;
/// Width of a column with its gap.
const STEP: f64 = 50.0;

/// Properties of [`Confidences`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The drawing and its numbers.
#[component]
pub fn Confidences(Props { desk }: &Props) -> Html {
    let batch = desk.batch();
    let bins = &batch.summary.confidences;
    // Nothing is below an even split among the labels.
    let lowest = BINS / batch.results.labels().len().clamp(1, BINS);
    let shown: Vec<(usize, [usize; 2])> = bins.iter().copied().enumerate().skip(lowest).collect();
    let highest = shown.iter().map(|(_, [certain, uncertain])| certain + uncertain).max().unwrap_or(0).max(1);
    let scale = |number: usize| number as f64 / highest as f64 * HEIGHT;
    let column = |(place, (_, [certain, uncertain])): (usize, &(usize, [usize; 2]))| {
        let (below, above) = (scale(*uncertain), scale(*certain));
        let x = format!("{:.1}", place as f64 * STEP + 4.0);
        let width = format!("{:.1}", STEP - 8.0);
        html! {
            <>
                <rect class="is-uncertain" x={x.clone()} width={width.clone()} y={format!("{:.1}", HEIGHT - below)} height={format!("{below:.1}")} />
                <rect class="is-certain" {x} {width} y={format!("{:.1}", HEIGHT - below - above)} height={format!("{above:.1}")} />
            </>
        }
    };
    let share = |bin: usize| bin as f64 / BINS as f64;
    let uncertain = batch.summary.num_uncertain;
    let label = format!(
        "Rows by confidence, from {} to {}: {} certain, {} uncertain",
        percent(share(lowest)),
        percent(1.0),
        count(batch.summary.num_read() - uncertain),
        count(uncertain)
    );
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|(bin, [certain, uncertain])| {
            let span = format!("{}–{}", percent(share(*bin)), percent(share(bin + 1)));
            vec![span, count(*certain), count(*uncertain)]
        })
        .collect();
    let heads = ["Confidence", "Certain", "Uncertain"].map(str::to_owned).to_vec();
    html! {
        <section class="card many-chart" aria-labelledby="many-confidences-title">
            <h2 id="many-confidences-title">{ "How sure the model is" }</h2>
            <svg
                class="many-columns"
                viewBox={format!("0 0 {} {HEIGHT}", shown.len() as f64 * STEP)}
                preserveAspectRatio="none"
                role="img"
                aria-label={label}
            >
                { for shown.iter().enumerate().map(column) }
            </svg>
            <p class="many-axis figures" aria-hidden="true">
                <span>{ percent(share(lowest)) }</span>
                <span class="many-key"><i class="is-uncertain"></i>{ "uncertain" }<i class="is-certain"></i>{ "certain" }</span>
                <span>{ percent(1.0) }</span>
            </p>
            { chart_table("Rows by confidence", heads, rows.into_iter()) }
        </section>
    }
}
