//! What the state asks for, carried out: each effect is keyed by the part of the state that asks for it, and its outcome
//! comes back as an action.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;
use yew::prelude::*;

use crate::engine::{self, Engine, NotLoaded};
use crate::engines::Engines;
use crate::memory::Visit;
use crate::state::{Action, Question, Reader, Role, State, Task};
use crate::{address, announcer, keeping, memory, server, spoken};

/// A pause this long ends a text, in milliseconds.
const DEBOUNCE_MS: u32 = 150;

type Handle = UseReducerHandle<State>;
type Dispatcher = UseReducerDispatcher<State>;

/// Follows the address: which view is looked at, and a text that somebody has shared.
#[hook]
pub fn use_address(state: &Handle) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let follow = move || {
            let fragment = address::read();
            dispatcher.dispatch(Action::Viewed(fragment.view));
            if let Some(text) = fragment.text {
                dispatcher.dispatch(Action::Chose(text.into()));
                address::forget_text();
            }
        };
        follow();
        let listener = EventListener::new(&gloo::utils::window(), "hashchange", move |_| follow());
        move || drop(listener)
    });
    // What the state itself decides to look at goes into the address.
    use_effect_with(state.view, |&view| {
        if address::read().view != view {
            address::look_at(view);
        }
    });
}

/// Loads the preview and the full model, each by its `attempt`, and asks which models there are.
#[hook]
pub fn use_models(state: &Handle, engines: &Rc<RefCell<Engines>>) {
    let load = |role| {
        let (engines, dispatcher) = (engines.clone(), state.dispatcher());
        move |&attempt: &u32| load(role, attempt, engines, dispatcher)
    };
    use_effect_with(state.models.preview.attempt, load(Role::Preview));
    use_effect_with(state.models.default.attempt, load(Role::Default));
    let dispatcher = state.dispatcher();
    use_effect_with(state.models.default.attempt, {
        let dispatcher = dispatcher.clone();
        move |_| {
            spawn_local(async move {
                if let Ok(manifest) = keeping::manifest().await {
                    dispatcher.dispatch(Action::Listed(Rc::new(manifest)));
                }
            });
        }
    });
    use_effect_with((), move |()| keeping::on_update(move || dispatcher.dispatch(Action::Outdated)));
}

/// Waits for a pause in the typing, and asks whoever the state names; what it does not want any more is cancelled.
#[hook]
pub fn use_asking(state: &Handle, engines: &Rc<RefCell<Engines>>) {
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
            let cancel = task.clone().and_then(|task| match task.reader {
                Reader::Server => {
                    ask_server(task, dispatcher);
                    None
                }
                Reader::Engine(role, _) => {
                    let engine = engines.borrow().get(role);
                    engine.and_then(|engine| ask(task, engine, dispatcher))
                }
            });
            move || {
                if let Some(cancel) = cancel {
                    cancel.abort();
                }
            }
        }
    });
}

/// Keeps text and history over a reload, and the place for later visits.
#[hook]
pub fn use_memory(state: &Handle) {
    use_effect_with((state.text.clone(), state.history.clone()), {
        let visit = Visit::of(state);
        move |_| memory::keep(&visit)
    });
    use_effect_with(state.wanted, |&wanted| memory::keep_place(wanted));
}

/// Has said aloud what there is to say.
#[hook]
pub fn use_announcements(state: &Handle) {
    use_effect_with(spoken::of(state), |words: &String| announcer::say(words));
}

fn load(role: Role, attempt: u32, engines: Rc<RefCell<Engines>>, dispatcher: Dispatcher) {
    engines.borrow_mut().give_back(role);
    spawn_local(async move {
        let on_progress = {
            let dispatcher = dispatcher.clone();
            move |progress| {
                dispatcher.dispatch(Action::Progressed(role, attempt, progress, engine::now_ms()));
            }
        };
        let outcome = match Engine::load(role, attempt, on_progress).await {
            Ok((engine, ready)) => {
                if role == Role::Default {
                    engine.offer_as_tool();
                }
                engines.borrow_mut().put(role, engine);
                Ok(ready)
            }
            Err(NotLoaded::Because(message)) => Err(message),
            Err(NotLoaded::Paused) => return dispatcher.dispatch(Action::Paused(role, attempt)),
        };
        dispatcher.dispatch(Action::Loaded(role, attempt, outcome));
    });
}

fn ask(task: Task, engine: Rc<Engine>, dispatcher: Dispatcher) -> Option<AbortController> {
    let cancel = AbortController::new().ok()?;
    let signal = cancel.signal();
    spawn_local(async move {
        let started_ms = engine::now_ms();
        let action = match task.question {
            Question::Classify => {
                let outcome = engine.classify(&task.text).await;
                Action::Classified(task, engine::now_ms() - started_ms, outcome)
            }
            Question::Explain => {
                let on_progress = {
                    let (task, dispatcher) = (task.clone(), dispatcher.clone());
                    move |done, total| dispatcher.dispatch(Action::ExplainedPart(task.clone(), done, total))
                };
                let outcome = engine.explain(&task.text, &signal, on_progress).await;
                Action::Explained(task, outcome)
            }
        };
        dispatcher.dispatch(action);
    });
    Some(cancel)
}

fn ask_server(task: Task, dispatcher: Dispatcher) {
    spawn_local(async move {
        let started_ms = engine::now_ms();
        let outcome = server::classify(&task.text).await;
        dispatcher.dispatch(Action::ClassifiedByServer(task, engine::now_ms() - started_ms, outcome));
    });
}
