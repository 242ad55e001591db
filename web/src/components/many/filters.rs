//! What the table is to show: words, a kind of row, a ticker.

use gloo::timers::callback::Timeout;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::choice::{Choice, select};
use super::desk::Desk;
use super::locale::count;
use crate::many::{Kept, Query};

/// A pause this long ends a search word, in milliseconds.
const DEBOUNCE_MS: u32 = 200;

/// Properties of [`Filters`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// Search field, kinds, ticker, and how many rows are left.
#[component]
pub fn Filters(Props { desk }: &Props) -> Html {
    let timeout = use_mut_ref(|| None::<Timeout>);
    let query = desk.query();
    let oninput = {
        let desk = desk.clone();
        Callback::from(move |event: InputEvent| {
            let search = event.target_unchecked_into::<HtmlInputElement>().value().trim().to_owned();
            let desk = desk.clone();
            let look = move || desk.look(Query { search, ..desk.query() });
            *timeout.borrow_mut() = Some(Timeout::new(DEBOUNCE_MS, look));
        })
    };
    let batch = desk.batch();
    let kinds = kinds(batch.results.labels(), batch.settings.columns.label.is_some());
    let choice = |(at, (name, kept)): (usize, &(String, Kept))| Choice::new(at, name, *kept == query.kept);
    let choices = kinds.iter().enumerate().map(choice).collect();
    let onkind = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let at: Option<usize> = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
            if let Some((_, kept)) = at.and_then(|at| kinds.get(at)) {
                desk.look(Query { kept: *kept, ..desk.query() });
            }
        })
    };
    let clear = |change: fn(&mut Query)| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| {
            let mut query = desk.query();
            change(&mut query);
            desk.look(query);
        })
    };
    let (all, shown) = (batch.num_rows(), desk.selection().len(&batch));
    let found = if shown == all {
        format!("{} rows", count(all))
    } else {
        format!("{} of {} rows", count(shown), count(all))
    };
    html! {
        <div class="many-filters">
            <div class="many-field">
                <label for="many-search">{ "Search" }</label>
                <input id="many-search" type="search" autocomplete="off" ~value={query.search.clone()} {oninput} />
            </div>
            <div class="many-field">
                <label for="many-kept">{ "Show" }</label>
                { select("many-kept", choices, onkind) }
            </div>
            if let Some(ticker) = query.ticker.clone() {
                <button type="button" class="many-chip" data-testid="many-no-ticker" onclick={clear(|query| query.ticker = None)}>
                    { ticker }<span aria-hidden="true">{ " ×" }</span>
                    <span class="visually-hidden">{ ": show all tickers" }</span>
                </button>
            }
            if !query.is_plain() {
                <button type="button" class="quiet" data-testid="many-clear" onclick={clear(|query| *query = Query::default())}>
                    { "Show all rows" }
                </button>
            }
            <p class="many-soft figures many-found" data-testid="many-found">{ found }</p>
        </div>
    }
}

fn kinds(labels: &[String], has_labels: bool) -> Vec<(String, Kept)> {
    let mut kinds = vec![("All".to_owned(), Kept::All)];
    kinds.extend(labels.iter().enumerate().map(|(at, label)| (label.clone(), Kept::Label(at))));
    kinds.push(("Uncertain".to_owned(), Kept::Uncertain));
    kinds.push(("Not read".to_owned(), Kept::Unread));
    if has_labels {
        kinds.push(("Other than your label".to_owned(), Kept::Wrong));
    }
    kinds.push(("Odd rows".to_owned(), Kept::Odd));
    kinds
}
