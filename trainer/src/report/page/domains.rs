//! Each domain by itself: how good the model is in it, how sure, and how many of its words the training rows have.

use super::{percent, percent_interval};
use crate::data::overlap::Overlap;
use crate::report::findings::Findings;
use maud::{Markup, html};

/// Both tables; there are several domains.
pub fn section(findings: &Findings<'_>) -> Markup {
    let domains = &findings.chosen().scored.domains;
    html! {
        p {
            "All other sections are of all test rows together, each domain with the share of its rows. Temperature and "
            "threshold are one for all texts; in the temperature every domain had the same say."
        }
        div class="scroll" {
            table {
                caption { "Test rows of each domain, predicted by the configured storage." }
                thead {
                    tr {
                        th scope="col" { "Domain" }
                        @for name in
                            ["Rows", "Accuracy", "95 % interval", "Macro-F1", "95 % interval", "ECE", "Sure of", "Right of these"]
                        {
                            th scope="col" class="number" { (name) }
                        }
                    }
                }
                tbody {
                    @for (name, domain) in domains {
                        tr {
                            th scope="row" { (name) }
                            td class="number" { (domain.evaluation.rows) }
                            td class="number" { strong { (percent(domain.evaluation.accuracy)) } }
                            td class="number" { (percent_interval(domain.intervals.accuracy)) }
                            td class="number" { (percent(domain.evaluation.macro_f1)) }
                            td class="number" { (percent_interval(domain.intervals.macro_f1)) }
                            td class="number" { (percent(domain.evaluation.ece)) }
                            td class="number" { (percent(domain.kept.coverage)) }
                            td class="number" {
                                @if domain.kept.coverage > 0.0 { (percent(domain.kept.accuracy)) } @else { "–" }
                            }
                        }
                    }
                }
            }
        }
        (overlap(&findings.overlap))
    }
}

fn overlap(overlap: &Overlap) -> Markup {
    let trained: Vec<&String> =
        overlap.values().next().into_iter().flat_map(|shares| shares.keys()).collect();
    html! {
        div class="scroll" {
            table {
                caption { "Running words of a domain's test rows (down) that the training rows of a domain (across) have." }
                thead {
                    tr {
                        th scope="col" { "Words of" }
                        @for name in &trained { th scope="col" class="number" { "seen in " (name) } }
                    }
                }
                tbody {
                    @for (name, shares) in overlap {
                        tr {
                            th scope="row" { (name) }
                            @for share in shares.values() { td class="number" { (percent(*share)) } }
                        }
                    }
                }
            }
        }
    }
}
