//! The findings as one HTML page.
//!
//! maud escapes every text. The page's own policy forbids scripts and requests, so that not even a tweet that slipped
//! through could do anything; colours follow the reader's light or dark setting.

mod calibration;
mod challenge;
mod domains;
mod provenance;
mod quality;
mod storage;
mod texts;

use super::findings::Findings;
use crate::scoring::bootstrap::Interval;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page/style.css");

/// A section of the page: its anchor, its heading, its content.
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

/// The whole page.
///
/// # Errors
/// A plot that cannot be drawn, a configuration that is no TOML.
pub fn html(findings: &Findings<'_>) -> anyhow::Result<String> {
    let mut sections = vec![
        Section { id: "learning", title: "Learning curves", content: quality::learning(findings)? },
        Section { id: "confusion", title: "Confusion", content: quality::confusion(findings) },
        Section { id: "labels", title: "Each label", content: quality::labels(findings) },
        Section { id: "calibration", title: "Calibration", content: calibration::section(findings)? },
        Section { id: "size", title: "Accuracy against size", content: storage::section(findings)? },
        Section { id: "mistakes", title: "Most confident mistakes", content: texts::mistakes(findings) },
        Section { id: "edits", title: "Harmless edits", content: texts::edits(findings) },
        Section {
            id: "provenance",
            title: "Configuration and provenance",
            content: provenance::section(findings)?,
        },
    ];
    if let Some(challenge) = challenge::section(findings) {
        // Provenance stays the last.
        sections.insert(sections.len() - 1, challenge);
    }
    if !findings.chosen().scored.domains.is_empty() {
        sections.insert(0, Section { id: "domains", title: "Domains", content: domains::section(findings) });
    }
    let name = &findings.run.config().name;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                title { "Training report: " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p class="kicker" { "Training report" }
                    h1 { (name) }
                    (quality::summary(findings))
                }
                main {
                    section aria-label="Headline figures" { (quality::headline(findings)) }
                    nav aria-label="Sections" {
                        ul {
                            @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } }
                        }
                    }
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 id={ (section.id) "-title" } { (section.title) }
                            (section.content)
                        }
                    }
                }
                footer {
                    p { "Written by trainer " (env!("CARGO_PKG_VERSION")) ", " code { "trainer report" } "." }
                }
            }
        }
    };
    Ok(page.into_string())
}

/// A picture with what it shows in words, for those who do not see it.
fn figure(svg: &str, description: &str, caption: &str) -> Markup {
    html! {
        figure {
            div class="plot" role="img" aria-label=(description) { (PreEscaped(svg)) }
            figcaption { (caption) }
        }
    }
}

/// `87.2 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `87.2 %`, or a dash where there is nothing to have a share of.
fn percent_of_any(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

/// `85.0 – 89.1 %`.
fn percent_interval(interval: Interval) -> String {
    format!("{:.1} – {:.1} %", interval.low * 100.0, interval.high * 100.0)
}

/// `+0.31`: a difference of two shares in points.
fn points(difference: f64) -> String {
    format!("{:+.2}", difference * 100.0)
}

/// `24.7 MB`, small files in kB.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
