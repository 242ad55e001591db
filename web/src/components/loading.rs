//! The model on its way, in bytes.

use yew::prelude::*;

use crate::figures::megabytes;
use crate::state::Progress;

/// Properties of [`Loading`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// How much has arrived.
    pub progress: Progress,
    /// A text waits to be read.
    pub has_text: bool,
}

/// A progress bar, and what can be done meanwhile.
#[component]
pub fn Loading(Props { progress, has_text }: &Props) -> Html {
    let Progress { loaded, total } = *progress;
    // The download is done, the engine still unpacks: the bar stays full, the words say why nothing moves.
    let is_preparing = total.is_some_and(|total| total > 0 && loaded >= total);
    let title = if is_preparing { "Preparing the model" } else { "Getting the model" };
    let meanwhile = if *has_text {
        "Your text is read as soon as the model is here."
    } else {
        "You can type already. This happens once; later visits are quicker."
    };
    html! {
        <div class="loading">
            <p class="loading-head">
                <span id="loading-title">{ title }</span>
                <span class="figures">{ megabytes(loaded, total) }</span>
            </p>
            <progress
                data-testid="progress"
                aria-labelledby="loading-title"
                value={total.map(|_| loaded.to_string())}
                max={total.map(|total| total.max(1).to_string())}
            />
            <p class="meanwhile">{ meanwhile }</p>
        </div>
    }
}
