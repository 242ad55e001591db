//! The tables that a person sees after `train` and `evaluate` (totals, each label, the confusion) and `edits`, and
//! the form of tables elsewhere.

use crate::scoring::edits;
use crate::scoring::edits::EditEffect;
use crate::scoring::metrics::Evaluation;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use indexmap::IndexMap;

/// The whole report, ready to print.
pub fn evaluation(evaluation: &Evaluation) -> String {
    [totals(evaluation), classes(evaluation), confusion(evaluation)].map(|table| table.to_string()).join("\n")
}

/// A line a domain, ready to print before other lines; nothing where there is only one.
pub fn domains(domains: &IndexMap<String, Evaluation>) -> String {
    let mut table = new_table(vec!["domain", "rows", "accuracy", "macro-F1", "ECE", "NLL"]);
    for (name, of) in domains {
        let mut row = vec![Cell::new(name)];
        row.extend(numbers([of.rows.to_string()]));
        row.extend(numbers([of.accuracy, of.macro_f1, of.ece, of.nll].map(share)));
        table.add_row(row);
    }
    if domains.is_empty() { String::new() } else { format!("{table}\n") }
}

/// What each edit does, ready to print: those that the model does not see in a line, the others in a table.
pub fn edits(effects: &[EditEffect]) -> String {
    let mut table =
        new_table(vec!["edit", "texts", "labels flipped", "share", "accuracy before", "accuracy after"]);
    for effect in effects.iter().filter(|effect| !effect.is_invisible()) {
        let mut row = vec![Cell::new(effect.edit)];
        row.extend(numbers([
            effect.texts.to_string(),
            effect.flips.to_string(),
            share_of_any(effect.flip_rate),
            share_of_any(effect.accuracy_before),
            share_of_any(effect.accuracy_after),
        ]));
        table.add_row(row);
    }
    match edits::invisible(effects) {
        Some(invisible) => format!("the same token ids, so that no label can flip: {invisible}\n{table}"),
        None => table.to_string(),
    }
}

fn totals(evaluation: &Evaluation) -> Table {
    let mut table = new_table(vec!["rows", "accuracy", "macro-F1", "ECE", "NLL", "tweets/s"]);
    table.add_row(numbers([
        evaluation.rows.to_string(),
        share(evaluation.accuracy),
        share(evaluation.macro_f1),
        share(evaluation.ece),
        share(evaluation.nll),
        format!("{:.0}", evaluation.tweets_per_second),
    ]));
    table
}

fn classes(evaluation: &Evaluation) -> Table {
    let mut table = new_table(vec!["label", "precision", "recall", "F1", "rows"]);
    for (name, class) in &evaluation.per_class {
        let mut row = vec![Cell::new(name)];
        row.extend(numbers(class.shares().map(share_of_any)));
        row.extend(numbers([class.support.to_string()]));
        table.add_row(row);
    }
    table
}

fn confusion(evaluation: &Evaluation) -> Table {
    let mut header = vec!["true ↓  predicted →"];
    header.extend(evaluation.per_class.keys().map(String::as_str));
    let mut table = new_table(header);
    for (name, counts) in evaluation.per_class.keys().zip(&evaluation.confusion) {
        let mut row = vec![Cell::new(name)];
        row.extend(numbers(counts.iter().map(usize::to_string)));
        table.add_row(row);
    }
    table
}

/// An empty table in the form of every table that the trainer prints.
pub fn new_table(header: Vec<&str>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    table
}

/// Cells aligned as numbers are.
pub fn numbers(texts: impl IntoIterator<Item = String>) -> Vec<Cell> {
    texts.into_iter().map(|text| Cell::new(text).set_alignment(CellAlignment::Right)).collect()
}

fn share(value: f64) -> String {
    format!("{value:.4}")
}

/// A share, or a dash where there is nothing to have a share of.
fn share_of_any(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), share)
}
