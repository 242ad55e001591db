//! The numbers behind a drawing, for whoever cannot see it or wants them exactly.

use yew::prelude::*;

/// A table that opens below its drawing.
pub fn chart_table(
    caption: &'static str,
    heads: Vec<String>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Html {
    let row = |cells: Vec<String>| {
        let mut cells = cells.into_iter();
        let name = cells.next().unwrap_or_default();
        html! { <tr><th scope="row">{ name }</th>{ for cells.map(|cell| html! { <td>{ cell }</td> }) }</tr> }
    };
    html! {
        <details class="many-numbers">
            <summary>{ "As a table" }</summary>
            <div class="many-numbers-scroller" tabindex="0" role="region" aria-label={caption}>
                <table>
                    <caption class="visually-hidden">{ caption }</caption>
                    <thead><tr>{ for heads.into_iter().map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                    <tbody>{ for rows.map(row) }</tbody>
                </table>
            </div>
        </details>
    }
}
