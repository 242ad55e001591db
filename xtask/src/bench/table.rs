//! What a person reads, in Markdown, so that it can go into the documents as it is.

use super::Figures;
use super::browser::Products;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The cases in the order in which they are printed.
const CASES: [&str; 3] = ["1 x 20", "1 x 64", "32 x 20"];

/// Renders everything that was measured; what was not is a dash.
pub fn render(figures: &Figures) -> String {
    let mut text = format!("\n{}, milliseconds a call (tweets x tokens)\n\n", figures.model);
    let _ = writeln!(
        text,
        "| {:<38} | {:>8} | {:>8} | {:>8} | products, GOP/s (share) at 20 and 64 tokens |",
        "", CASES[0], CASES[1], CASES[2]
    );
    let _ = writeln!(text, "|{:-<40}|{:->9}:|{:->9}:|{:->9}:|---|", "", "", "", "");
    let mut row = |name: &str, last: &str, cell: &dyn Fn(&str) -> Option<f64>| {
        let _ = write!(text, "| {name:<38} |");
        for case in CASES {
            let _ = match cell(case) {
                Some(milliseconds) => write!(text, " {milliseconds:>8.2} |"),
                None => write!(text, " {:>8} |", "–"),
            };
        }
        let _ = writeln!(text, " {last} |");
    };
    for native in &figures.native {
        let plural = if native.threads == 1 { "" } else { "s" };
        let name = format!("{}, {} thread{plural}", native.kernel, native.threads);
        let products = products(&native.products);
        row(&format!("{name}, p50"), &products, &|case| native.cases.get(case).copied());
        row(&format!("{name}, p99"), "", &|case| native.p99_ms.get(case).copied());
    }
    for build in figures.browser.iter().flat_map(|browser| &browser.builds) {
        let name = format!("Chromium, {}, 1 thread", build.info.kernel);
        let products = products(&build.products);
        row(&format!("{name}, p50"), &products, &|case| build.cases.get(case).map(|it| it.p50));
        row(&format!("{name}, p99"), "", &|case| build.cases.get(case).map(|it| it.p99));
    }
    text.push('\n');
    for native in &figures.native {
        let _ = write!(text, "{} threads: {:.0} tweets a second", native.threads, native.tweets_per_second);
        if native.mean_layers < native.num_layers as f64 {
            let _ = write!(text, " through {:.2} of {} layers", native.mean_layers, native.num_layers);
        }
        let _ = match native.peak_memory_mb {
            Some(megabytes) => writeln!(text, ", {megabytes:.0} MB of memory at most"),
            None => writeln!(text),
        };
    }
    if let Some(browser) = &figures.browser {
        for build in &browser.builds {
            let _ = writeln!(
                text,
                "Chromium, {}: loads in {:.0} ms; {:.1} MB of memory, {:.1} MB after 10,000 tweets",
                build.info.engine,
                build.load_ms,
                build.loaded_bytes / 1e6,
                build.later_bytes / 1e6
            );
        }
        for (workers, rate) in &browser.tweets_per_second {
            let _ = writeln!(text, "Chromium, {workers} worker(s): {rate:.0} tweets a second");
        }
        if let [fastest, .., slowest] = browser.first_answer_ms[..] {
            let median = browser.first_answer_ms[browser.first_answer_ms.len() / 2];
            let _ = writeln!(
                text,
                "Chromium, navigation to first answer, cached: {median:.0} ms ({fastest:.0} to {slowest:.0})"
            );
        }
    }
    text
}

/// `406 (77 %), 403 (80 %)`.
fn products(products: &BTreeMap<String, Products>) -> String {
    let each = products.values().map(|it| format!("{:.0} ({:.0} %)", it.gops, it.share * 100.0));
    each.collect::<Vec<_>>().join(", ")
}
