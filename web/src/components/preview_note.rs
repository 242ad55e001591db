//! Says that a small model answers for now, and what has become of the full one: on its way, or not to be had.

use yew::prelude::*;

use crate::figures::arrived;
use crate::state::{Load, Progress};

/// Properties of [`PreviewNote`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Id of the small model.
    pub model: AttrValue,
    /// How far the full model is.
    pub full: Load,
    /// "Try again" was pressed.
    pub onretry: Callback<MouseEvent>,
}

/// One quiet line with a thin bar, or a notice with a retry.
#[component]
pub fn PreviewNote(Props { model, full, onretry }: &Props) -> Html {
    match full {
        Load::Absent(message) => html! {
            <div class="notice preview-only" data-testid="preview-only" role="status">
                <p>
                    <strong>{ "The full model could not be loaded." }</strong>
                    { " The answers are quick ones by " }<span class="model-id">{ model }</span>{ "." }
                </p>
                <p class="failure-message">{ message }</p>
                <button type="button" class="secondary" data-testid="retry" onclick={onretry}>{ "Try again" }</button>
            </div>
        },
        Load::Loading(progress) => on_its_way(model, *progress),
        // It answers itself then.
        Load::Ready(_) => Html::default(),
    }
}

fn on_its_way(model: &AttrValue, Progress { loaded, total }: Progress) -> Html {
    let share = total.map(|total| format!(", {}", arrived(loaded, total))).unwrap_or_default();
    html! {
        <div class="preview-note" data-testid="preview-note">
            <p id="preview-note">
                { "Quick answers by " }<span class="model-id">{ model }</span>
                { "; the full model is on its way" }<span class="figures">{ share }</span>
            </p>
            <progress
                data-testid="progress"
                aria-labelledby="preview-note"
                value={total.map(|_| loaded.to_string())}
                max={total.map(|total| total.max(1).to_string())}
            />
        </div>
    }
}
