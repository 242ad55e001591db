//! The place of the answer: chooses what stands there, and says aloud what was found.
//!
//! Which of two things to show is decided here and nowhere else: a failure before progress, progress before
//! hints, hints before answers. Below stands who answers, where that is not the default model.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::failure::Failure;
use super::loading::Loading;
use super::preview_note::PreviewNote;
use super::verdict::Verdict;
use crate::figures::percent;
use crate::state::{Action, Answer, Blank, Failure as TextFailure, Readiness, ReadyEngine, Role, State};

/// Properties of [`ResultPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What the page knows.
    pub state: State,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// Progress, hint, answer or failure.
#[component]
pub fn ResultPanel(Props { state, dispatch }: &Props) -> Html {
    let section = use_node_ref();
    let onretry = {
        let (dispatch, section) = (dispatch.clone(), section.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::Retried);
            // The button goes away with the failure: without this the keyboard would lose its place.
            if let Some(section) = section.cast::<HtmlElement>() {
                let _ = section.focus();
            }
        })
    };
    let readiness = state.models.readiness();
    let content = match (readiness, &state.failure, state.blank(), &state.answer) {
        (Readiness::Failed(message), ..) => html! {
            <Failure
                title="The model could not be loaded"
                message={message.to_owned()}
                onretry={onretry.clone()}
            />
        },
        (Readiness::Waiting(role, progress), ..) => html! {
            <Loading {role} {progress} has_text={state.blank().is_none()} />
        },
        (Readiness::Answering(..), Some(TextFailure::Engine(message)), ..) => html! {
            <Failure title="This text could not be read" message={message.clone()} onretry={onretry.clone()} />
        },
        (Readiness::Answering(..), Some(TextFailure::TooLong(message)), ..) => html! {
            <Failure title="This text could not be read" message={message.clone()} />
        },
        (Readiness::Answering(..), _, Some(blank), _) => hint(blank),
        (Readiness::Answering(_, engine), _, None, Some(answer)) => html! {
            <Verdict
                answer={answer.clone()}
                why={state.why.clone()}
                shows_all_labels={state.shows_all_labels}
                max_tokens={engine.info.max_tokens}
                num_layers={engine.info.layers}
                text={state.text.clone()}
                dispatch={dispatch.clone()}
            />
        },
        (Readiness::Answering(..), _, None, None) => html! { <p class="hint">{ "Reading…" }</p> },
    };
    let foot = match readiness {
        Readiness::Answering(role, engine) => {
            let full = state.models.default.load.clone();
            html! {
                <div class="result-foot">
                    if role == Role::Preview {
                        <PreviewNote model={engine.info.model.clone()} {full} {onretry} />
                    }
                    { about(engine) }
                </div>
            }
        }
        _ => Html::default(),
    };
    html! {
        <section
            ref={section}
            tabindex="-1"
            class={classes!("result", "card", state.is_busy().then_some("is-busy"))}
            aria-labelledby="result-title"
            aria-busy={state.is_busy().to_string()}
        >
            <h2 id="result-title" class="visually-hidden">{ "Result" }</h2>
            { content }
            <p class="visually-hidden" role="status">{ spoken(state) }</p>
            { foot }
        </section>
    }
}

fn hint(blank: Blank) -> Html {
    let (title, text) = match blank {
        Blank::Empty => {
            ("Ready when you are", "Type a tweet, or pick an example: the answer appears here as you type.")
        }
        Blank::OnlyLinks => {
            ("Only a link so far", "Links are not read. Add a few words of the tweet itself.")
        }
        Blank::Unreadable => (
            "Nothing to read so far",
            "The model finds no words in this text. Add a few of the tweet itself.",
        ),
    };
    html! {
        <div class="hint" data-testid="hint">
            <svg class="hint-sign" viewBox="0 0 48 24" aria-hidden="true">
                <path d="M2 15h8l4-9 7 14 6-11 4 6h15" />
            </svg>
            <p class="hint-title">{ title }</p>
            <p>{ text }</p>
        </div>
    }
}

/// What a screen reader says: once an answer stands, not while it is being looked for.
fn spoken(state: &State) -> String {
    match (state.models.readiness(), &state.answer) {
        (Readiness::Answering(..), Some(Answer { prediction, .. })) if !state.is_busy() => {
            let score = prediction.scores.get(&prediction.label).copied().unwrap_or_default();
            let doubt = if prediction.uncertain { ", uncertain" } else { "" };
            format!("{}, {}{doubt}", prediction.label, percent(score))
        }
        (Readiness::Answering(..), _) => String::new(),
        (Readiness::Waiting(..), _) => "The model is being loaded.".to_owned(),
        // The failure announces itself.
        (Readiness::Failed(_), _) => String::new(),
    }
}

fn about(engine: &ReadyEngine) -> Html {
    let ReadyEngine { info, metrics } = engine;
    html! {
        <p class="about" data-testid="about">
            <span>{ format!("Right on {:.1}% of {} held-out tweets", metrics.accuracy * 100.0, metrics.rows) }</span>
            <span class="build">{ format!("{} · {} · {}", info.model, info.engine, info.kernel) }</span>
        </p>
    }
}
