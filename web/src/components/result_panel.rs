//! The place of the answer: chooses what stands there.
//!
//! Which of several things to show is decided here and nowhere else: what cannot be answered at all before progress,
//! progress before hints, hints before answers. Below stands who answers.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::failure::Failure;
use super::knowledge::Knowledge;
use super::loading::Loading;
use super::preview_note::PreviewNote;
use super::verdict::Verdict;
use super::who_answered::{WhoAnswered, quality_of};
use crate::figures::count;
use crate::state::{Action, Blank, Failure as TextFailure, Lines, Reader, Readiness, Role, State, Wanted};
use crate::{server, wording};

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
    html! {
        <section
            ref={section}
            tabindex="-1"
            class={classes!("result", "card", state.is_busy().then_some("is-busy"))}
            aria-labelledby="result-title"
            aria-busy={state.is_busy().to_string()}
        >
            <h2 id="result-title" class="visually-hidden">{ "Result" }</h2>
            { content(state, &onretry, dispatch) }
            { foot(state, &onretry, dispatch) }
        </section>
    }
}

fn content(state: &State, onretry: &Callback<MouseEvent>, dispatch: &Callback<Action>) -> Html {
    let readiness = state.models.readiness();
    if let (None, Readiness::Failed(message)) = (state.reader(), readiness) {
        let trouble = wording::of_loading(message);
        let instead = (format!("Ask {} instead", server::host()).into(), Action::Wanted(Wanted::Automatic));
        return html! {
            <Failure
                title={trouble.title}
                details={wording::details_of(message, &trouble).map(AttrValue::from)}
                advice={trouble.advice}
                onretry={onretry.clone()}
                otherwise={Some(instead)}
                dispatch={dispatch.clone()}
            />
        };
    }
    if let Some(failure) = &state.failure
        && *failure != TextFailure::NothingToRead
    {
        return of_failure(failure, onretry, dispatch);
    }
    if state.reader().is_none() {
        return html! {
            <>
                if state.blank() == Some(Blank::Empty) { { knowledge(state) } }
                { loading(state, dispatch) }
            </>
        };
    }
    match (state.blank(), state.lines(), &state.answer) {
        (Some(Blank::Empty), ..) => knowledge(state),
        (Some(Blank::OnlyLinks), ..) => {
            hint("Only a link so far", "Links are not read. Add a few words of the tweet itself.")
        }
        (Some(Blank::Unreadable), ..) => hint(
            "Nothing to read so far",
            "The model finds no words in this text. Add a few of the tweet itself.",
        ),
        (None, Lines::List(number), _) => list(number, dispatch),
        (None, _, Some(answer)) => html! {
            <Verdict
                answer={answer.clone()}
                quality={quality_of(state.manifest.as_deref(), &answer.model).cloned()}
                why={state.why.clone()}
                shows_all_labels={state.shows_all_labels}
                text={state.text.clone()}
                dispatch={dispatch.clone()}
            />
        },
        (None, _, None) => html! { <p class="hint">{ "Reading…" }</p> },
    }
}

fn of_failure(failure: &TextFailure, onretry: &Callback<MouseEvent>, dispatch: &Callback<Action>) -> Html {
    let dispatch = dispatch.clone();
    match failure {
        TextFailure::TooLong(words) => html! {
            <Failure
                title={wording::TOO_LONG.title}
                advice={wording::TOO_LONG.advice}
                details={Some(AttrValue::from(wording::details(words)))}
                otherwise={Some(("Read its lines one by one".into(), Action::HandedOver))}
                {dispatch}
            />
        },
        TextFailure::Server(message) => html! {
            <Failure
                title="The server did not answer"
                advice={message.clone()}
                onretry={onretry.clone()}
                otherwise={Some(("Read on this device".into(), Action::Wanted(Wanted::Here)))}
                {dispatch}
            />
        },
        TextFailure::Engine(words) => html! {
            <Failure
                title={wording::STOPPED.title}
                advice={wording::STOPPED.advice}
                details={Some(AttrValue::from(wording::details(words)))}
                onretry={onretry.clone()}
                {dispatch}
            />
        },
        TextFailure::NothingToRead => Html::default(),
    }
}

fn knowledge(state: &State) -> Html {
    let manifest = state.manifest.as_ref();
    // The small model only bridges the way to the one that is told of.
    let model = match state.models.readiness() {
        Readiness::Answering(Role::Default, engine) => {
            manifest.and_then(|manifest| manifest.find(&engine.info.model))
        }
        _ => manifest.and_then(|manifest| manifest.default_model()),
    };
    html! { <Knowledge model={model.cloned()} /> }
}

fn loading(state: &State, dispatch: &Callback<Action>) -> Html {
    let (role, progress, is_paused) = match state.models.readiness() {
        Readiness::Waiting(role, progress) => (role, progress, false),
        Readiness::Paused(progress) => (Role::Default, progress, true),
        _ => return Html::default(),
    };
    html! {
        <Loading
            {role}
            {progress}
            pace={state.models.get(role).pace}
            {is_paused}
            has_text={state.blank().is_none()}
            dispatch={dispatch.clone()}
        />
    }
}

fn list(number: usize, dispatch: &Callback<Action>) -> Html {
    let number = count(number);
    html! {
        <div class="hint" data-testid="list">
            <p class="hint-title">{ format!("This looks like {number} texts, not one") }</p>
            <p>{ "Read as one, all but the first few lines would be left out. Read one by one, each gets its own answer." }</p>
            <div class="buttons">
                <button
                    type="button"
                    class="primary"
                    data-testid="one-by-one"
                    onclick={dispatch.reform(|_: MouseEvent| Action::HandedOver)}
                >
                    { format!("Read these {number} lines one by one") }
                </button>
                <button
                    type="button"
                    class="secondary"
                    data-testid="as-one"
                    onclick={dispatch.reform(|_: MouseEvent| Action::TookAsOne)}
                >
                    { "Read it as one text" }
                </button>
            </div>
        </div>
    }
}

fn hint(title: &'static str, text: &'static str) -> Html {
    html! {
        <div class="hint" data-testid="hint">
            <p class="hint-title">{ title }</p>
            <p>{ text }</p>
        </div>
    }
}

fn foot(state: &State, onretry: &Callback<MouseEvent>, dispatch: &Callback<Action>) -> Html {
    let preview = match (state.reader(), state.models.readiness()) {
        (Some(Reader::Engine(Role::Preview, _)), Readiness::Answering(_, engine)) => Some(&engine.info.model),
        _ => None,
    };
    let answer = state.answer.as_ref().filter(|_| state.failure.is_none() && state.blank().is_none());
    if preview.is_none() && answer.is_none() {
        return Html::default();
    }
    html! {
        <div class="result-foot">
            if let Some(model) = preview {
                <PreviewNote
                    model={model.clone()}
                    full={state.models.default.load.clone()}
                    onretry={onretry.clone()}
                    dispatch={dispatch.clone()}
                />
            }
            if let Some(answer) = answer {
                <WhoAnswered answer={answer.clone()} manifest={state.manifest.clone()} />
            }
        </div>
    }
}
