//! How often the model agrees with the label column, once it is clear what the column's values mean.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::choice::{Choice, select};
use super::desk::Desk;
use super::locale::{count, percent, score};
use crate::many::{Action, Evaluation, Scores};

/// Properties of [`Agreement`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// The meanings, the scores, and the confusion matrix.
#[component]
pub fn Agreement(Props { desk }: &Props) -> Html {
    let batch = desk.batch();
    let (evaluation, labels) = (&batch.summary.evaluation, batch.results.labels());
    let name =
        batch.settings.columns.label.and_then(|at| batch.settings.names(&batch.table).get(at).cloned());
    html! {
        <section class="card many-chart many-wide" aria-labelledby="many-agreement-title" data-testid="many-agreement">
            <h2 id="many-agreement-title">{ format!("Beside your “{}”", name.unwrap_or_default()) }</h2>
            if evaluation.has_too_many_values() {
                <p class="notice">
                    { "This column has more than forty different values: perhaps it holds no labels. Further values are left out." }
                </p>
            }
            <div class="many-agreement">
                <fieldset class="many-meanings">
                    <legend>{ "What your values mean" }</legend>
                    { meanings(desk, evaluation, labels) }
                </fieldset>
                { match evaluation.scores() {
                    Some(scores) => figures(&scores, labels),
                    None => html! { <p class="many-soft">{ "Say what at least one value means to see how often the model agrees." }</p> },
                } }
            </div>
        </section>
    }
}

fn meanings(desk: &Desk, evaluation: &Evaluation, labels: &[String]) -> Html {
    let meaning = |(at, (value, rows, chosen)): (usize, (&str, usize, Option<usize>))| {
        let id = format!("many-value-{at}");
        let mut choices = vec![Choice::new("", "Left out", chosen.is_none())];
        choices
            .extend(labels.iter().enumerate().map(|(at, label)| Choice::new(at, label, chosen == Some(at))));
        let onchange = {
            let (desk, value) = (desk.clone(), value.to_owned());
            Callback::from(move |event: Event| {
                let label = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
                desk.apply(Action::Mapped(value.clone(), label));
                desk.look_again();
            })
        };
        html! {
            <div class="many-meaning" key={value.to_owned()}>
                <label for={id.clone()}>
                    <span class="many-value">{ value.to_owned() }</span>
                    <span class="many-soft figures">{ format!("{} rows", count(rows)) }</span>
                </label>
                { select(id, choices, onchange) }
            </div>
        }
    };
    html! { <>{ for evaluation.values().enumerate().map(meaning) }</> }
}

fn figures(scores: &Scores, labels: &[String]) -> Html {
    let (certain, right) = scores.certain;
    let figure = |name: &'static str, value: String, note: String| {
        html! { <div><dt>{ name }</dt><dd><strong class="figures">{ value }</strong><span class="many-soft">{ note }</span></dd></div> }
    };
    let of_certain = right as f64 / certain.max(1) as f64;
    let most = scores.confusion.iter().flatten().copied().max().unwrap_or(0).max(1);
    // Shades, not styles: the content security policy allows none inline.
    let shade = |number: usize| format!("shade-{}", (number * 4).div_ceil(most));
    let row = |(at, numbers): (usize, &Vec<usize>)| {
        let of_label = scores.per_label.get(at).copied().flatten();
        html! {
            <tr>
                <th scope="row">{ labels.get(at).cloned().unwrap_or_default() }</th>
                { for numbers.iter().enumerate().map(|(column, number)| html! {
                    <td class={classes!("figures", shade(*number), (column == at).then_some("is-right"))}>{ count(*number) }</td>
                }) }
                { for (0..3).map(|which| html! {
                    <td class="figures">{ of_label.map_or("–".to_owned(), |scores| scores.get(which).map(|of| score(*of)).unwrap_or_default()) }</td>
                }) }
            </tr>
        }
    };
    html! {
        <div class="many-scores">
            <dl class="many-figures">
                { figure("Agreement", percent(scores.accuracy), format!("of {} rows", count(scores.num_rows))) }
                { figure("Macro-F1", score(scores.macro_f1), "mean over the labels".to_owned()) }
                if certain > 0 && certain < scores.num_rows {
                    { figure("Where certain", percent(of_certain), format!("of {} rows", count(certain))) }
                }
            </dl>
            <div class="many-numbers-scroller" tabindex="0" role="region" aria-label="Confusion matrix">
                <table class="many-confusion" data-testid="many-confusion">
                    <caption>{ "Rows: your label. Columns: the model's." }</caption>
                    <thead>
                        <tr>
                            <td></td>
                            { for labels.iter().map(|label| html! { <th scope="col">{ label }</th> }) }
                            { for ["Precision", "Recall", "F1"].map(|name| html! { <th scope="col" class="is-score">{ name }</th> }) }
                        </tr>
                    </thead>
                    <tbody>{ for scores.confusion.iter().enumerate().map(row) }</tbody>
                </table>
            </div>
            if scores.num_left_out > 0 {
                <p class="many-soft">{ format!("{} rows without a value, or with one left out, do not count.", count(scores.num_left_out)) }</p>
            }
        </div>
    }
}
