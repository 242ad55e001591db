//! Says that a small model answers for now, and what has become of the full one: on its way, paused, or not to be had.

use yew::prelude::*;

use super::loading::pause_button;
use crate::figures::arrived;
use crate::state::{Action, Load, Progress};
use crate::wording;

/// Properties of [`PreviewNote`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Id of the small model.
    pub model: AttrValue,
    /// How far the full model is.
    pub full: Load,
    /// "Try again" was pressed.
    pub onretry: Callback<MouseEvent>,
    /// Receives what else is pressed.
    pub dispatch: Callback<Action>,
}

/// One quiet line with a thin bar, or a notice with a retry.
#[component]
pub fn PreviewNote(Props { model, full, onretry, dispatch }: &Props) -> Html {
    match full {
        Load::Absent(message) => {
            let trouble = wording::of_loading(message);
            html! {
                <div class="notice preview-only" data-testid="preview-only">
                    <p>
                        <strong>{ format!("{}.", trouble.title) }</strong>
                        { " The answers are quick ones by the small model " }
                        <span class="model-id">{ model }</span>{ "." }
                    </p>
                    <p>{ trouble.advice }</p>
                    <button type="button" class="secondary" data-testid="retry" onclick={onretry}>{ "Try again" }</button>
                </div>
            }
        }
        Load::Loading(progress) => on_its_way(model, *progress, false, dispatch),
        Load::Paused(progress) => on_its_way(model, *progress, true, dispatch),
        // It answers itself then.
        Load::Ready(_) => Html::default(),
    }
}

fn on_its_way(
    model: &AttrValue,
    Progress { loaded, total }: Progress,
    is_paused: bool,
    dispatch: &Callback<Action>,
) -> Html {
    let share = total.map(|total| format!(", {}", arrived(loaded, total))).unwrap_or_default();
    let state = if is_paused { "the full model is paused" } else { "the full model is on its way" };
    html! {
        <div class="preview-note" data-testid="preview-note">
            <div class="loading-foot">
                <p id="preview-note">
                    { "Quick answers by the small model " }<span class="model-id">{ model }</span>
                    { format!("; {state}") }<span class="figures">{ share }</span>
                </p>
                { pause_button(is_paused, dispatch) }
            </div>
            <progress
                data-testid="progress"
                aria-labelledby="preview-note"
                value={total.map(|_| loaded.to_string())}
                max={total.map(|total| total.max(1).to_string())}
            />
        </div>
    }
}
