//! The model that will answer first on its way, in bytes.

use yew::prelude::*;

use crate::figures::megabytes;
use crate::state::{Progress, Role};

/// Properties of [`Loading`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Which model it is.
    pub role: Role,
    /// How much has arrived.
    pub progress: Progress,
    /// A text waits to be read.
    pub has_text: bool,
}

/// A progress bar, and what can be done meanwhile.
#[component]
pub fn Loading(Props { role, progress, has_text }: &Props) -> Html {
    let Progress { loaded, total } = *progress;
    // The download is done, the engine still unpacks: the bar stays full, the words say why nothing moves.
    let is_preparing = total.is_some_and(|total| total > 0 && loaded >= total);
    let title = match (is_preparing, role) {
        (true, _) => "Preparing the model",
        (false, Role::Default) => "Getting the model",
        (false, Role::Preview) => "Getting a small model first",
    };
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
