//! A batch from its first byte to its last answer, with a clock and a model of the test's own.

use super::*;
use crate::many::Format;
use crate::many::results::Reading;
use crate::many::results::tests::{labels, prediction};

const CSV: Format = Format::Delimited { delimiter: b',', is_quoted: true };

/// A batch whose rows have come in.
pub fn opened_as(name: Option<&str>, format: Format, text: &str) -> Batch {
    let mut batch = Batch::default();
    let source = Source { name: name.map(str::to_owned), size_bytes: text.len() as u64 };
    batch.apply(Action::Opened(source));
    batch.apply(Action::Heard(Settings { format, ..Settings::default() }));
    batch.apply(Action::Arrived(text.to_owned(), text.len() as u64));
    batch.apply(Action::Ended);
    batch
}

/// A batch whose texts were answered, one answer a text that is asked; what is missing is a certain "Neutral".
pub fn answered_as(name: Option<&str>, format: Format, text: &str, answers: &[(&str, f32)]) -> Batch {
    let mut batch = opened_as(name, format, text);
    batch.settings.columns.text = batch.settings.columns.text.or(Some(0));
    batch.apply(Action::Started(labels(), "test".to_owned(), 0.0));
    let mut answers = answers.iter();
    let mut answer = || answers.next().copied().unwrap_or(("Neutral", 0.99));
    loop {
        match batch.next_step(1.0) {
            Step::Ask(request) => {
                let outcome = |_: &String| {
                    let (label, confidence) = answer();
                    Ok(prediction(label, confidence))
                };
                let outcomes = request.texts.iter().map(outcome).collect();
                batch.apply(Action::Answered(request.id, outcomes, 1.0));
            }
            Step::Again => {}
            Step::Wait => return batch,
        }
    }
}

/// The same from CSV.
pub fn answered(text: &str, answers: &[(&str, f32)]) -> Batch {
    answered_as(None, CSV, text, answers)
}

fn many_rows(number: usize) -> Batch {
    let rows: String = (0..number).map(|row| format!("text of row {row}\n")).collect();
    let mut batch = opened_as(None, Format::Lines, &rows);
    batch.apply(Action::Started(labels(), "test".to_owned(), 0.0));
    batch
}

fn ask(batch: &mut Batch) -> crate::many::Request {
    match batch.next_step(0.0) {
        Step::Ask(request) => request,
        other => panic!("expected a request, found {other:?}"),
    }
}

fn answer(batch: &mut Batch, request: &crate::many::Request) {
    let outcomes = request.texts.iter().map(|_| Ok(prediction("Bullish", 0.9))).collect();
    batch.apply(Action::Answered(request.id, outcomes, 1000.0));
}

#[test]
fn a_file_is_opened_guessed_and_read_to_its_end() {
    let batch = answered(
        "tweet,sentiment\nup again,1\n,0\nshares plunge,-1\n",
        &[("Bullish", 0.9), ("Bearish", 0.8)],
    );
    assert_eq!((&batch.stage, batch.num_rows()), (&Stage::Done, 3));
    assert_eq!(batch.settings.columns.label, Some(1));
    assert_eq!((batch.summary.num_read(), batch.summary.num_unread), (2, 1));
    assert_eq!(batch.summary.evaluation.scores().unwrap().accuracy, 1.0);
    assert_eq!(batch.results.of(1), Reading::Unread("The text is empty."));
    assert!(batch.is_unsaved);
}

#[test]
fn some_requests_are_on_their_way_and_answers_may_come_in_any_order() {
    let mut batch = many_rows(1500);
    let (first, second) = (ask(&mut batch), ask(&mut batch));
    let others: Vec<_> = (2..MAX_IN_FLIGHT).map(|_| ask(&mut batch)).collect();
    assert_eq!(batch.next_step(0.0), Step::Wait, "a further one has to wait");
    answer(&mut batch, &second);
    assert_eq!(batch.results.of(0), Reading::Waiting);
    assert_eq!(batch.summary.num_done(), second.texts.len());
    answer(&mut batch, &first);
    others.iter().for_each(|other| answer(&mut batch, other));
    while batch.stage == Stage::Running {
        if let Step::Ask(request) = batch.next_step(2000.0) {
            answer(&mut batch, &request);
        }
    }
    assert_eq!((batch.summary.num_done(), &batch.stage), (1500, &Stage::Done));
}

#[test]
fn what_was_answered_survives_a_failing_engine_and_it_goes_on_from_there() {
    let mut batch = many_rows(1000);
    let (first, second) = (ask(&mut batch), ask(&mut batch));
    batch.apply(Action::Failed(first.id, "gone".to_owned(), 500.0));
    assert_eq!(batch.stage, Stage::Broken("gone".to_owned()));
    answer(&mut batch, &second);
    assert_eq!(batch.summary.num_done(), second.texts.len(), "what still comes is taken");
    assert_eq!(batch.next_step(600.0), Step::Wait);
    batch.apply(Action::Resumed(700.0));
    assert_eq!(ask(&mut batch).texts, first.texts);
}

#[test]
fn a_break_asks_nothing_and_an_end_takes_nothing_more() {
    let mut batch = many_rows(1000);
    let first = ask(&mut batch);
    batch.apply(Action::Paused(10.0));
    assert_eq!(batch.next_step(10.0), Step::Wait);
    answer(&mut batch, &first);
    assert_eq!(batch.summary.num_done(), first.texts.len());
    batch.apply(Action::Resumed(20.0));
    let second = ask(&mut batch);
    batch.apply(Action::Stopped(30.0));
    answer(&mut batch, &second);
    assert_eq!((batch.summary.num_done(), &batch.stage), (first.texts.len(), &Stage::Stopped));
    batch.apply(Action::Resumed(40.0));
    assert_eq!(batch.stage, Stage::Stopped);
    assert!(batch.is_unsaved);
    batch.apply(Action::Saved);
    assert!(!batch.is_unsaved);
}

#[test]
fn a_text_that_the_engine_refuses_is_marked_and_the_others_are_read() {
    let mut batch = many_rows(3);
    let request = ask(&mut batch);
    let refused = Err(Failure::NothingToRead);
    let outcomes = vec![Ok(prediction("Bullish", 0.9)), refused, Ok(prediction("Bearish", 0.9))];
    batch.apply(Action::Answered(request.id, outcomes, 1.0));
    assert_eq!(batch.results.of(1), Reading::Unread(NOTHING_TO_READ));
    assert!(matches!(batch.results.of(2), Reading::Read { label: 0, .. }));
}

#[test]
fn a_file_without_rows_is_told_and_one_that_breaks_off_is_used() {
    assert_eq!(opened_as(None, CSV, "\n\n").problem, Some(Problem::Empty));
    let header_only = opened_as(None, CSV, "text,label\n");
    assert_eq!((header_only.problem.clone(), header_only.can_start()), (Some(Problem::NoRows), false));
    let mut header_only = header_only;
    header_only.apply(Action::ChoseHeader(false));
    assert_eq!((header_only.problem, header_only.settings.first_row()), (None, 0));
    let mut broken_off = opened_as(None, CSV, "text\none text\nanother\n");
    broken_off.apply(Action::Refused(Problem::Unreadable));
    assert_eq!((broken_off.num_rows(), broken_off.can_start()), (2, true));
    let million = format!("text\nok\n{}", ",".repeat(1_000_000));
    let refused = opened_as(None, CSV, &million);
    assert_eq!(refused.problem, Some(Problem::TooManyColumns { row: 3 }));
}

#[test]
fn odd_rows_are_marked_and_kept() {
    let batch = answered("text,n\none,1\ntwo\nthree,3,x\nfo\u{fffd}r,4\n\"five", &[]);
    assert_eq!(batch.summary.num_read(), 5);
    let oddities: Vec<bool> = (0..5).map(|row| batch.oddity(row).is_some()).collect();
    assert_eq!(oddities, [false, true, true, true, true]);
    assert_eq!(batch.oddity(1).as_deref(), Some("This row has 1 of 2 columns."));
    assert!(batch.oddity(4).unwrap().contains("ends in the middle"));
}

#[test]
fn another_file_forgets_the_last_one() {
    let mut batch = answered("text\nup\n", &[]);
    let revision = batch.revision;
    batch.apply(Action::Opened(Source { name: None, size_bytes: 0 }));
    assert_eq!((batch.num_rows(), batch.summary.num_read(), batch.is_unsaved), (0, 0, false));
    assert!(batch.revision > revision);
}
