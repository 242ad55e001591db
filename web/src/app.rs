//! The page's root: carries out what the state has decided, and hands the state to the components.
//!
//! Three effects, each keyed by the part of the state that asks for it: load the engine (`attempt`), wait for a
//! pause in the typing (`revision`), ask the engine (`running`). Their outcomes come back as actions.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{Composer, Examples, ResultPanel};
use crate::engine::{self, Engine};
use crate::state::{Action, Question, State, Task};

/// A pause this long ends a text, in milliseconds.
const DEBOUNCE_MS: u32 = 150;

type EngineSlot = Rc<RefCell<Option<Rc<Engine>>>>;

/// The whole page below its heading.
#[component]
pub fn App() -> Html {
    let state = use_reducer(State::default);
    let engine: EngineSlot = use_mut_ref(|| None);

    use_effect_with(state.attempt, {
        let (dispatcher, engine) = (state.dispatcher(), engine.clone());
        move |&attempt| load(attempt, engine, dispatcher)
    });
    use_effect_with((state.revision, state.is_settled), {
        let dispatcher = state.dispatcher();
        move |&(revision, is_settled)| {
            let settle = move || dispatcher.dispatch(Action::Settled(revision));
            let timeout = (!is_settled).then(|| Timeout::new(DEBOUNCE_MS, settle));
            move || drop(timeout)
        }
    });
    use_effect_with(state.running.clone(), {
        let dispatcher = state.dispatcher();
        move |task| {
            if let (Some(task), Some(engine)) = (task.clone(), engine.borrow().clone()) {
                ask(task, engine, dispatcher);
            }
        }
    });

    let dispatch = {
        let dispatcher = state.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    html! {
        <>
            <Composer text={AttrValue::from(state.text.clone())} dispatch={dispatch.clone()} />
            <ResultPanel state={(*state).clone()} dispatch={dispatch.clone()} />
            <Examples text={AttrValue::from(state.text.clone())} {dispatch} />
        </>
    }
}

fn load(attempt: u32, slot: EngineSlot, dispatcher: UseReducerDispatcher<State>) {
    if let Some(engine) = slot.take() {
        engine.dispose();
    }
    spawn_local(async move {
        let on_progress = {
            let dispatcher = dispatcher.clone();
            move |progress| dispatcher.dispatch(Action::Progressed(attempt, progress))
        };
        let outcome = Engine::load(attempt, on_progress).await.map(|(engine, ready)| {
            slot.replace(Some(Rc::new(engine)));
            ready
        });
        dispatcher.dispatch(Action::Loaded(attempt, outcome));
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
