//! The answer: the label, how sure it is, what limits it, the bars, and "Why?".

use messages::Prediction;
use std::rc::Rc;
use yew::prelude::*;

use super::bars::Bars;
use super::explanation::Explanation;
use crate::figures::{duration, percent};
use crate::state::{Action, Answer, Why};
use crate::tone::Tone;

/// Labels of more characters than this are set smaller, so that they do not fill the screen.
const LONG_LABEL: usize = 20;

/// Properties of [`Verdict`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The answer to show.
    pub answer: Answer,
    /// The answer to "Why?".
    pub why: Why,
    /// Of many labels every one is shown.
    pub shows_all_labels: bool,
    /// Longest input of the model, in tokens.
    pub max_tokens: usize,
    /// Layers of the model.
    pub num_layers: usize,
    /// The text that is explained.
    pub text: Rc<str>,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// One classification.
#[component]
pub fn Verdict(props: &Props) -> Html {
    let Props { answer, why, shows_all_labels, max_tokens, num_layers, text, dispatch } = props;
    let Answer { prediction, latency_ms, .. } = answer;
    let Prediction { label, scores, uncertain, tokens, layers, truncated } = prediction;
    let tone = Tone::of(label);
    let score = scores.get(label).copied().unwrap_or_default();
    let is_long = label.chars().count() > LONG_LABEL;
    let is_open = *why != Why::Closed;
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToggledWhy);
    let unit = if *tokens == 1 { "token" } else { "tokens" };
    // Said only where it is news: most models read everything.
    let depth =
        if layers < num_layers { format!(" · {layers} of {num_layers} layers") } else { String::new() };
    html! {
        <div class={classes!("verdict", tone.class())}>
            <p class={classes!("headline", is_long.then_some("is-long"))}>
                { tone.sign() }
                <strong data-testid="result-label">{ label }</strong>
                <span class="score">{ percent(score) }</span>
            </p>
            if *uncertain {
                <p class="notice" data-testid="uncertain">
                    <strong>{ "Uncertain." }</strong>{ " No label is clearly ahead of the others." }
                </p>
            }
            if *truncated {
                <p class="notice" data-testid="truncated">
                    <strong>{ "Long text." }</strong>
                    { format!(" Only the first {max_tokens} tokens were read, the rest was left out.") }
                </p>
            }
            <Bars
                scores={scores.iter().map(|(label, p)| (label.clone(), *p)).collect::<Vec<_>>()}
                winner={label.clone()}
                shows_all={*shows_all_labels}
                dispatch={dispatch.clone()}
            />
            <div class="verdict-foot">
                <button
                    type="button"
                    class="secondary"
                    data-testid="explain"
                    aria-expanded={is_open.to_string()}
                    aria-controls="explanation"
                    {onclick}
                >
                    { if is_open { "Hide why" } else { "Why?" } }
                </button>
                <span class="figures">{ format!("{tokens} {unit}{depth} · {}", duration(*latency_ms)) }</span>
            </div>
            <div id="explanation">
                if is_open {
                    <Explanation label={label.clone()} why={why.clone()} text={text.clone()} />
                }
            </div>
        </div>
    }
}
