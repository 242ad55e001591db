//! How far a batch is, what it took, and what can be done about it.

use yew::prelude::*;

use super::desk::{Desk, Next};
use super::locale::{count, duration};
use super::opening::open_or_ask;
use super::running;
use super::turns::now_ms;
use crate::answerer::Answerer;
use crate::many::{Action, Stage};

/// Properties of [`Progress`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
    /// Who could go on.
    pub answerer: Option<Answerer>,
}

/// Bar, figures and buttons.
#[component]
pub fn Progress(Props { desk, answerer }: &Props) -> Html {
    let act = |action: fn(f64) -> Action| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.apply(action(now_ms())))
    };
    let onresume = {
        let (desk, answerer) = (desk.clone(), answerer.clone());
        Callback::from(move |_: MouseEvent| running::resume(&desk, answerer.clone()))
    };
    let onclose = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| open_or_ask(&desk, Next::Close))
    };
    let button = |class: &'static str,
                  id: &'static str,
                  words: &'static str,
                  onclick: &Callback<MouseEvent>| {
        html! { <button type="button" {class} data-testid={id} onclick={onclick.clone()}>{ words }</button> }
    };
    let stop = || button("quiet", "many-cancel", "Cancel", &act(Action::Stopped));
    let batch = desk.batch();
    let (done, all) = (batch.summary.num_done(), batch.num_rows());
    let name = batch.source.name.clone().unwrap_or_else(|| "Pasted lines".to_owned());
    html! {
        <section class="card many-progress" aria-labelledby="many-progress-title" data-testid="many-progress">
            <div class="many-head">
                <h2 id="many-progress-title">{ name }</h2>
                <p class="many-soft">{ "Read by " }<span class="many-reader">{ batch.reader.clone() }</span></p>
                if !batch.is_under_way() {
                    { button("quiet", "many-other", "Choose another", &onclose) }
                }
            </div>
            <progress
                id="many-bar"
                aria-label="Tweets read"
                max={all.max(1).to_string()}
                value={done.to_string()}
            />
            <div class="many-line">
                <p class="figures" data-testid="many-figures">{ figures(desk) }</p>
                <div class="many-buttons">
                    { match &batch.stage {
                        Stage::Running => html! {
                            <>{ button("secondary", "many-pause", "Pause", &act(Action::Paused)) }{ stop() }</>
                        },
                        Stage::Paused => html! {
                            <>{ button("primary", "many-resume", "Go on", &onresume) }{ stop() }</>
                        },
                        _ => Html::default(),
                    } }
                </div>
            </div>
            if let Stage::Broken(message) = &batch.stage {
                <div class="failure" data-testid="many-broken">
                    <p class="failure-title">{ "Reading was interrupted" }</p>
                    <p class="failure-message">{ message.clone() }</p>
                    <p>{ "What was read is kept and can be saved." }</p>
                    <div class="many-buttons">
                        { button("primary", "many-resume", "Go on from here", &onresume) }
                        { stop() }
                    </div>
                </div>
            }
        </section>
    }
}

fn figures(desk: &Desk) -> String {
    let batch = desk.batch();
    let (done, all) = (batch.summary.num_done(), batch.num_rows());
    let of_all = format!("{} of {}", count(done), count(all));
    let rate = |rate: f64| format!("{} tweets/s", count(rate.round() as usize));
    match batch.stage {
        Stage::Running => {
            let speed =
                batch.pace.rate().map(|per_second| format!(" · {}", rate(per_second))).unwrap_or_default();
            let left = batch.pace.left_ms(all - done.min(all)).map(|ms| format!(" · {} left", duration(ms)));
            format!("{of_all}{speed}{}", left.unwrap_or_default())
        }
        Stage::Paused => format!("{of_all} · paused"),
        Stage::Stopped => format!("{of_all} · cancelled; the rows read so far are below"),
        Stage::Done => {
            let spent_ms = batch.pace.spent_ms();
            let unread = match batch.summary.num_unread {
                0 => String::new(),
                unread => format!(" · {} could not be read", count(unread)),
            };
            let speed = rate(done as f64 * 1000.0 / spent_ms.max(1.0));
            format!("{} tweets in {} · {speed}{unread}", count(done), duration(spent_ms))
        }
        _ => of_all,
    }
}
