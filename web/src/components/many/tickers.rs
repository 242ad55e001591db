//! What is said of each ticker: one row a cashtag, in whatever spelling the texts use it.

use yew::prelude::*;

use super::desk::Desk;
use super::locale::count;
use crate::many::Query;
use crate::tone::Tone;

/// Rows at first.
const FEW: usize = 8;
/// Rows on demand: further ones can be searched for.
const MANY: usize = 200;

/// Properties of [`Tickers`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The table, sorted by the label that was asked for.
#[component]
pub fn Tickers(Props { desk }: &Props) -> Html {
    let sort = use_state_eq(|| None::<usize>);
    let shows_many = use_state_eq(|| false);
    let batch = desk.batch();
    let (summary, labels) = (&batch.summary, batch.results.labels());
    if summary.num_tickers() == 0 {
        return Html::default();
    }
    let chosen = desk.query().ticker;
    let tickers = summary.tickers(*sort, if *shows_many { MANY } else { FEW });
    let header = |by: Option<usize>, words: String| {
        let sort = sort.clone();
        let is_sorted = *sort == by;
        let onclick = Callback::from(move |_: MouseEvent| sort.set(by));
        html! {
            <th scope="col" aria-sort={is_sorted.then_some("descending")}>
                <button type="button" class="many-sort" {onclick}>{ words }<span aria-hidden="true">{ if is_sorted { " ↓" } else { "" } }</span></button>
            </th>
        }
    };
    let row = |(ticker, counts): (&str, &[u32])| {
        let is_chosen = chosen.as_deref() == Some(ticker);
        let onclick = {
            let (desk, ticker) = (desk.clone(), ticker.to_owned());
            Callback::from(move |_: MouseEvent| {
                let ticker = (!is_chosen).then(|| ticker.clone());
                desk.look(Query { ticker, ..desk.query() });
            })
        };
        let total: u32 = counts.iter().sum();
        let mut start = 0.0;
        let part = |(label, number): (&String, &u32)| {
            let (x, width) = (start, f64::from(*number) / f64::from(total.max(1)) * 100.0);
            start += width;
            html! { <rect class={Tone::of(label).class()} x={format!("{x:.2}")} y="0" width={format!("{width:.2}")} height="10" /> }
        };
        html! {
            <tr key={ticker.to_owned()}>
                <th scope="row">
                    <button type="button" class="many-ticker" aria-pressed={is_chosen.to_string()} {onclick}>{ ticker.to_owned() }</button>
                </th>
                <td class="figures">{ count(total as usize) }</td>
                { for labels.iter().zip(counts).map(|(label, number)| html! {
                    <td class={classes!("figures", "many-of", Tone::of(label).class())}>{ count(*number as usize) }</td>
                }) }
                <td class="many-split">
                    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                        { for labels.iter().zip(counts).map(part) }
                    </svg>
                </td>
            </tr>
        }
    };
    let ontoggle = {
        let shows_many = shows_many.clone();
        Callback::from(move |_: MouseEvent| shows_many.set(!*shows_many))
    };
    html! {
        <section class="card many-chart many-wide" aria-labelledby="many-tickers-title" data-testid="many-tickers">
            <h2 id="many-tickers-title">{ "Tickers" }</h2>
            <div class="many-numbers-scroller many-tickers" tabindex="0" role="region" aria-label="Tickers">
                <table>
                    <caption class="visually-hidden">{ "Rows that name a ticker, by label. A ticker filters the table of tweets." }</caption>
                    <thead>
                        <tr>
                            <th scope="col">{ "Ticker" }</th>
                            { header(None, "Tweets".to_owned()) }
                            { for labels.iter().enumerate().map(|(at, label)| header(Some(at), label.clone())) }
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>{ for tickers.into_iter().map(row) }</tbody>
                </table>
            </div>
            if summary.num_tickers() > FEW {
                <button type="button" class="quiet many-more" onclick={ontoggle}>
                    { if *shows_many { "Show fewer".to_owned() } else { format!("Show more of {}", count(summary.num_tickers())) } }
                </button>
            }
        </section>
    }
}
