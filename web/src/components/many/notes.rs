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
            "{} hold characters that are not {}, shown as \u{fffd}. Such rows are read all the same; if many look wrong, \
             choose other characters.",
            rows(table.num_replaced()),
            settings.encoding.name()
        ));
    }
    if table.num_ragged() > 0 {
        notes.push(format!(
            "{} have more or fewer cells than the first. They are kept and marked.",
            rows(table.num_ragged())
        ));
    }
    if table.num_broken() > 0 {
        notes.push(format!(
            "{} are not a JSON object. They are kept and marked, but not read.",
            rows(table.num_broken())
        ));
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

fn rows(number: usize) -> String {
    format!("{} of the rows", count(number))
}
