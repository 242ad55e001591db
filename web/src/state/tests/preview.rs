//! Two models on one page: the small one answers first, the default one takes over.

use super::*;

fn load_preview(state: &mut State) {
    let attempt = state.models.preview.attempt;
    state.apply(Action::Loaded(Role::Preview, attempt, Ok(ready_engine("nano"))));
}

fn default_fails(state: &mut State, message: &str) {
    let attempt = state.models.default.attempt;
    state.apply(Action::Loaded(Role::Default, attempt, Err(message.to_owned())));
}

/// A page on which the preview has answered a text.
fn answered_by_preview() -> State {
    let mut state = State::default();
    load_preview(&mut state);
    write(&mut state, "text");
    answer(&mut state, "Bearish");
    state
}

fn role_of(reader: Reader) -> Option<Role> {
    match reader {
        Reader::Engine(role, _) => Some(role),
        Reader::Server => None,
    }
}

fn who_answered(state: &State) -> Option<Role> {
    state.answer.as_ref().and_then(|answer| role_of(answer.reader))
}

fn who_is_asked(state: &State) -> Option<Role> {
    state.running.as_ref().and_then(|task| role_of(task.reader))
}

#[test]
fn the_preview_answers_while_the_default_is_on_its_way() {
    let mut state = State::default();
    write(&mut state, "early bird");
    load_preview(&mut state);
    assert_eq!(running_text(&state), Some("early bird"));
    assert_eq!(state.models.answering(), Some(Role::Preview));
    answer(&mut state, "Bearish");
    assert_eq!((shown_label(&state), who_answered(&state)), (Some("Bearish"), Some(Role::Preview)));
    let progress = Progress { loaded: 5, total: Some(9) };
    state.apply(Action::Progressed(Role::Default, 0, progress, 0.0));
    assert_eq!(state.models.default.load, Load::Loading(progress));
    assert!(!state.is_busy() && state.running.is_none(), "an answered text is not asked about again");
}

#[test]
fn the_default_takes_over_and_reads_the_text_again() {
    let mut state = answered_by_preview();
    load(&mut state);
    assert_eq!(shown_label(&state), Some("Bearish"), "the quick answer stays until the other one is there");
    assert!(state.is_busy());
    assert_eq!((who_is_asked(&state), running_text(&state)), (Some(Role::Default), Some("text")));
    answer(&mut state, "Bullish");
    assert_eq!((shown_label(&state), who_answered(&state)), (Some("Bullish"), Some(Role::Default)));
    assert_eq!(&*state.text, "text");
    assert!(matches!(state.models.preview.load, Load::Absent(_)));
}

#[test]
fn what_the_preview_was_still_reading_is_read_by_the_default_and_its_end_is_not_told() {
    let mut state = State::default();
    load_preview(&mut state);
    write(&mut state, "text");
    let given_up = state.running.clone().expect("a call is running");
    load(&mut state);
    state.apply(Action::Classified(given_up, 1.0, Err(broken("disposed of"))));
    assert_eq!(state.failure, None);
    assert_eq!(running_text(&state), Some("text"));
    answer(&mut state, "Bullish");
    assert_eq!(who_answered(&state), Some(Role::Default));
}

#[test]
fn an_open_explanation_is_given_anew_by_the_default() {
    let mut state = answered_by_preview();
    state.apply(Action::ToggledWhy);
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Explained(task, Ok(explanation("text"))));
    load(&mut state);
    assert_eq!(state.why, Why::ASKED);
    answer(&mut state, "Bullish");
    assert_eq!(who_is_asked(&state), Some(Role::Default));
    assert_eq!(state.running.as_ref().map(|task| task.question), Some(Question::Explain));
}

#[test]
fn a_preview_that_fails_is_not_told_and_the_default_goes_on() {
    let mut state = State::default();
    write(&mut state, "text");
    state.apply(Action::Loaded(Role::Preview, 0, Err("damaged".to_owned())));
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Default, Progress::default()));
    load(&mut state);
    assert_eq!(running_text(&state), Some("text"));
}

#[test]
fn a_preview_that_comes_after_the_default_is_not_needed() {
    let mut state = State::default();
    load(&mut state);
    load_preview(&mut state);
    assert_eq!(state.models.answering(), Some(Role::Default));
    assert!(matches!(state.models.preview.load, Load::Absent(_)));
}

#[test]
fn a_default_that_fails_leaves_the_preview_answering_and_can_be_retried() {
    let mut state = answered_by_preview();
    default_fails(&mut state, "no network");
    assert_eq!(state.models.default.load, Load::Absent("no network".to_owned()));
    write(&mut state, "another text");
    answer(&mut state, "Bullish");
    assert_eq!((shown_label(&state), who_answered(&state)), (Some("Bullish"), Some(Role::Preview)));
    state.apply(Action::Retried);
    assert_eq!((state.models.preview.attempt, state.models.default.attempt), (0, 1));
    assert_eq!(state.models.answering(), Some(Role::Preview), "it goes on meanwhile");
    load(&mut state);
    assert_eq!(who_is_asked(&state), Some(Role::Default));
}

#[test]
fn where_both_fail_both_are_retried() {
    let mut state = State::default();
    state.apply(Action::Loaded(Role::Preview, 0, Err("damaged".to_owned())));
    default_fails(&mut state, "no network");
    assert_eq!(state.models.readiness(), Readiness::Failed("no network"));
    state.apply(Action::Retried);
    assert_eq!((state.models.preview.attempt, state.models.default.attempt), (1, 1));
}

#[test]
fn a_default_that_fails_first_waits_for_the_preview() {
    let mut state = State::default();
    default_fails(&mut state, "no network");
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Preview, Progress::default()));
    load_preview(&mut state);
    assert_eq!(state.models.answering(), Some(Role::Preview));
}

#[test]
fn a_text_that_the_preview_fails_on_is_read_by_the_default() {
    let mut state = State::default();
    load_preview(&mut state);
    write(&mut state, "odd");
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task, 1.0, Err(broken("the worker stopped"))));
    assert_eq!(state.failure, Some(broken("the worker stopped")));
    load(&mut state);
    assert_eq!((state.failure.as_ref(), running_text(&state)), (None, Some("odd")));
}

#[test]
fn a_preview_that_crashed_is_loaded_anew_and_the_default_is_left_alone() {
    let mut state = State::default();
    load_preview(&mut state);
    write(&mut state, "text");
    let task = state.running.clone().expect("a call is running");
    state.apply(Action::Classified(task, 1.0, Err(broken("the worker stopped"))));
    state.apply(Action::Retried);
    assert_eq!((state.models.preview.attempt, state.models.default.attempt), (1, 0));
    load_preview(&mut state);
    assert_eq!(running_text(&state), Some("text"));
}

#[test]
fn the_progress_shown_is_that_of_the_model_that_is_downloaded() {
    let mut state = State::default();
    let [small, whole] = [2, 8].map(|total| Progress { loaded: 1, total: Some(total) });
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Default, Progress::default()));
    state.apply(Action::Progressed(Role::Preview, 0, small, 0.0));
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Preview, small));
    state.apply(Action::Progressed(Role::Default, 0, whole, 0.0));
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Default, whole), "the preview has stalled");
}
