//! The page's root: carries out what the state has decided, and hands the state to the components.
//!
//! Four effects, each keyed by the part of the state that asks for it: load the preview, load the default model
//! (each by its `attempt`), wait for a pause in the typing (`revision`), ask an engine (`running`). Their outcomes
//! come back as actions.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::answerer::Answerer;
use crate::components::{Composer, Examples, Many, ResultPanel};
use crate::engine::{self, Engine};
use crate::engines::Engines;
use crate::state::{Action, Question, Readiness, Role, State, Task};

/// A pause this long ends a text, in milliseconds.
const DEBOUNCE_MS: u32 = 150;

/// The whole page below its heading.
#[component]
pub fn App() -> Html {
    let state = use_reducer(State::default);
    let engines = use_mut_ref(Engines::default);

    let load = |role| {
        let (engines, dispatcher) = (engines.clone(), state.dispatcher());
        move |&attempt: &u32| load(role, attempt, engines, dispatcher)
    };
    use_effect_with(state.models.preview.attempt, load(Role::Preview));
    use_effect_with(state.models.default.attempt, load(Role::Default));
    use_effect_with((state.revision, state.is_settled), {
        let dispatcher = state.dispatcher();
        move |&(revision, is_settled)| {
            let settle = move || dispatcher.dispatch(Action::Settled(revision));
            let timeout = (!is_settled).then(|| Timeout::new(DEBOUNCE_MS, settle));
            move || drop(timeout)
        }
    });
    use_effect_with(state.running.clone(), {
        let (engines, dispatcher) = (engines.clone(), state.dispatcher());
        move |task| {
            let engine = task.as_ref().and_then(|task| engines.borrow().get(task.role));
            if let (Some(task), Some(engine)) = (task.clone(), engine) {
                ask(task, engine, dispatcher);
            }
        }
    });

    let dispatch = {
        let dispatcher = state.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    let view = use_state(|| View::One);
    let tab = |of: View, words: &'static str| {
        let view = view.clone();
        let current = (*view == of).then_some("page");
        let onclick = move |_: MouseEvent| view.set(of);
        html! { <button type="button" class="view" aria-current={current} {onclick}>{ words }</button> }
    };
    // Both stay where they are, so that nothing is lost by looking at the other.
    let is_hidden = |of: View| *view != of;
    html! {
        <>
            <nav class="views" aria-label="What to read">
                { tab(View::One, "One tweet") }
                { tab(View::Many, "Many") }
            </nav>
            <div class="reading-one" hidden={is_hidden(View::One)}>
                <Composer text={AttrValue::from(state.text.clone())} dispatch={dispatch.clone()} />
                <ResultPanel state={(*state).clone()} dispatch={dispatch.clone()} />
                <Examples text={AttrValue::from(state.text.clone())} {dispatch} />
            </div>
            <div class="reading-many" hidden={is_hidden(View::Many)}>
                <Many answerer={answerer(&state, &engines.borrow())} />
            </div>
        </>
    }
}

/// What can be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    One,
    Many,
}

/// Who reads a batch that begins now: a small model that only bridges a download does not.
fn answerer(state: &State, engines: &Engines) -> Option<Answerer> {
    let Readiness::Answering(Role::Default, engine) = state.models.readiness() else { return None };
    let running = engines.get(Role::Default)?;
    Some(Answerer::here(running, &engine.info.model, &engine.info.labels))
}

fn load(role: Role, attempt: u32, engines: Rc<RefCell<Engines>>, dispatcher: UseReducerDispatcher<State>) {
    engines.borrow_mut().give_back(role);
    spawn_local(async move {
        let on_progress = {
            let dispatcher = dispatcher.clone();
            move |progress| dispatcher.dispatch(Action::Progressed(role, attempt, progress))
        };
        let outcome = Engine::load(role, attempt, on_progress).await.map(|(engine, ready)| {
            engines.borrow_mut().put(role, engine);
            ready
        });
        dispatcher.dispatch(Action::Loaded(role, attempt, outcome));
    });
}

fn ask(task: Task, engine: Rc<Engine>, dispatcher: UseReducerDispatcher<State>) {
    spawn_local(async move {
        let started_ms = engine::now_ms();
        let action = match task.question {
            Question::Classify => {
                let outcome = engine.classify(&task.text).await;
                Action::Classified(task, engine::now_ms() - started_ms, outcome)
            }
            Question::Explain => {
                let outcome = engine.explain(&task.text).await;
                Action::Explained(task, outcome)
            }
        };
        dispatcher.dispatch(action);
    });
}
