//! The models there are: size, how often each is right, how much of it is here; one of them is used.

use messages::{Manifest, ManifestModel};
use std::rc::Rc;
use yew::prelude::*;

use crate::components::loading::{how_fast, pause_button};
use crate::figures::{arrived, count, megabytes, percent};
use crate::keeping::{self, Kept};
use crate::state::{Action, Load, Models, Progress};

/// Properties of [`ModelPicker`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// How far the models are.
    pub models: Models,
    /// The models there are.
    pub manifest: Option<Rc<Manifest>>,
    /// What the browser keeps of them.
    pub kept: Kept,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// One choice a model.
#[component]
pub fn ModelPicker(Props { models, manifest, kept, dispatch }: &Props) -> Html {
    let Some(manifest) = manifest else {
        return html! { <p class="meanwhile">{ "Which models there are is not known yet." }</p> };
    };
    let chosen = keeping::chosen().filter(|id| manifest.find(id).is_some());
    let used = chosen.as_deref().unwrap_or(&manifest.default);
    let choice = |model: &ManifestModel| {
        let is_used = model.id == used;
        let onchange = {
            let (id, is_default, dispatch) =
                (model.id.clone(), model.id == manifest.default, dispatch.clone());
            move |_: Event| {
                keeping::choose((!is_default).then_some(&*id));
                dispatch.emit(Action::ChoseModel);
            }
        };
        let accuracy = percent(model.metrics.accuracy as f32);
        html! {
            <li key={&*model.id}>
                <label class="choice">
                    <input type="radio" name="model" checked={is_used} {onchange} />
                    <span>
                        <span class="choice-name">{ &model.id }{ role(manifest, &model.id) }</span>
                        <span class="choice-facts figures">
                            { format!(
                                "{} · right on {accuracy} of {} held-out tweets",
                                megabytes(model.size_bytes, None),
                                count(model.metrics.rows)
                            ) }
                        </span>
                        <span class="choice-facts" data-testid="model-state">
                            { if is_used { used_state(models) } else { kept_state(kept, model) } }
                        </span>
                    </span>
                </label>
            </li>
        }
    };
    html! {
        <fieldset class="models">
            <legend>{ "Model" }</legend>
            <ul role="list">{ for manifest.models.iter().rev().map(choice) }</ul>
            { download(models, dispatch) }
        </fieldset>
    }
}

fn role(manifest: &Manifest, id: &str) -> &'static str {
    if id == manifest.default {
        " (recommended)"
    } else if manifest.preview.as_deref() == Some(id) {
        " (small, answers first)"
    } else {
        ""
    }
}

fn used_state(models: &Models) -> String {
    match &models.default.load {
        Load::Ready(_) => "In use.".to_owned(),
        Load::Loading(Progress { loaded, total: Some(total) }) => {
            format!("On its way, {}.", arrived(*loaded, *total))
        }
        Load::Loading(_) => "On its way.".to_owned(),
        Load::Paused(_) => "Paused; what has arrived is kept.".to_owned(),
        Load::Absent(_) => "Could not be loaded.".to_owned(),
    }
}

fn kept_state(kept: &Kept, model: &ManifestModel) -> String {
    match kept.models.iter().find(|stored| *stored.sha256 == *model.sha256) {
        Some(stored) if stored.loaded_bytes >= stored.size_bytes => "Here already.".to_owned(),
        Some(stored) => format!("{} of it is here.", arrived(stored.loaded_bytes, stored.size_bytes)),
        None => "Is downloaded when you choose it.".to_owned(),
    }
}

/// Bytes, speed and time left of the model that is on its way.
fn download(models: &Models, dispatch: &Callback<Action>) -> Html {
    let (progress, is_paused) = match models.default.load {
        Load::Loading(progress) => (progress, false),
        Load::Paused(progress) => (progress, true),
        Load::Ready(_) => return Html::default(),
        Load::Absent(_) => {
            let onclick = dispatch.reform(|_: MouseEvent| Action::Retried);
            return html! { <button type="button" class="secondary" {onclick}>{ "Try again" }</button> };
        }
    };
    let Progress { loaded, total } = progress;
    html! {
        <div class="download">
            <div class="loading-foot">
                <p id="download" class="figures">
                    { megabytes(loaded, total) }
                    if !is_paused { { how_fast(models.default.pace, progress) } }
                </p>
                { pause_button(is_paused, dispatch) }
            </div>
            <progress
                aria-labelledby="download"
                value={total.map(|_| loaded.to_string())}
                max={total.map(|total| total.max(1).to_string())}
            />
        </div>
    }
}
