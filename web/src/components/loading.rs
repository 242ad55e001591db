//! The model that will answer first on its way: bytes, speed, time left, and a way to pause.

use yew::prelude::*;

use crate::figures::{megabytes, pace, time_left};
use crate::keeping;
use crate::state::{Action, Pace, Progress, Role};

/// Properties of [`Loading`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Which model it is.
    pub role: Role,
    /// How much has arrived.
    pub progress: Progress,
    /// How fast it gets on.
    pub pace: Pace,
    /// The visitor has paused it.
    pub is_paused: bool,
    /// A text waits to be read.
    pub has_text: bool,
    /// Receives what is pressed.
    pub dispatch: Callback<Action>,
}

/// A progress bar, and what can be done meanwhile.
#[component]
pub fn Loading(props: &Props) -> Html {
    let Props { role, progress, pace, is_paused, has_text, dispatch } = props;
    let Progress { loaded, total } = *progress;
    // The download is done, the engine still unpacks: the bar stays full, the words say why nothing moves.
    let is_preparing = total.is_some_and(|total| total > 0 && loaded >= total);
    let title = match (is_paused, is_preparing, role) {
        (true, ..) => "The download is paused",
        (_, true, _) => "Preparing the model",
        (_, _, Role::Default) => "Getting the model",
        (_, _, Role::Preview) => "Getting a small model first",
    };
    let meanwhile = match (is_paused, has_text) {
        (true, _) => "What has arrived is kept.",
        (_, true) => "Your text is read as soon as the model is here.",
        _ => "You can type already. This happens once; later visits are quicker.",
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
            <div class="loading-foot">
                <p class="meanwhile">
                    { meanwhile }
                    if !is_paused && !is_preparing { <span class="figures">{ how_fast(*pace, *progress) }</span> }
                </p>
                if *role == Role::Default && !is_preparing { { pause_button(*is_paused, dispatch) } }
            </div>
        </div>
    }
}

/// ` 1.2 MB/s, 7 s left`, once there is something to say.
pub fn how_fast(of: Pace, progress: Progress) -> Option<String> {
    let (speed, seconds) = (of.bytes_per_second()?, of.seconds_left(progress)?);
    Some(format!(" {}, {} left.", pace(speed), time_left(seconds)))
}

/// "Pause" or "Go on".
pub fn pause_button(is_paused: bool, dispatch: &Callback<Action>) -> Html {
    let onclick = if is_paused {
        dispatch.reform(|_: MouseEvent| Action::Resumed)
    } else {
        Callback::from(|_: MouseEvent| keeping::pause())
    };
    let (words, testid) = if is_paused { ("Go on", "resume") } else { ("Pause", "pause") };
    html! { <button type="button" class="quiet" data-testid={testid} {onclick}>{ words }</button> }
}
