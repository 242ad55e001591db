//! The reducer's promises, each told as the actions that a person, a timer and the engine would send.

use super::models::Model;
use super::*;
use messages::{EngineInfo, Explanation, Metrics, WordContribution};

mod place;
mod preview;
mod reading;

fn ready_engine(model: &str) -> ReadyEngine {
    ReadyEngine {
        info: EngineInfo {
            model: model.to_owned(),
            engine: "simd128".to_owned(),
            fallback: None,
            kernel: "k".to_owned(),
            labels: vec!["Bearish".to_owned(), "Bullish".to_owned()],
            max_tokens: 256,
            layers: 3,
            uncertain_below: 0.75,
        },
        metrics: Metrics { rows: 1, accuracy: 1.0, macro_f1: 1.0, ece: 0.0, nll: 0.0 },
    }
}

fn prediction(label: &str) -> Prediction {
    let scores = [(label.to_owned(), 1.0)].into_iter().collect();
    Prediction { label: label.to_owned(), scores, uncertain: false, tokens: 4, layers: 3, truncated: false }
}

fn explanation(word: &str) -> Explanation {
    let words = vec![WordContribution { word: word.to_owned(), contribution: 0.5 }];
    Explanation { prediction: prediction("Bullish"), words }
}

fn broken(message: &str) -> Failure {
    Failure::Engine(message.to_owned())
}

/// A page without a preview, whose default model is on its way.
fn without_preview() -> State {
    let mut state = State::default();
    state.apply(Action::Loaded(Role::Preview, 0, Err("there is none".to_owned())));
    state
}

/// A page whose default model answers.
fn ready() -> State {
    let mut state = without_preview();
    load(&mut state);
    state
}

/// The latest load of the default model ends well.
fn load(state: &mut State) {
    let attempt = state.models.default.attempt;
    state.apply(Action::Loaded(Role::Default, attempt, Ok(ready_engine("full"))));
}

/// Types a text and pauses.
fn write(state: &mut State, text: &str) {
    state.apply(Action::Typed(text.into()));
    state.apply(Action::Settled(state.revision));
}

/// Answers the running call.
fn answer(state: &mut State, label: &str) {
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task, 1.0, Ok(prediction(label))));
}

fn running_text(state: &State) -> Option<&str> {
    state.running.as_ref().map(|task| &*task.text)
}

fn shown_label(state: &State) -> Option<&str> {
    state.answer.as_ref().map(|answer| &*answer.prediction.label)
}

#[test]
fn a_text_is_read_when_the_typing_pauses() {
    let mut state = ready();
    state.apply(Action::Typed("shares jum".into()));
    assert_eq!(running_text(&state), None);
    let earlier = state.revision;
    state.apply(Action::Typed("shares jump".into()));
    state.apply(Action::Settled(earlier));
    assert_eq!(running_text(&state), None, "the pause belonged to an earlier text");
    state.apply(Action::Settled(state.revision));
    assert_eq!(running_text(&state), Some("shares jump"));
    assert!(state.is_busy());
    answer(&mut state, "Bullish");
    assert_eq!(shown_label(&state), Some("Bullish"));
    assert!(!state.is_busy());
    assert_eq!(state.running, None, "an answered text is not asked about again");
}

#[test]
fn an_example_is_read_without_a_pause() {
    let mut state = ready();
    state.apply(Action::Chose("shares plunge".into()));
    assert_eq!(running_text(&state), Some("shares plunge"));
}

#[test]
fn a_text_typed_before_the_model_is_there_is_read_when_it_is() {
    let mut state = without_preview();
    write(&mut state, "early bird");
    assert_eq!(state.running, None);
    assert!(!state.is_busy(), "nothing is being read yet");
    load(&mut state);
    assert_eq!(running_text(&state), Some("early bird"));
}

#[test]
fn one_call_at_a_time_and_the_last_text_wins() {
    let mut state = ready();
    write(&mut state, "first");
    write(&mut state, "second");
    write(&mut state, "third");
    assert_eq!(running_text(&state), Some("first"), "the engine is still busy with it");
    answer(&mut state, "Bearish");
    assert_eq!(shown_label(&state), None, "a stale answer is dropped");
    assert_eq!(running_text(&state), Some("third"), "the second text was never asked about");
    answer(&mut state, "Bullish");
    assert_eq!(shown_label(&state), Some("Bullish"));
    assert_eq!(state.running, None);
}

#[test]
fn the_old_answer_stays_until_the_new_one_is_there() {
    let mut state = ready();
    write(&mut state, "first");
    answer(&mut state, "Bearish");
    state.apply(Action::Typed("first and more".into()));
    assert_eq!(shown_label(&state), Some("Bearish"));
    assert!(state.is_busy());
}

#[test]
fn a_text_with_nothing_to_read_is_never_asked_about() {
    let mut state = ready();
    assert_eq!(state.blank(), Some(Blank::Empty));
    for text in ["  \n\t ", "\0 \u{1}"] {
        write(&mut state, text);
        assert_eq!((state.blank(), &state.running), (Some(Blank::Empty), &None), "{text:?}");
    }
    for text in ["https://example.org/a", " HTTP://x.y\nwww.example.org "] {
        write(&mut state, text);
        assert_eq!((state.blank(), &state.running), (Some(Blank::OnlyLinks), &None), "{text:?}");
    }
    write(&mut state, "https://example.org/a\u{1f680}");
    assert_eq!(state.blank(), None, "the engine reads the emoji");
    write(&mut state, "awww. https://example.org");
    assert_eq!(state.blank(), None);
    assert!(state.running.is_some());
}

/// The running call ends with this.
fn refuse(state: &mut State, failure: Failure) {
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task, 1.0, Err(failure)));
}

#[test]
fn a_text_in_which_the_engine_finds_nothing_is_blank_and_no_failure() {
    let mut state = ready();
    for text in
        ["\u{200b}", "\u{feff} \u{2060}", "\u{ad}", "\u{301}", "&nbsp;", "\u{200b}https://example.org/a"]
    {
        write(&mut state, text);
        assert_eq!(running_text(&state), Some(text), "only the engine can tell");
        refuse(&mut state, Failure::NothingToRead);
        assert_eq!((state.blank(), &state.running), (Some(Blank::Unreadable), &None), "{text:?}");
        assert!(!state.is_busy());
    }
    state.apply(Action::Retried);
    assert_eq!(state.models.default.attempt, 0, "another engine would find nothing either");
    write(&mut state, "\u{200b}words");
    assert_eq!((state.blank(), running_text(&state)), (None, Some("\u{200b}words")));
}

#[test]
fn a_text_that_is_too_long_loads_no_engine_anew() {
    let mut state = ready();
    write(&mut state, "very long");
    refuse(&mut state, Failure::TooLong("at most 1 MiB".to_owned()));
    assert_eq!((state.blank(), &state.running), (None, &None));
    state.apply(Action::Retried);
    assert_eq!((state.models.default.attempt, &state.running), (0, &None));
    write(&mut state, "short");
    assert_eq!((&state.failure, running_text(&state)), (&None, Some("short")));
}

#[test]
fn emptying_the_field_takes_the_answer_away() {
    let mut state = ready();
    write(&mut state, "first");
    answer(&mut state, "Bearish");
    write(&mut state, "second");
    state.apply(Action::Chose("".into()));
    assert_eq!(state.answer, None);
    answer(&mut state, "Bullish");
    assert_eq!((state.answer, state.running), (None, None), "the running call ends unseen");
}

#[test]
fn progress_is_shown_until_the_load_ends() {
    let mut state = without_preview();
    let progress = Progress { loaded: 5, total: Some(9) };
    state.apply(Action::Progressed(Role::Default, 0, progress, 0.0));
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Default, progress));
    load(&mut state);
    state.apply(Action::Progressed(Role::Default, 0, progress, 0.0));
    assert_eq!(state.models.default.load, Load::Ready(ready_engine("full")));
}

#[test]
fn a_failed_load_can_be_retried_and_the_failed_one_is_forgotten() {
    let mut state = without_preview();
    write(&mut state, "patient text");
    state.apply(Action::Loaded(Role::Default, 0, Err("no network".to_owned())));
    assert_eq!(state.models.readiness(), Readiness::Failed("no network"));
    state.apply(Action::Retried);
    assert_eq!(state.models.default, Model { attempt: 1, ..Model::default() });
    state.apply(Action::Progressed(Role::Default, 0, Progress { loaded: 5, total: None }, 0.0));
    state.apply(Action::Loaded(Role::Default, 0, Err("late news".to_owned())));
    assert_eq!(state.models.default.load, Model::default().load, "only this attempt counts");
    load(&mut state);
    assert_eq!(running_text(&state), Some("patient text"));
}

#[test]
fn a_failed_call_can_be_retried_on_a_new_engine() {
    let mut state = ready();
    write(&mut state, "text");
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task.clone(), 1.0, Err(broken("the worker stopped"))));
    assert_eq!(state.failure, Some(broken("the worker stopped")));
    assert_eq!(state.running, None, "it is not asked over and over");
    state.apply(Action::Retried);
    assert_eq!(state.models.default.attempt, 1);
    load(&mut state);
    assert_eq!((running_text(&state), &state.failure), (Some("text"), &None));
    state.apply(Action::Classified(task, 1.0, Err(broken("late news"))));
    assert_eq!(state.failure, None, "the old engine's answer does not count");
    answer(&mut state, "Bullish");
    assert_eq!(shown_label(&state), Some("Bullish"));
}

#[test]
fn another_text_ends_a_failure() {
    let mut state = ready();
    write(&mut state, "odd");
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task, 1.0, Err(broken("too odd"))));
    write(&mut state, "fine");
    assert_eq!((state.failure.as_ref(), running_text(&state)), (None, Some("fine")));
}

#[test]
fn all_labels_are_shown_until_fewer_are_asked_for() {
    let mut state = ready();
    state.apply(Action::ToggledLabels);
    write(&mut state, "another text");
    assert!(state.shows_all_labels);
    state.apply(Action::ToggledLabels);
    assert!(!state.shows_all_labels);
}
