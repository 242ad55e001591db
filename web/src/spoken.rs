//! What a screen reader says of the state: once an answer stands, not while it is being looked for.

use crate::confidence;
use crate::figures::percent;
use crate::state::{Blank, Failure, Lines, Reader, Readiness, State, Why};
use crate::wording;

/// The sentence to say now; nothing where there is nothing new.
pub fn of(state: &State) -> String {
    if let Some(failure) = &state.failure {
        return of_failure(failure);
    }
    match (state.reader(), state.models.readiness()) {
        (None, Readiness::Failed(message)) => {
            let trouble = wording::of_loading(message);
            format!("{}. {}", trouble.title, trouble.advice)
        }
        (None, Readiness::Paused(_)) => "The download of the model is paused.".to_owned(),
        (None, _) => "The model is being loaded.".to_owned(),
        (Some(reader), _) => of_answer(state, reader),
    }
}

fn of_answer(state: &State, reader: Reader) -> String {
    if state.blank() == Some(Blank::OnlyLinks) {
        return "Only a link so far. Links are not read.".to_owned();
    }
    if let Lines::List(number) = state.lines() {
        return format!("This looks like {number} texts. They can be read one by one.");
    }
    let Some(answer) = state.answer.as_ref().filter(|_| !state.is_busy()) else { return String::new() };
    match &state.why {
        Why::Asked(..) => return "Reading the text again without each of its words.".to_owned(),
        Why::Words(words) => return format!("Explained: what each of {} words did.", words.len()),
        Why::Closed => {}
    }
    let prediction = &answer.prediction;
    let score = prediction.scores.get(&prediction.label).copied().unwrap_or_default();
    let sure = if prediction.uncertain { "uncertain" } else { confidence::word(score) };
    let place = if reader == Reader::Server { ", read by the server" } else { "" };
    format!("{}, {}, {}{place}", prediction.label, percent(score), sure.to_lowercase())
}

fn of_failure(failure: &Failure) -> String {
    match failure {
        Failure::NothingToRead => "Nothing to read so far.".to_owned(),
        Failure::TooLong(_) => format!("{}. {}", wording::TOO_LONG.title, wording::TOO_LONG.advice),
        Failure::Engine(_) => format!("{}. {}", wording::STOPPED.title, wording::STOPPED.advice),
        Failure::Server(message) => message.clone(),
    }
}
