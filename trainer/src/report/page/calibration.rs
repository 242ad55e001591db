//! Whether the model's probabilities mean what they say.

use super::{figure, percent};
use crate::output::plots::reliability::reliability_diagram;
use crate::report::findings::Findings;
use crate::scoring::calibration::CONFIDENCE;
use crate::scoring::reliability::reliability;
use maud::{Markup, html};

/// Reliability diagram, its numbers, temperature and threshold.
///
/// # Errors
/// A plot that cannot be drawn.
pub fn section(findings: &Findings<'_>) -> anyhow::Result<Markup> {
    let scored = &findings.chosen().scored;
    let calibration = &scored.calibration;
    let bins = reliability(&scored.answers.probabilities, &scored.labels);
    let svg = reliability_diagram(&bins, calibration.uncertain_threshold)?;
    let kept = scored.kept();
    let (encoder, all) = (&findings.run.record().encoder, (0..scored.labels.len()).collect::<Vec<_>>());
    let origin = match calibration.selection {
        None => "fixed by the configuration".to_owned(),
        Some(selection) => format!(
            "of those that reach it at least {} are right on rows like these, with {} confidence{}",
            percent(selection.guaranteed.min(selection.target)),
            percent(CONFIDENCE),
            match selection.is_reached() {
                true => String::new(),
                false => format!("; {} were asked for and cannot be guaranteed", percent(selection.target)),
            }
        ),
    };
    Ok(html! {
        p {
            "Logits are divided by the temperature " strong { (format!("{:.3}", calibration.temperature)) }
            ", fitted on " (findings.run.split().validation.len()) " validation rows. A prediction below the confidence "
            strong { (format!("{:.3}", calibration.uncertain_threshold)) } " is called uncertain: " (origin)
            @if kept.coverage > 0.0 {
                ". Of the test rows' predictions " strong { (percent(kept.coverage)) } " reach it, and "
                strong { (percent(kept.accuracy)) } " of these are right."
            } @else {
                ". None of the test rows' predictions reaches it."
            }
        }
        @if let (Some(exit), Some(found)) = (calibration.exit, scored.exit_use(&all, encoder)) {
            p {
                "The exit after layer " (encoder.exit_layer.unwrap_or_default()) " answers where its probability is "
                strong { (format!("{:.3}", exit.threshold)) } " or more (temperature " (format!("{:.3}", exit.temperature))
                "): " strong { (percent(found.share)) } " of the test rows"
                @if let Some(accuracy) = found.accuracy { ", of which " strong { (percent(accuracy)) } " are right" }
                ". A text goes through " strong { (format!("{:.2}", found.mean_layers)) } " of "
                (encoder.num_hidden_layers) " layers on average."
            }
        }
        div class="pair" {
            (figure(
                &svg,
                "Bar chart of the accuracy by confidence; the table beside it has the numbers",
                "Bars: accuracy. Marks: mean confidence. On the diagonal both agree. Numbers: predictions."
            ))
            div class="scroll" {
                table class="ranges" {
                    caption { "Predictions by confidence." }
                    thead {
                        tr {
                            th scope="col" { "Confidence" }
                            @for name in ["Predictions", "Mean confidence", "Accuracy"] {
                                th scope="col" class="number" { (name) }
                            }
                        }
                    }
                    tbody {
                        @for bin in &bins {
                            tr {
                                th scope="row" { (format!("{:.2} – {:.2}", bin.low, bin.high)) }
                                td class="number" { (bin.rows) }
                                td class="number" { (percent(bin.confidence)) }
                                td class="number" { (percent(bin.accuracy)) }
                            }
                        }
                    }
                }
            }
        }
    })
}
