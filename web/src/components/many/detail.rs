//! One row in full: its text, every probability, every column, and what is odd about it.

use yew::prelude::*;

use super::desk::Desk;
use super::locale::count;
use crate::figures::percent;
use crate::many::Reading;
use crate::tone::Tone;

/// Columns that are shown.
const COLUMNS: usize = 40;

/// Properties of [`Detail`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
    /// The row.
    pub row: usize,
}

/// The row.
#[component]
pub fn Detail(Props { desk, row }: &Props) -> Html {
    let batch = desk.batch();
    let remarks: Vec<String> = batch
        .oddity(*row)
        .into_iter()
        .chain(match batch.results.of(*row) {
            Reading::Unread(reason) => Some(reason.to_owned()),
            Reading::Read { is_truncated: true, .. } => {
                Some("The text is longer than the model reads; its end was left out.".to_owned())
            }
            _ => None,
        })
        .collect();
    let text =
        batch.table.broken(*row + batch.settings.first_row()).map_or_else(|| batch.text(*row), Into::into);
    let scores = match batch.results.of(*row) {
        Reading::Read { scores, .. } => scores,
        _ => &[],
    };
    let names = batch.settings.names(&batch.table);
    let others = names
        .iter()
        .enumerate()
        .filter(|(column, _)| Some(*column) != batch.settings.columns.text)
        .filter_map(|(column, name)| Some((name, batch.cell(*row, column)?.into_owned())))
        .take(COLUMNS);
    html! {
        <div class="many-detail" data-testid="many-detail" role="group" aria-label={format!("Row {}", count(row + 1))}>
            <p class="many-soft">{ format!("Row {}", count(row + 1)) }</p>
            <p class="many-full" dir="auto" tabindex="0">{ text.into_owned() }</p>
            { for remarks.into_iter().map(|remark| html! { <p class="notice">{ remark }</p> }) }
            if !scores.is_empty() {
                <ul class="bars" role="list" aria-label="Probabilities">
                    { for batch.results.labels().iter().zip(scores).map(|(label, score)| html! {
                        <li class={classes!("bar", Tone::of(label).class())}>
                            <span class="bar-label">{ label }</span>
                            <meter aria-label={label.clone()} min="0" max="1" value={format!("{score:.4}")} />
                            <span class="bar-percent">{ percent(*score) }</span>
                        </li>
                    }) }
                </ul>
            }
            <dl>
                { for others.map(|(name, value)| html! { <div><dt>{ name }</dt><dd dir="auto">{ value }</dd></div> }) }
            </dl>
        </div>
    }
}
