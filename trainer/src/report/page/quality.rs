//! How good the model is: headline figures, learning curves, confusion, each label.

use super::{figure, percent, percent_interval, percent_of_any, points, size};
use crate::output::plots::curves::learning_panels;
use crate::report::findings::Findings;
use crate::run::log::{DomainScore, Epoch};
use maud::{Markup, html};

/// What was trained on what, in a sentence.
pub fn summary(findings: &Findings<'_>) -> Markup {
    let (run, chosen) = (&findings.run, findings.chosen());
    html! {
        p class="lead" {
            (run.config().data.labels.join(", ")) ": " (run.record().base_model) " fine-tuned on "
            (run.split().train.len()) " texts, stored as " strong { (chosen.name) } ". Every figure is of the "
            (chosen.scored.evaluation.rows)
            " test rows, scored by the code that users run. Ranges are 95 % bootstrap intervals over groups of "
            "near-duplicates. " (findings.test.history().join(" "))
        }
    }
}

/// The figures that decide.
pub fn headline(findings: &Findings<'_>) -> Markup {
    let (chosen, parent) = (findings.chosen(), &findings.checkpoint.evaluation);
    let (evaluation, intervals) = (&chosen.scored.evaluation, &chosen.scored.intervals);
    let kept = chosen.scored.kept();
    let beside = |difference: f64| format!("{} points beside the f32 checkpoint", points(difference));
    let tiles = [
        (
            "Accuracy",
            percent(evaluation.accuracy),
            percent_interval(intervals.accuracy),
            beside(evaluation.accuracy - parent.accuracy),
        ),
        (
            "Macro-F1",
            percent(evaluation.macro_f1),
            percent_interval(intervals.macro_f1),
            beside(evaluation.macro_f1 - parent.macro_f1),
        ),
        (
            "Calibration error",
            percent(evaluation.ece),
            percent_interval(intervals.ece),
            "between confidence and accuracy (ECE)".to_owned(),
        ),
        (
            "Sure of",
            percent(kept.coverage),
            match kept.coverage > 0.0 {
                true => format!("{} of these right", percent(kept.accuracy)),
                false => "no prediction is".to_owned(),
            },
            format!("confidence {:.3} or more", chosen.scored.calibration.uncertain_threshold),
        ),
        ("File", size(chosen.size_bytes), format!("{} bytes", chosen.size_bytes), chosen.name.clone()),
    ];
    html! {
        dl class="tiles" {
            @for (name, value, range, note) in &tiles {
                div {
                    dt { (name) }
                    dd class="value" { (value) }
                    dd class="range" { (range) }
                    dd class="note" { (note) }
                }
            }
        }
    }
}

/// Loss and validation over the epochs.
///
/// # Errors
/// A plot that cannot be drawn.
pub fn learning(findings: &Findings<'_>) -> anyhow::Result<Markup> {
    let history = &findings.history;
    let [losses, qualities] = learning_panels(&history.curves())?;
    let kept = history.kept(findings.run.config().train.keep);
    let words = match kept {
        Some(kept) => format!(
            "Epoch {} of {} is kept, with {} accuracy and {} macro-F1 on the validation rows{}.",
            kept.epoch,
            history.epochs.len(),
            percent(kept.validation_accuracy),
            percent(kept.validation_macro_f1.unwrap_or_default()),
            in_domains(kept)
        ),
        None => "The log holds no epoch.".to_owned(),
    };
    Ok(html! {
        p { (words) }
        div class="pair" {
            (figure(&losses, "Line chart of the loss over the epochs", "Loss of training and validation rows."))
            (figure(
                &qualities,
                "Line chart of accuracy and macro-F1 over the epochs",
                "Accuracy and macro-F1 of the validation rows."
            ))
        }
    })
}

/// ` (macro-F1: news 84.4 %, social 67.3 %)`: the macro-F1 of each domain; nothing where there is only one.
fn in_domains(kept: &Epoch) -> String {
    let of = |(name, score): (&String, &DomainScore)| format!("{name} {}", percent(score.macro_f1));
    let domains: Vec<String> = kept.domains.iter().map(of).collect();
    if domains.is_empty() { String::new() } else { format!(" (macro-F1: {})", domains.join(", ")) }
}

/// The confusion matrix, each row shaded by its own shares: a rare label is as readable as a frequent one.
pub fn confusion(findings: &Findings<'_>) -> Markup {
    let labels = &findings.run.config().data.labels;
    let rows = &findings.chosen().scored.evaluation.confusion;
    html! {
        div class="scroll" {
            table class="confusion" {
                caption { "Test rows by true label (down) and predicted label (across)." }
                thead {
                    tr {
                        th scope="col" { "true ↓ predicted →" }
                        @for label in labels { th scope="col" { (label) } }
                    }
                }
                tbody {
                    @for (index, (label, counts)) in labels.iter().zip(rows).enumerate() {
                        @let total = counts.iter().sum::<usize>();
                        tr {
                            th scope="row" { (label) }
                            @for (column, count) in counts.iter().enumerate() {
                                @let share = (total > 0).then(|| *count as f64 / total as f64);
                                @let shade = format!("--share:{:.3}", share.unwrap_or_default());
                                td class=[(index == column).then_some("right")] style=(shade) {
                                    strong { (count) } " " span class="faint" { (percent_of_any(share)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Precision, recall and F1 of each label.
pub fn labels(findings: &Findings<'_>) -> Markup {
    let scored = &findings.chosen().scored;
    html! {
        div class="scroll" {
            table {
                caption { "Precision: how many predictions of a label are right. Recall: how many of its texts are found." }
                thead {
                    tr {
                        th scope="col" { "Label" }
                        @for name in ["Precision", "Recall", "F1", "95 % interval of F1", "Rows"] {
                            th scope="col" class="number" { (name) }
                        }
                    }
                }
                tbody {
                    @for (label, class) in &scored.evaluation.per_class {
                        tr {
                            th scope="row" { (label) }
                            @let [precision, recall, f1] = class.shares().map(percent_of_any);
                            td class="number" { (precision) }
                            td class="number" { (recall) }
                            td class="number" { strong { (f1) } }
                            td class="number" {
                                @if let Some(interval) = scored.intervals.f1.get(label) { (percent_interval(*interval)) }
                            }
                            td class="number" { (class.support) }
                        }
                    }
                }
            }
        }
    }
}
