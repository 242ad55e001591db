//! The first rows of a file as they were understood, with the chosen columns marked.

use yew::prelude::*;

use super::desk::Desk;

const ROWS: usize = 5;
const COLUMNS: usize = 8;
/// Characters of a cell.
const CELL: usize = 120;

/// Properties of [`Preview`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// A small table.
#[component]
pub fn Preview(Props { desk }: &Props) -> Html {
    let batch = desk.batch();
    let names = batch.settings.names(&batch.table);
    let columns = batch.settings.columns;
    // The chosen ones are shown wherever they stand.
    let chosen = [columns.text, columns.label, columns.date];
    let is_shown = |at: &usize| *at < COLUMNS || chosen.contains(&Some(*at));
    let shown: Vec<usize> = (0..names.len()).filter(is_shown).collect();
    let class = |at: usize| match at {
        at if Some(at) == columns.text => "is-text",
        at if Some(at) == columns.label => "is-label",
        at if Some(at) == columns.date => "is-date",
        _ => "",
    };
    let use_of = |at: usize| match class(at) {
        "is-text" => " (texts)",
        "is-label" => " (labels)",
        "is-date" => " (dates)",
        _ => "",
    };
    let cell = |row: usize, at: usize| {
        let text = batch.cell(row, at).unwrap_or_default();
        let short: String = text.chars().take(CELL).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        html! { <td class={class(at)}>{ short }{ dots }</td> }
    };
    let rows = batch.num_rows().min(ROWS);
    if rows == 0 {
        return Html::default();
    }
    html! {
        <div class="many-preview" tabindex="0" role="region" aria-label="The first rows">
            <table>
                <thead>
                    <tr>
                        { for shown.iter().map(|at| html! {
                            <th scope="col" class={class(*at)}>
                                { names.get(*at).cloned().unwrap_or_default() }
                                <span class="many-use">{ use_of(*at) }</span>
                            </th>
                        }) }
                    </tr>
                </thead>
                <tbody>
                    { for (0..rows).map(|row| html! {
                        <tr>{ for shown.iter().map(|at| cell(row, *at)) }</tr>
                    }) }
                </tbody>
            </table>
            if shown.len() < names.len() {
                <p class="many-soft">{ format!("and {} more columns, which are kept", names.len() - shown.len()) }</p>
            }
        </div>
    }
}
