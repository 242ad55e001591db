//! What the browser remembers of a visit: text and history for as long as the tab is open, also over a reload; and
//! where texts are to be read, for later visits too. A browser that keeps nothing is fine: then nothing is remembered.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use web_sys::Storage;

use crate::state::{Entry, History, State, Wanted};

/// Under this name a tab keeps its visit.
const VISIT: &str = "tickertone-visit";
/// Under this name a browser keeps the place.
const PLACE: &str = "tickertone-place";
/// A longer text is not remembered, in bytes: a browser keeps five megabytes for all.
const LONGEST: usize = 200_000;

/// A tab's visit.
#[derive(Serialize, Deserialize)]
pub struct Visit {
    text: Rc<str>,
    entries: Vec<Entry>,
}

impl Visit {
    /// What there is to remember of this state.
    pub fn of(state: &State) -> Self {
        let text = if state.text.len() > LONGEST { "".into() } else { state.text.clone() };
        let is_short = |entry: &&Entry| entry.text.len() <= LONGEST / 10;
        Self { text, entries: state.history.entries.iter().filter(is_short).cloned().collect() }
    }
}

/// The state that the page begins with.
pub fn restore() -> State {
    let place = local().and_then(|storage| storage.get_item(PLACE).ok().flatten()).unwrap_or_default();
    let wanted = Wanted::of(&place);
    let visit = session().and_then(|storage| storage.get_item(VISIT).ok().flatten());
    let visit = visit.and_then(|json| js_sys::JSON::parse(&json).ok());
    match visit.and_then(|visit| serde_wasm_bindgen::from_value::<Visit>(visit).ok()) {
        Some(Visit { text, entries }) => {
            State { text, history: History::restored(entries), wanted, ..State::default() }
        }
        None => State { wanted, ..State::default() },
    }
}

/// Remembers a visit until the tab is closed.
pub fn keep(visit: &Visit) {
    let json = visit.serialize(&Serializer::json_compatible()).ok();
    let json = json.and_then(|visit| js_sys::JSON::stringify(&visit).ok());
    if let (Some(storage), Some(json)) = (session(), json) {
        let _ = storage.set_item(VISIT, &String::from(json));
    }
}

/// Remembers where texts are to be read.
pub fn keep_place(wanted: Wanted) {
    if let Some(storage) = local() {
        let _ = storage.set_item(PLACE, wanted.name());
    }
}

fn session() -> Option<Storage> {
    gloo::utils::window().session_storage().ok().flatten()
}

fn local() -> Option<Storage> {
    gloo::utils::window().local_storage().ok().flatten()
}
