//! Labels over time, where the file says when its texts were written.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::chart_table::chart_table;
use super::choice::{Choice, select};
use super::desk::Desk;
use super::locale::{count, date};
use crate::many::{Action, DateOrder, Unit};
use crate::tone::Tone;

const HEIGHT: f64 = 300.0;
const WIDTH: f64 = 1000.0;

/// Properties of [`OverTime`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The drawing, what it leaves out, and its numbers.
#[component]
pub fn OverTime(Props { desk }: &Props) -> Html {
    let onorder = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            let order = if value == "day" { DateOrder::DayFirst } else { DateOrder::MonthFirst };
            desk.apply(Action::OrderedDates(order));
        })
    };
    let batch = desk.batch();
    let (timeline, labels) = (&batch.summary.timeline, batch.results.labels());
    let (unit, columns) = timeline.columns();
    let total = |counts: &[u32]| counts.iter().sum::<u32>();
    let highest = columns.iter().map(|column| total(&column.counts)).max().unwrap_or(0).max(1);
    let step = WIDTH / columns.len().max(1) as f64;
    let stack = |(place, column): (usize, &crate::many::Column)| {
        let mut top = HEIGHT;
        let part = |(label, number): (&String, &u32)| {
            let height = f64::from(*number) / f64::from(highest) * HEIGHT;
            top -= height;
            html! {
                <rect
                    class={Tone::of(label).class()}
                    x={format!("{:.1}", place as f64 * step + step * 0.08)}
                    width={format!("{:.1}", step * 0.84)}
                    y={format!("{top:.1}")}
                    height={format!("{height:.1}")}
                />
            }
        };
        html! { <>{ for labels.iter().zip(&column.counts).map(part) }</> }
    };
    let every = match unit {
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::Week => "week",
        Unit::Month => "month",
        Unit::Year => "year",
    };
    let ends = columns
        .first()
        .zip(columns.last())
        .map(|(first, last)| (date(first.hour, unit), date(last.hour, unit)));
    let (from, to) = ends.unwrap_or_default();
    let rows: Vec<Vec<String>> = columns
        .iter()
        .map(|column| {
            let counts = column.counts.iter().map(|number| count(*number as usize));
            std::iter::once(date(column.hour, unit)).chain(counts).collect()
        })
        .collect();
    let heads = std::iter::once("From".to_owned()).chain(labels.iter().cloned()).collect();
    let most = format!("at most {} a {every}", count(highest as usize));
    let orders = vec![
        Choice::new("day", "The day", timeline.order() == DateOrder::DayFirst),
        Choice::new("month", "The month", timeline.order() == DateOrder::MonthFirst),
    ];
    let (undated, unclear) = (timeline.num_undated(), timeline.num_unclear());
    html! {
        <section class="card many-chart many-wide" aria-labelledby="many-time-title" data-testid="many-time">
            <h2 id="many-time-title">{ format!("By {every}") }</h2>
            if timeline.num_dated() > 0 {
                <svg
                    class="many-columns"
                    viewBox={format!("0 0 {WIDTH} {HEIGHT}")}
                    preserveAspectRatio="none"
                    role="img"
                    aria-label={format!("Labels by {every}, from {from} to {to}; at most {} rows a {every}", count(highest as usize))}
                >
                    { for columns.iter().enumerate().map(stack) }
                </svg>
                <p class="many-axis figures" aria-hidden="true"><span>{ from }</span><span>{ most }</span><span>{ to }</span></p>
            }
            if undated > 0 {
                <p class="many-soft">{ format!("{} rows have no date that can be read, and are left out.", count(undated)) }</p>
            }
            if unclear > 0 {
                <div class="many-field many-order">
                    <label for="many-order">
                        { if timeline.is_order_a_guess() {
                            format!("{} dates can be read in two ways, like 05/06/2024. Which comes first?", count(unclear))
                        } else {
                            "In dates like 05/06/2024, first comes".to_owned()
                        } }
                    </label>
                    { select("many-order", orders, onorder) }
                </div>
            }
            { chart_table("Labels over time", heads, rows.into_iter()) }
        </section>
    }
}
