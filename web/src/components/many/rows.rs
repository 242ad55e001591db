//! The table of answers. Only the rows in view are in the document, however many there are: above and below them stands
//! one empty row as high as those left out.
//!
//! The grid itself has the keyboard's focus and names its current row (`aria-activedescendant`), so that scrolling a
//! row out of the document never loses the place.

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::desk::Desk;
use super::detail::Detail;
use super::filters::Filters;
use super::locale::count;
use crate::figures::percent;
use crate::many::{Batch, Query, Reading, SortKey};
use crate::tone::Tone;

/// Height of a row in CSS pixels, as in `many.css`.
const ROW_PX: usize = 40;
/// Rows in the document: those in view, and a few on either side.
const DRAWN: usize = 26;
const ABOVE: usize = 6;
/// Rows that Page Up and Page Down go.
const PAGE: usize = 10;
/// Characters of a text that a cell holds; the style sheet shows those that fit.
const CELL: usize = 300;

/// Properties of [`Rows`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// Filters, table, and the row that was opened.
#[component]
pub fn Rows(Props { desk }: &Props) -> Html {
    let scroller = use_node_ref();
    let first = use_state_eq(|| 0_usize);
    let current = use_state_eq(|| None::<usize>);
    let opened = use_state_eq(|| None::<usize>);
    let query = desk.query();
    // What was current or open belongs to the rows of another query.
    use_effect_with((query.clone(), desk.opening()), {
        let (scroller, current, first, opened) =
            (scroller.clone(), current.clone(), first.clone(), opened.clone());
        move |_| {
            current.set(None);
            opened.set(None);
            first.set(0);
            if let Some(scroller) = scroller.cast::<HtmlElement>() {
                scroller.set_scroll_top(0);
            }
        }
    });
    let onscroll = {
        let first = first.clone();
        Callback::from(move |event: Event| {
            let top = event.target_unchecked_into::<HtmlElement>().scroll_top();
            first.set((top.max(0) as usize / ROW_PX).saturating_sub(ABOVE));
        })
    };
    let (batch, selection) = (desk.batch(), desk.selection());
    let num_rows = selection.len(&batch);
    let onkeydown = keys(desk, &scroller, &current, &opened, num_rows);
    let start = (*first).min(num_rows.saturating_sub(DRAWN));
    let places = start..(start + DRAWN).min(num_rows);
    let below = num_rows - places.end;
    let has_labels = batch.settings.columns.label.is_some();
    let columns = 4 + usize::from(has_labels);
    let row = |place: usize| {
        let row = selection.row(place);
        let onclick = {
            let (current, opened) = (current.clone(), opened.clone());
            Callback::from(move |_: MouseEvent| {
                current.set(Some(place));
                opened.set((*opened != Some(row)).then_some(row));
            })
        };
        let class = classes!(
            (*current == Some(place)).then_some("is-current"),
            (*opened == Some(row)).then_some("is-open"),
        );
        html! {
            <tr
                key={place}
                id={format!("many-row-{place}")}
                role="row"
                aria-rowindex={(place + 2).to_string()}
                aria-selected={(*opened == Some(row)).to_string()}
                {class}
                {onclick}
            >
                <td role="gridcell" class="many-number figures">{ count(row + 1) }</td>
                { text(&batch, row) }
                { label(&batch, row) }
                { confidence(&batch, row) }
                if has_labels {
                    { expected(&batch, row) }
                }
            </tr>
        }
    };
    let header =
        |key: SortKey, words: &'static str, class: &'static str| header(desk, &query, key, words, class);
    html! {
        <section class="card many-rows" aria-labelledby="many-rows-title" data-testid="many-rows">
            <h2 id="many-rows-title">{ "Tweets" }</h2>
            <Filters desk={desk.clone()} />
            <div class="many-scroller" ref={scroller} {onscroll}>
                <table
                    role="grid"
                    aria-label="Tweets and their labels"
                    aria-rowcount={(num_rows + 1).to_string()}
                    aria-colcount={columns.to_string()}
                    aria-activedescendant={current.filter(|place| places.contains(place)).map(|place| format!("many-row-{place}"))}
                    tabindex="0"
                    {onkeydown}
                >
                    <thead>
                        <tr role="row" aria-rowindex="1">
                            { header(SortKey::Row, "Row", "many-number") }
                            <th role="columnheader" scope="col">{ "Text" }</th>
                            { header(SortKey::Label, "Label", "many-label") }
                            { header(SortKey::Confidence, "Confidence", "many-confidence") }
                            if has_labels {
                                <th role="columnheader" scope="col" class="many-expected">{ "Yours" }</th>
                            }
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        { gap(places.start, columns) }
                        { for places.clone().map(row) }
                        { gap(below, columns) }
                    </tbody>
                </table>
                if num_rows == 0 {
                    <p class="many-none">{ "No row is like this." }</p>
                }
            </div>
            <p class="many-soft many-keys">{ "Click a row, or press Enter on it, to see all of it." }</p>
            if let Some(row) = *opened {
                <Detail desk={desk.clone()} {row} />
            }
        </section>
    }
}

/// As high as so many rows. A height of its own, as an attribute: the content security policy allows no inline style.
fn gap(rows: usize, columns: usize) -> Html {
    if rows == 0 {
        return Html::default();
    }
    let height = (rows * ROW_PX).to_string();
    html! { <tr class="many-gap" role="presentation" aria-hidden="true"><td colspan={columns.to_string()} {height}></td></tr> }
}

fn keys(
    desk: &Desk,
    scroller: &NodeRef,
    current: &UseStateHandle<Option<usize>>,
    opened: &UseStateHandle<Option<usize>>,
    num_rows: usize,
) -> Callback<KeyboardEvent> {
    let (desk, scroller) = (desk.clone(), scroller.clone());
    let (current, opened) = (current.clone(), opened.clone());
    Callback::from(move |event: KeyboardEvent| {
        // A button in the header has keys of its own.
        let is_header =
            event.target_dyn_into::<Element>().is_some_and(|element| element.tag_name() == "BUTTON");
        let last = num_rows.saturating_sub(1);
        let step = |by: isize| current.map_or(0, |place| place.saturating_add_signed(by)).min(last);
        let place = match event.key().as_str() {
            "Enter" | " " if !is_header => {
                event.prevent_default();
                let row = current.map(|place| desk.selection().row(place));
                return opened.set(row.filter(|row| *opened != Some(*row)));
            }
            "Escape" => return opened.set(None),
            "ArrowDown" => step(1),
            "ArrowUp" => step(-1),
            "PageDown" => step(PAGE as isize),
            "PageUp" => step(-(PAGE as isize)),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        if num_rows == 0 {
            return;
        }
        current.set(Some(place));
        if let Some(scroller) = scroller.cast::<HtmlElement>() {
            let (top, height) = (scroller.scroll_top(), scroller.client_height());
            // The header covers the first row's height.
            let (start, end) = ((place * ROW_PX) as i32, ((place + 2) * ROW_PX) as i32);
            if start < top {
                scroller.set_scroll_top(start);
            } else if end > top + height {
                scroller.set_scroll_top(end - height);
            }
        }
    })
}

fn header(desk: &Desk, query: &Query, key: SortKey, words: &'static str, class: &'static str) -> Html {
    let is_sorted = query.sort == key;
    let sort = match (is_sorted, query.is_descending) {
        (false, _) => None,
        (true, false) => Some("ascending"),
        (true, true) => Some("descending"),
    };
    let arrow = sort.map_or("", |sort| if sort == "ascending" { " ↑" } else { " ↓" });
    let next = Query { sort: key, is_descending: is_sorted && !query.is_descending, ..query.clone() };
    let onclick = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.look(next.clone()))
    };
    html! {
        <th role="columnheader" scope="col" {class} aria-sort={sort}>
            <button type="button" class="many-sort" data-testid={format!("sort-{words}")} {onclick}>
                { words }<span aria-hidden="true">{ arrow }</span>
            </button>
        </th>
    }
}

fn text(batch: &Batch, row: usize) -> Html {
    let text = batch.text(row);
    let short: String = text.chars().take(CELL).collect();
    let odd = batch.oddity(row);
    html! {
        <td role="gridcell" class="many-text" dir="auto">
            if let Some(odd) = odd {
                <span class="many-odd" title={odd.clone()}>{ "!" }<span class="visually-hidden">{ odd }</span></span>
            }
            { short }
        </td>
    }
}

fn label(batch: &Batch, row: usize) -> Html {
    match batch.results.of(row) {
        Reading::Waiting => html! { <td role="gridcell" class="many-label many-soft">{ "…" }</td> },
        Reading::Unread(reason) => html! {
            <td role="gridcell" class="many-label many-unread" title={reason.to_owned()}>{ "Not read" }</td>
        },
        Reading::Read { label, .. } => {
            let name = batch.results.labels().get(label).cloned().unwrap_or_default();
            let tone = Tone::of(&name);
            html! {
                <td role="gridcell" class={classes!("many-label", tone.class())}>
                    <span class="many-tone">{ tone.sign() }{ name }</span>
                </td>
            }
        }
    }
}

fn confidence(batch: &Batch, row: usize) -> Html {
    let Reading::Read { confidence, is_uncertain, .. } = batch.results.of(row) else {
        return html! { <td role="gridcell" class="many-confidence"></td> };
    };
    html! {
        <td role="gridcell" class="many-confidence figures">
            { percent(confidence) }
            if is_uncertain {
                <span class="many-doubt" title="The model is uncertain">{ "?" }<span class="visually-hidden">{ " uncertain" }</span></span>
            }
        </td>
    }
}

fn expected(batch: &Batch, row: usize) -> Html {
    let value = batch.settings.columns.label.and_then(|column| batch.cell(row, column)).unwrap_or_default();
    let is_wrong = matches!(
        (batch.expected_label(row), batch.results.of(row)),
        (Some(expected), Reading::Read { label, .. }) if label != expected
    );
    html! {
        <td role="gridcell" class={classes!("many-expected", is_wrong.then_some("is-wrong"))}>
            if is_wrong {
                <span aria-hidden="true">{ "≠ " }</span>
                <span class="visually-hidden">{ "differs: " }</span>
            }
            { value.into_owned() }
        </td>
    }
}
