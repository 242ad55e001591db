//! The answer: the label, how sure it is and what that means, what limits it, the bars, and "Why?".

use messages::{Prediction, Quality, ReliabilityBin};
use std::rc::Rc;
use yew::prelude::*;

use super::bars::Bars;
use super::explanation::Explanation;
use super::share::Share;
use crate::confidence::{self, Doubt};
use crate::figures::{count, percent};
use crate::state::{Action, Answer, Reader, Why};
use crate::tone::Tone;

/// Labels of more characters than this are set smaller, so that they do not fill the screen.
const LONG_LABEL: usize = 20;

/// Properties of [`Verdict`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The answer to show.
    pub answer: Answer,
    /// What was measured of the model that gave it.
    pub quality: Option<Quality>,
    /// The answer to "Why?".
    pub why: Why,
    /// Of many labels every one is shown.
    pub shows_all_labels: bool,
    /// The text that was read.
    pub text: Rc<str>,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// One classification.
#[component]
pub fn Verdict(props: &Props) -> Html {
    let Props { answer, quality, why, shows_all_labels, text, dispatch } = props;
    let Prediction { label, scores, uncertain, truncated, .. } = &answer.prediction;
    let tone = Tone::of(label);
    let score = scores.get(label).copied().unwrap_or_default();
    let is_long = label.chars().count() > LONG_LABEL;
    html! {
        <div class={classes!("verdict", tone.class())}>
            <div>
                <p class={classes!("headline", is_long.then_some("is-long"))}>
                    { tone.sign() }
                    <strong data-testid="result-label">{ label }</strong>
                    <span class="score">{ percent(score) }</span>
                </p>
                if !uncertain {
                    <p class="confidence" data-testid="confidence">{ meaning(score, quality.as_ref()) }</p>
                }
            </div>
            if *uncertain {
                { uncertainty(answer, score) }
            }
            if *truncated {
                <p class="notice" data-testid="truncated">
                    <strong>{ "Long text." }</strong>
                    { match &answer.info {
                        Some(info) => format!(
                            " Only its beginning was read, about {} words ({} tokens); the rest was left out.",
                            count(info.max_tokens * 3 / 4),
                            count(info.max_tokens)
                        ),
                        None => " Only its beginning was read; the rest was left out.".to_owned(),
                    } }
                </p>
            }
            <Bars
                scores={scores.iter().map(|(label, p)| (label.clone(), *p)).collect::<Vec<_>>()}
                winner={label.clone()}
                shows_all={*shows_all_labels}
                dispatch={dispatch.clone()}
            />
            <div class="verdict-foot">
                { why_button(answer.reader, why, dispatch) }
                <Share text={text.clone()} answer={answer.clone()} />
            </div>
            <div id="explanation">
                if *why != Why::Closed {
                    <Explanation label={label.clone()} why={why.clone()} text={text.clone()} dispatch={dispatch.clone()} />
                }
            </div>
        </div>
    }
}

fn why_button(reader: Reader, why: &Why, dispatch: &Callback<Action>) -> Html {
    if reader == Reader::Server {
        return html! { <p class="meanwhile">{ "“Why?” is answered on this device only." }</p> };
    }
    let is_open = *why != Why::Closed;
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToggledWhy);
    html! {
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
    }
}

/// What a probability means, going by test tweets with about the same.
fn meaning(score: f32, quality: Option<&Quality>) -> String {
    let word = confidence::word(score);
    match confidence::alike(score, quality) {
        Some(ReliabilityBin { accuracy, rows, .. }) => {
            let right = percent(*accuracy as f32);
            format!("{word}: of {} test tweets with about this figure, {right} were right.", count(*rows))
        }
        None => format!("{word}."),
    }
}

fn uncertainty(answer: &Answer, score: f32) -> Html {
    let needed = answer.info.as_ref().map(|info| info.uncertain_below);
    let reason = match Doubt::of(score, needed) {
        Doubt::Below(needed) => format!(
            " Its best guess has {}, and this model counts as sure from {} on. Read it as a leaning.",
            percent(score),
            percent(needed)
        ),
        Doubt::UnknownWords => {
            " The model knows hardly any of these words, so its guess means little, however high the figure."
                .to_owned()
        }
        Doubt::Either => {
            " The best guess is not high enough to count as sure, or hardly any of the words are known."
                .to_owned()
        }
    };
    html! { <p class="notice" data-testid="uncertain"><strong>{ "Uncertain." }</strong>{ reason }</p> }
}
