//! Under the hood: which models there are, where texts are read, what the browser keeps. One disclosure for both views, and
//! nothing of it is needed to use the page.

use messages::Manifest;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlDetailsElement, HtmlElement};
use yew::prelude::*;

use crate::keeping::{self, Kept};
use crate::state::{Action, Load, Models, Place, Role, Wanted};
use models::ModelPicker;
use place::PlaceChoice;
use storage::StoragePanel;

mod models;
mod place;
mod storage;

const ID: &str = "hood";

/// Properties of [`Hood`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// How far the models are.
    pub models: Models,
    /// The models there are.
    pub manifest: Option<Rc<Manifest>>,
    /// Where texts are to be read.
    pub wanted: Wanted,
    /// Where they are.
    pub place: Place,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// The disclosure.
#[component]
pub fn Hood(Props { models, manifest, wanted, place, dispatch }: &Props) -> Html {
    let kept = use_state(Kept::default);
    let changes = use_state(|| 0u32);
    // Looked at anew when a load ends, when something was removed, and when the panel is opened.
    let is_ready = matches!(models.default.load, Load::Ready(_) | Load::Paused(_));
    use_effect_with((*changes, models.default.attempt, is_ready), {
        let kept = kept.clone();
        move |_| spawn_local(async move { kept.set(keeping::kept().await) })
    });
    let look_again = {
        let changes = changes.clone();
        Callback::from(move |()| changes.set(*changes + 1))
    };
    let ontoggle = {
        let look_again = look_again.clone();
        move |_: Event| look_again.emit(())
    };
    html! {
        <details class="hood card" id={ID} data-testid="hood" {ontoggle}>
            <summary><h2>{ "Model and privacy" }</h2><span class="meanwhile">{ in_short(models) }</span></summary>
            <div class="hood-parts">
                <ModelPicker
                    models={models.clone()}
                    manifest={manifest.clone()}
                    kept={(*kept).clone()}
                    dispatch={dispatch.clone()}
                />
                <div class="hood-side">
                    <PlaceChoice wanted={*wanted} place={*place} dispatch={dispatch.clone()} />
                    <StoragePanel kept={(*kept).clone()} onchange={look_again} />
                </div>
            </div>
        </details>
    }
}

/// Opens it and goes there.
pub fn open() {
    let Some(element) = gloo::utils::document().get_element_by_id(ID) else { return };
    if let Some(hood) = element.dyn_ref::<HtmlDetailsElement>() {
        hood.set_open(true);
    }
    element.scroll_into_view();
    let summary = element.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}

fn in_short(models: &Models) -> String {
    match (&models.default.load, models.answering()) {
        (Load::Ready(engine), _) => engine.info.model.clone(),
        (_, Some(Role::Preview)) => "a small model for now".to_owned(),
        (Load::Paused(_), _) => "paused".to_owned(),
        (Load::Absent(_), _) => "none is running".to_owned(),
        (Load::Loading(_), _) => "on its way".to_owned(),
    }
}
