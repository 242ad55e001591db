//! Where the model fails, in texts: its surest mistakes, and labels that flip under harmless edits.

use super::{percent, percent_of_any};
use crate::report::findings::Findings;
use crate::scoring::edits;
use maud::{Markup, html};

/// The surest of the wrong predictions. Often it is the data's label that is wrong, or the text that is two-sided.
pub fn mistakes(findings: &Findings<'_>) -> Markup {
    let mistakes = findings.mistakes();
    html! {
        @if mistakes.is_empty() {
            p { "Not one test row is wrong." }
        } @else {
            p { "The test rows that it is most sure of and wrong about. A label of the data may be the mistake, too." }
            ol class="mistakes" {
                @for mistake in &mistakes {
                    li {
                        blockquote { (mistake.text) }
                        p {
                            "labelled " strong { (mistake.truth) } ", predicted " strong { (mistake.predicted) } " with "
                            (percent(f64::from(mistake.probability)))
                        }
                    }
                }
            }
        }
    }
}

/// What each edit does.
pub fn edits(findings: &Findings<'_>) -> Markup {
    html! {
        p {
            "Edits that do not change what a text says must not change its label (invariance tests, Ribeiro et al. "
            "2020). Counted are the test rows that an edit changes."
        }
        @if let Some(invisible) = edits::invisible(&findings.edits) {
            p { "The model reads the same token ids after these, so that no label can flip: " (invisible) "." }
        }
        div class="scroll" {
            table {
                caption { "Labels that flip under an edit, and accuracy on the same texts before and after." }
                thead {
                    tr {
                        th scope="col" { "Edit" }
                        @for name in ["Texts", "Labels flipped", "Share", "Accuracy before", "After"] {
                            th scope="col" class="number" { (name) }
                        }
                    }
                }
                tbody {
                    @for effect in findings.edits.iter().filter(|effect| !effect.is_invisible()) {
                        tr {
                            th scope="row" { (effect.edit) }
                            td class="number" { (effect.texts) }
                            td class="number" { strong { (effect.flips) } }
                            @for share in [effect.flip_rate, effect.accuracy_before, effect.accuracy_after] {
                                td class="number" { (percent_of_any(share)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
