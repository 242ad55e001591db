//! The table a person reads, in Markdown, so that it can go into the README as it is.

use super::Figures;
use std::fmt::Write;

/// The cases in the order in which they are printed.
const CASES: [&str; 3] = ["1 x 20", "1 x 64", "32 x 20"];

/// Renders everything that was measured; what was not is a dash.
pub fn render(figures: &Figures) -> String {
    let mut text = format!("\n{}, milliseconds a call (tweets x tokens)\n\n", figures.model);
    let mut row = |name: &str, cell: &dyn Fn(&str) -> Option<f64>| {
        let _ = write!(text, "| {name:<34} |");
        for case in CASES {
            let _ = match cell(case) {
                Some(milliseconds) => write!(text, " {milliseconds:>8.2} |"),
                None => write!(text, " {:>8} |", "–"),
            };
        }
        text.push('\n');
    };
    for native in &figures.native {
        let plural = if native.threads == 1 { "" } else { "s" };
        row(&format!("native, {} thread{plural}", native.threads), &|case| native.cases.get(case).copied());
    }
    if let Some(browser) = &figures.browser {
        let name = format!("Chromium, {}, 1 thread", browser.info.engine);
        row(&format!("{name}, p50"), &|case| browser.cases.get(case).map(|it| it.p50));
        row(&format!("{name}, p99"), &|case| browser.cases.get(case).map(|it| it.p99));
    }
    let head = format!("| {:<34} | {:>8} | {:>8} | {:>8} |\n", "", CASES[0], CASES[1], CASES[2]);
    let rule = format!("|{:-<36}|{:->9}:|{:->9}:|{:->9}:|\n", "", "", "", "");
    let start = text.find('|').unwrap_or(text.len());
    text.insert_str(start, &(head + &rule));
    if let Some(browser) = &figures.browser {
        let _ =
            write!(text, "\nfrom nothing to ready in Chromium, over loopback: {:.0} ms\n", browser.load_ms);
    }
    text
}
