//! One text and everything that is done with it: why, many lines, the history, handing over.

use super::*;

/// A text that was answered and then asked about.
fn explaining(text: &str) -> (State, Task) {
    let mut state = ready();
    write(&mut state, text);
    answer(&mut state, "Bullish");
    state.apply(Action::ToggledWhy);
    let task = state.running.clone().expect("a call is running");
    assert_eq!(task.question, Question::Explain);
    (state, task)
}

#[test]
fn why_is_answered_after_the_label_and_closed_by_the_next_text() {
    let mut state = ready();
    write(&mut state, "text");
    state.apply(Action::ToggledWhy);
    assert_eq!(state.running.as_ref().map(|task| task.question), Some(Question::Classify));
    answer(&mut state, "Bullish");
    let task = state.running.clone().expect("a call is running");
    assert_eq!((task.question, &*task.text), (Question::Explain, "text"));
    state.apply(Action::Explained(task, Ok(explanation("text"))));
    assert_eq!(state.why, Why::Words(explanation("text").words.into()));
    assert_eq!(state.running, None);
    state.apply(Action::Typed("text two".into()));
    assert_eq!(state.why, Why::Closed);
}

#[test]
fn an_explanation_tells_how_far_it_is_and_can_be_cancelled() {
    let (mut state, task) = explaining("a long text");
    state.apply(Action::ExplainedPart(task.clone(), 3, 12));
    assert_eq!(state.why, Why::Asked(3, 12));
    state.apply(Action::ToggledWhy);
    assert_eq!((&state.why, &state.running), (&Why::Closed, &None), "what is not running is cancelled");
    state.apply(Action::ExplainedPart(task.clone(), 4, 12));
    state.apply(Action::Explained(task, Err(broken("cancelled"))));
    assert_eq!((&state.why, &state.failure), (&Why::Closed, &None), "a cancelled call says nothing");
    assert_eq!(shown_label(&state), Some("Bullish"));
}

#[test]
fn typing_cancels_an_explanation_and_keeps_the_engine() {
    let (mut state, task) = explaining("old");
    state.apply(Action::Typed("new".into()));
    assert_eq!(state.running, None, "nobody waits for it any more");
    state.apply(Action::Settled(state.revision));
    assert_eq!(running_text(&state), Some("new"), "the engine is free at once");
    assert_eq!(state.models.default.attempt, 0, "and is the same one");
    state.apply(Action::Explained(task, Ok(explanation("old"))));
    assert_eq!((&state.why, running_text(&state)), (&Why::Closed, Some("new")));
}

#[test]
fn a_question_asked_again_is_another_call() {
    let (mut state, first) = explaining("text");
    state.apply(Action::ToggledWhy);
    state.apply(Action::ToggledWhy);
    let again = state.running.clone().expect("a call is running");
    assert_ne!(first, again);
    state.apply(Action::Explained(first, Err(broken("cancelled"))));
    assert_eq!((&state.running, &state.failure), (&Some(again), &None));
}

#[test]
fn a_failed_explanation_is_a_failure_of_the_text() {
    let (mut state, task) = explaining("text");
    state.apply(Action::Explained(task, Err(broken("out of memory"))));
    assert_eq!((state.failure, state.why), (Some(broken("out of memory")), Why::Closed));
}

#[test]
fn a_list_is_not_judged_as_one_text_unless_that_is_wanted() {
    let mut state = ready();
    let list = "Shares plunge\n".repeat(500);
    write(&mut state, &list);
    assert_eq!((state.lines(), &state.running, state.is_busy()), (Lines::List(500), &None, false));
    state.apply(Action::TookAsOne);
    assert_eq!((state.lines(), running_text(&state)), (Lines::One, Some(&*list)));
    answer(&mut state, "Bearish");
    write(&mut state, &format!("{list} and more"));
    assert_eq!(state.lines(), Lines::One, "it was only added to");
    write(&mut state, &"Record profit\n".repeat(500));
    assert_eq!(state.lines(), Lines::List(500), "that was said of another text");
    write(&mut state, "three\nshort\nlines");
    assert_eq!((state.lines(), state.is_busy()), (Lines::Several(3), true));
}

#[test]
fn a_list_takes_the_answer_to_the_text_before_away() {
    let mut state = ready();
    write(&mut state, "text");
    answer(&mut state, "Bullish");
    write(&mut state, &"row\n".repeat(10));
    assert_eq!(state.answer, None);
}

#[test]
fn lines_are_handed_over_as_they_stand_and_again_if_that_is_wanted() {
    let mut state = ready();
    write(&mut state, "a\nb\nc");
    state.apply(Action::HandedOver);
    assert_eq!((state.view, &state.handed_over), (View::Many, &Some((1, "a\nb\nc".into()))));
    state.apply(Action::Viewed(View::One));
    assert_eq!(&*state.text, "a\nb\nc", "nothing is lost by it");
    state.apply(Action::HandedOver);
    assert_eq!(state.handed_over.map(|(times, _)| times), Some(2));
}

#[test]
fn what_was_read_is_remembered_and_can_be_read_again() {
    let mut state = ready();
    write(&mut state, "first");
    answer(&mut state, "Bearish");
    state.apply(Action::Chose("second".into()));
    answer(&mut state, "Bullish");
    let read =
        |state: &State| state.history.entries.iter().map(|entry| entry.text.to_string()).collect::<Vec<_>>();
    assert_eq!(read(&state), ["second", "first"]);
    assert_eq!((&*state.history.entries[1].label, &*state.history.entries[1].model), ("Bearish", "full"));
    state.apply(Action::Chose("first".into()));
    answer(&mut state, "Bearish");
    assert_eq!(read(&state), ["first", "second"]);
    state.apply(Action::Forgot("first".into()));
    assert_eq!(read(&state), ["second"]);
    state.apply(Action::Undid);
    assert_eq!(read(&state), ["first", "second"]);
    state.apply(Action::ForgotAll);
    assert_eq!((read(&state).len(), state.history.restorable()), (0, 2));
    assert_eq!(&*state.text, "first", "the text itself stays");
}
