//! How good the model is in each domain by itself, and how much one has of the other's words.

use super::{Facts, with_interval};
use crate::scoring::scored::ScoredDomain;
use std::fmt::Write;

/// The table of all domains; nothing where there is only one.
pub fn quality(facts: &Facts<'_>) -> String {
    let (exported, parent) = (&facts.exported.scored.domains, &facts.checkpoint.domains);
    if exported.is_empty() {
        return String::new();
    }
    let mut text = "\nThese are all test rows together, each domain with the share of its rows. By itself each is:\n\n\
        | domain | rows | accuracy | macro-F1 | ECE | NLL | f32: accuracy | macro-F1 |\n|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (name, ScoredDomain { evaluation, intervals, .. }) in exported {
        let of_parent = |metric: fn(&ScoredDomain) -> f64| parent.get(name).map_or(0.0, metric);
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {:.4} | {:.4} | {:.4} |",
            evaluation.rows,
            with_interval(evaluation.accuracy, intervals.accuracy),
            with_interval(evaluation.macro_f1, intervals.macro_f1),
            with_interval(evaluation.ece, intervals.ece),
            evaluation.nll,
            of_parent(|scored| scored.evaluation.accuracy),
            of_parent(|scored| scored.evaluation.macro_f1),
        );
    }
    text.push_str("\nEach label's F1, and rows:\n\n| domain |");
    facts.entry.labels.iter().for_each(|label| text.extend([" ", label, " |"]));
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(facts.entry.labels.len()));
    for (name, ScoredDomain { evaluation, intervals, .. }) in exported {
        let _ = write!(text, "| {name} |");
        for (label, class) in &evaluation.per_class {
            let [_, _, f1] = class.shares();
            let f1 = f1.map_or(super::NONE.to_owned(), |f1| with_interval(f1, intervals.f1[label]));
            let _ = write!(text, " {f1}, {} |", class.support);
        }
        text.push('\n');
    }
    text + &overlap(facts)
}

/// What the threshold of uncertainty does in each domain.
pub fn uncertain(facts: &Facts<'_>) -> String {
    let domains = &facts.exported.scored.domains;
    if domains.is_empty() {
        return String::new();
    }
    let mut text = "\nTemperature and threshold are one for all texts; in the temperature every domain had the same say.\n\n\
        | domain | predictions that reach the threshold | right of these | ECE |\n|---|---|---|---|\n"
        .to_owned();
    for (name, ScoredDomain { evaluation, intervals, kept }) in domains {
        let right = match kept.coverage > 0.0 {
            true => format!("{:.1} %", kept.accuracy * 100.0),
            false => super::NONE.to_owned(),
        };
        let ece = with_interval(evaluation.ece, intervals.ece);
        let _ = writeln!(text, "| {name} | {:.1} % | {right} | {ece} |", kept.coverage * 100.0);
    }
    text
}

fn overlap(facts: &Facts<'_>) -> String {
    let mut text = String::new();
    for (index, (test, shares)) in facts.overlap.iter().enumerate() {
        if index == 0 {
            let names: Vec<&str> = shares.keys().map(String::as_str).collect();
            let _ = writeln!(
                text,
                "\nHow many of the words in a domain's test rows its own and the other training rows have (running \
                 words with a letter, as the model reads them):\n\n| words of | seen in {} |\n|---|{}",
                names.join(" | in "),
                "---|".repeat(names.len())
            );
        }
        let shares: Vec<String> = shares.values().map(|share| format!("{:.1} %", share * 100.0)).collect();
        let _ = writeln!(text, "| {test} | {} |", shares.join(" | "));
    }
    text
}
