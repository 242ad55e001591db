//! The page's root: hands the state to the components, and to the effects that carry out what it has decided.

use yew::prelude::*;

use crate::address;
use crate::answerer::Answerer;
use crate::components::{Composer, Examples, HistoryList, Hood, Many, PlaceChip, ResultPanel, UpdateNotice};
use crate::effects;
use crate::engines::Engines;
use crate::memory;
use crate::state::{Place, Readiness, Role, State, View};

/// The whole page below its heading.
#[component]
pub fn App() -> Html {
    let state = use_reducer(|| State { view: address::read().view, ..memory::restore() });
    let engines = use_mut_ref(Engines::default);
    effects::use_address(&state);
    effects::use_models(&state, &engines);
    effects::use_asking(&state, &engines);
    effects::use_memory(&state);
    effects::use_announcements(&state);

    let dispatch = {
        let dispatcher = state.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    let view = |of: View, words: &'static str| {
        let current = (state.view == of).then_some("page");
        let onclick = move |_: MouseEvent| address::look_at(of);
        html! { <button type="button" class="view" aria-current={current} {onclick}>{ words }</button> }
    };
    let text = AttrValue::from(state.text.clone());
    // Both views stay where they are, so that nothing is lost by looking at the other.
    html! {
        <>
            <div class="topbar">
                <nav class="views" aria-label="What to read">
                    { view(View::One, "One tweet") }
                    { view(View::Many, "Many") }
                </nav>
                <PlaceChip place={state.place()} />
            </div>
            <UpdateNotice is_outdated={state.is_outdated} />
            <div class="reading-one" hidden={state.view != View::One}>
                <div class="writing">
                    <Composer
                        text={text.clone()}
                        place={state.place()}
                        lines={state.lines()}
                        dispatch={dispatch.clone()}
                    />
                    <Examples {text} dispatch={dispatch.clone()} />
                </div>
                <ResultPanel state={(*state).clone()} dispatch={dispatch.clone()} />
                <HistoryList
                    history={state.history.clone()}
                    current={state.text.clone()}
                    dispatch={dispatch.clone()}
                />
            </div>
            <div class="reading-many" hidden={state.view != View::Many}>
                <Many answerer={answerer(&state, &engines.borrow())} pasted={state.handed_over.clone()} />
            </div>
            <Hood
                models={state.models.clone()}
                manifest={state.manifest.clone()}
                wanted={state.wanted}
                place={state.place()}
                {dispatch}
            />
        </>
    }
}

/// Who reads a batch that begins now: a small model that only bridges a download does not.
fn answerer(state: &State, engines: &Engines) -> Option<Answerer> {
    if state.place() == Place::Server {
        let model = state.manifest.as_ref().and_then(|manifest| manifest.default_model());
        return Some(
            model.map_or_else(
                || Answerer::server("", &[]),
                |model| Answerer::server(&model.id, &model.labels),
            ),
        );
    }
    let Readiness::Answering(Role::Default, engine) = state.models.readiness() else { return None };
    let running = engines.get(Role::Default)?;
    Some(Answerer::here(running, &engine.info.model, &engine.info.labels))
}
