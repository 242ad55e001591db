//! What a visitor should know of a file before trusting what is made of it.

use yew::prelude::*;

use super::locale::count;
use crate::many::{Batch, Encoding};

/// A list of remarks, or nothing.
pub fn notes(batch: &Batch) -> Html {
    let (table, settings) = (&batch.table, &batch.settings);
    let mut notes: Vec<String> = batch.problem.iter().map(ToString::to_string).collect();
    if settings.is_encoding_doubtful && settings.encoding == Encoding::Windows1252 {
        notes.push(
            "These bytes are not UTF-8. They are read as Windows-1252, which older programs write: check the preview."
                .to_owned(),
        );
    }
    if table.num_replaced() > 0 {
        notes.push(format!(
            "{} with characters that are not {}, shown as \u{fffd}: marked, and read all the same. If many look wrong, \
             choose other characters.",
            number_of(table.num_replaced(), "row"),
            settings.encoding.name()
        ));
    }
    if table.num_ragged() > 0 {
        let rows = number_of(table.num_ragged(), "row");
        notes.push(format!("{rows} with more or fewer cells than the first: kept and marked."));
    }
    if table.num_broken() > 0 {
        let lines = number_of(table.num_broken(), "line");
        notes.push(format!("{lines} without a JSON object: kept and marked, but not read."));
    }
    if table.is_cut_off() {
        notes.push("The file ends in the middle of its last row, which is kept and marked.".to_owned());
    }
    if notes.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="notice many-notes" role="list" data-testid="many-notes">
            { for notes.into_iter().map(|note| html! { <li>{ note }</li> }) }
        </ul>
    }
}

fn number_of(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}
