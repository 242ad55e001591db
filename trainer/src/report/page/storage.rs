//! What each way to store the checkpoint costs and keeps.

use super::{figure, percent, percent_interval, points, size};
use crate::output::plots::tradeoff::{TradeoffPoint, size_against_accuracy};
use crate::report::findings::{Findings, Stored};
use crate::scoring::scored::Scored;
use maud::{Markup, html};

/// Plot and table of all variants, with the checkpoint that they were made from.
///
/// # Errors
/// A plot that cannot be drawn.
pub fn section(findings: &Findings<'_>) -> anyhow::Result<Markup> {
    let parent = findings.checkpoint.evaluation.accuracy;
    let is_chosen = |index: usize| index == findings.configured;
    let point = |(index, variant): (usize, &Stored)| TradeoffPoint {
        name: variant.name.clone(),
        size_mb: variant.size_bytes as f64 / 1e6,
        accuracy: variant.scored.evaluation.accuracy,
        interval: variant.scored.intervals.accuracy,
        is_chosen: is_chosen(index),
    };
    let points_of_plot: Vec<_> = findings.variants.iter().enumerate().map(point).collect();
    let svg = size_against_accuracy(&points_of_plot)?;
    let figures = |scored: &Scored, difference: Option<f64>| {
        html! {
            td class="number" { strong { (percent(scored.evaluation.accuracy)) } }
            td class="number" { (percent_interval(scored.intervals.accuracy)) }
            td class="number" { @if let Some(difference) = difference { (points(difference)) } @else { "–" } }
            td class="number" { (percent(scored.evaluation.macro_f1)) }
            td class="number" { (percent_interval(scored.intervals.macro_f1)) }
            td class="number" { (percent(scored.evaluation.ece)) }
        }
    };
    Ok(html! {
        p {
            "The same checkpoint in several formats, each made, calibrated and scored as " code { "trainer export" }
            " would. The configured one is " strong { (findings.chosen().name) } ". All run with int8 products; the "
            "checkpoint itself is in f32."
        }
        (figure(
            &svg,
            "Scatter plot of accuracy against file size; the table below has the numbers",
            "Each format with its 95 % interval, over its size on a logarithmic axis. Orange: the configured one."
        ))
        div class="scroll" {
            table {
                caption { "Points: difference in accuracy to the f32 checkpoint." }
                thead {
                    tr {
                        th scope="col" { "Format" }
                        @for name in ["Size", "Accuracy", "95 % interval", "Points", "Macro-F1", "95 % interval", "ECE"] {
                            th scope="col" class="number" { (name) }
                        }
                    }
                }
                tbody {
                    tr {
                        th scope="row" { "checkpoint" }
                        td class="number" { "–" }
                        (figures(&findings.checkpoint, None))
                    }
                    @for (index, variant) in findings.variants.iter().enumerate() {
                        tr class=[is_chosen(index).then_some("chosen")] {
                            th scope="row" {
                                (variant.name)
                                @if is_chosen(index) { " " span class="badge" { "configured" } }
                            }
                            td class="number" { (size(variant.size_bytes)) }
                            (figures(&variant.scored, Some(variant.scored.evaluation.accuracy - parent)))
                        }
                    }
                }
            }
        }
    })
}
