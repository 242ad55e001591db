//! Where texts are read, the model that is wanted, and downloads that pause.

use super::*;

fn both_fail(state: &mut State) {
    for role in [Role::Preview, Role::Default] {
        let attempt = state.models.get(role).attempt;
        state.apply(Action::Loaded(role, attempt, Err("too old".to_owned())));
    }
}

fn server_answers(state: &mut State, label: &str) {
    let task = state.running.clone().expect("a call is running");
    assert_eq!(task.reader, Reader::Server);
    state.apply(Action::ClassifiedByServer(task, 1.0, Ok((prediction(label), "remote".into()))));
}

#[test]
fn no_text_goes_to_the_server_unless_that_was_chosen() {
    let mut state = State::default();
    write(&mut state, "private");
    both_fail(&mut state);
    assert_eq!((state.place(), state.reader(), &state.running), (Place::Here, None, &None));
}

#[test]
fn the_server_reads_where_it_is_wanted_and_the_device_again_later() {
    let mut state = ready();
    write(&mut state, "text");
    answer(&mut state, "Bearish");
    state.apply(Action::ToggledWhy);
    state.apply(Action::Wanted(Wanted::Server));
    assert_eq!((state.place(), &state.why), (Place::Server, &Why::Closed));
    server_answers(&mut state, "Bullish");
    let answer_by = |state: &State| state.answer.as_ref().map(|answer| answer.model.to_string());
    assert_eq!(answer_by(&state).as_deref(), Some("remote"));
    state.apply(Action::ToggledWhy);
    assert_eq!(state.running, None, "the server does not explain");
    state.apply(Action::Wanted(Wanted::Here));
    assert_eq!(state.place(), Place::Here);
    answer(&mut state, "Bearish");
    assert_eq!(answer_by(&state).as_deref(), Some("full"));
}

#[test]
fn automatic_asks_the_server_only_where_no_model_runs_here() {
    let mut state = State::default();
    state.apply(Action::Wanted(Wanted::Automatic));
    write(&mut state, "text");
    assert_eq!((state.place(), state.reader()), (Place::Here, None), "models are on their way");
    both_fail(&mut state);
    assert_eq!(state.place(), Place::Server);
    server_answers(&mut state, "Bullish");
    state.apply(Action::Retried);
    assert_eq!(state.place(), Place::Here, "the models are tried again");
    load(&mut state);
    assert!(matches!(state.running.as_ref().map(|task| task.reader), Some(Reader::Engine(Role::Default, 1))));
}

#[test]
fn a_server_that_fails_is_asked_again_and_loads_no_engine() {
    let mut state = ready();
    state.apply(Action::Wanted(Wanted::Server));
    write(&mut state, "text");
    let task = state.running.clone().expect("a call is running");
    let failure = Failure::Server("busy".to_owned());
    state.apply(Action::ClassifiedByServer(task, 1.0, Err(failure.clone())));
    assert_eq!((state.failure.as_ref(), &state.running), (Some(&failure), &None));
    state.apply(Action::Retried);
    assert_eq!(running_text(&state), Some("text"));
    assert_eq!(state.models.default.attempt, 0);
    let late = state.running.clone().expect("a call is running");
    state.apply(Action::Wanted(Wanted::Here));
    state.apply(Action::ClassifiedByServer(late, 1.0, Ok((prediction("Bullish"), "remote".into()))));
    assert_eq!(state.answer, None, "a late answer of the server does not count");
}

#[test]
fn another_model_is_loaded_in_the_place_of_the_one_before() {
    let mut state = ready();
    write(&mut state, "text");
    answer(&mut state, "Bearish");
    state.apply(Action::ChoseModel);
    assert_eq!((state.models.preview.attempt, state.models.default.attempt), (1, 1));
    assert_eq!(state.running, None);
    state.apply(Action::Loaded(Role::Default, 1, Ok(ready_engine("other"))));
    assert_eq!(running_text(&state), Some("text"), "what another model said is read anew");
    answer(&mut state, "Bullish");
    assert_eq!(state.answer.as_ref().map(|answer| &*answer.model), Some("other"));
    assert_eq!(&*state.history.entries[0].model, "other");
    assert_eq!(state.history.entries.len(), 1);
}

#[test]
fn a_download_pauses_and_goes_on_from_there() {
    let mut state = without_preview();
    let progress = |loaded| Progress { loaded, total: Some(1_000) };
    state.apply(Action::Progressed(Role::Default, 0, progress(100), 1_000.0));
    assert_eq!(state.models.default.pace.bytes_per_second(), None, "of one sign nothing can be said");
    state.apply(Action::Progressed(Role::Default, 0, progress(300), 2_000.0));
    let pace = state.models.default.pace;
    assert_eq!((pace.bytes_per_second(), pace.seconds_left(progress(300))), (Some(200.0), Some(3.5)));
    state.apply(Action::Paused(Role::Default, 0));
    assert_eq!(state.models.readiness(), Readiness::Paused(progress(300)));
    state.apply(Action::Progressed(Role::Default, 0, progress(400), 3_000.0));
    assert_eq!(state.models.readiness(), Readiness::Paused(progress(300)), "it is paused");
    state.apply(Action::Resumed);
    assert_eq!(state.models.default.attempt, 1);
    assert_eq!(state.models.readiness(), Readiness::Waiting(Role::Default, progress(300)));
    load(&mut state);
    assert!(matches!(state.models.readiness(), Readiness::Answering(Role::Default, _)));
}

#[test]
fn the_preview_answers_while_the_default_is_paused() {
    let mut state = State::default();
    state.apply(Action::Loaded(Role::Preview, 0, Ok(ready_engine("nano"))));
    state.apply(Action::Paused(Role::Default, 0));
    assert_eq!(state.models.answering(), Some(Role::Preview));
    state.apply(Action::Resumed);
    load(&mut state);
    assert_eq!(state.models.answering(), Some(Role::Default));
}
