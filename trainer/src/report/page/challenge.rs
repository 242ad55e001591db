//! The challenge set: every kind, and every text that gets another label than it should have.

use super::{Section, percent, percent_interval};
use crate::export::variant::Challenged;
use crate::report::findings::Findings;
use crate::scoring::challenge::{Scores, Share};
use maud::{Markup, html};

/// The section; none for a model whose labels are not those of the set.
pub fn section(findings: &Findings<'_>) -> Option<Section> {
    let challenged = findings.challenge.as_ref()?;
    Some(Section { id: "challenge", title: "Challenge set", content: content(challenged) })
}

fn content(challenged: &Challenged) -> Markup {
    let Challenged { scores, num_learned } = challenged;
    html! {
        p {
            (scores.total.texts) " short texts in " (scores.kinds.len()) " kinds, written by hand to be hard; a label is "
            "what the author expects of the price. No benchmark: it shows what the model stumbles over, not how often it "
            "errs. " (num_learned) " of them have the words, punctuation and tickers apart, of a text that the run, or a "
            "teacher that lists its rows, learned from. It gets " strong { (percent(scores.total.accuracy())) } " of them "
            "right (95 % interval " (percent_interval(scores.total.interval())) ")."
        }
        (kinds(scores))
        @if !scores.failures.is_empty() { (failures(scores)) }
    }
}

fn kinds(scores: &Scores) -> Markup {
    html! {
        div class="scroll" {
            table {
                caption { "Texts that get their label, by kind; sure is what the model does not call uncertain." }
                thead {
                    tr {
                        th scope="col" { "Kind" }
                        @for name in ["Texts", "Right", "Accuracy", "95 % interval", "Wrong and sure"] {
                            th scope="col" class="number" { (name) }
                        }
                    }
                }
                tbody {
                    @for (kind, share) in &scores.kinds {
                        @let Share { texts, right, wrong_and_sure } = share;
                        tr {
                            th scope="row" { (kind) }
                            td class="number" { (texts) }
                            td class="number" { (right) }
                            td class="number" { strong { (percent(share.accuracy())) } }
                            td class="number" { (percent_interval(share.interval())) }
                            td class="number" { (wrong_and_sure) }
                        }
                    }
                }
            }
        }
    }
}

fn failures(scores: &Scores) -> Markup {
    html! {
        details {
            summary { "All " (scores.failures.len()) " failures" }
            ol class="mistakes" {
                @for failure in &scores.failures {
                    li {
                        blockquote { (failure.text) }
                        p {
                            (failure.kind) ": " strong { (failure.expected) } ", for " (failure.reason) "; "
                            @match failure.found.as_ref().zip(failure.confidence) {
                                Some((label, confidence)) => {
                                    "predicted " strong { (label) } " with " (percent(f64::from(confidence)))
                                }
                                None => "nothing to read",
                            }
                            @if failure.is_uncertain { ", uncertain" }
                        }
                    }
                }
            }
        }
    }
}
