//! Asks the engine what the batch wants to know, until it wants nothing more.

use wasm_bindgen_futures::spawn_local;

use super::desk::Desk;
use super::locale::count;
use super::turns::{now_ms, turn};
use crate::announcer::say;
use crate::answerer::{Answerer, Place};
use crate::many::{Action, Request, Step};

/// The batch begins, with this model to its end.
pub fn start(desk: &Desk, answerer: Answerer) {
    let place = match answerer.place {
        Place::Here => "on this device",
        Place::Server => "by the server",
    };
    let reader = format!("{}, {place}", answerer.model);
    let labels = answerer.labels.to_vec();
    desk.employ(answerer);
    desk.apply(Action::Started(labels, reader, now_ms()));
    say(&format!("Reading {} tweets.", count(desk.batch().num_rows())));
    pump(desk);
}

/// Goes on after a break or a failure: by an engine that has taken the place of the one that began, if it holds the
/// same model.
pub fn resume(desk: &Desk, present: Option<Answerer>) {
    let same = present.filter(|present| {
        desk.answerer().is_some_and(|began| began.model == present.model && began.place == present.place)
    });
    if let Some(same) = same {
        desk.employ(same);
    }
    desk.apply(Action::Resumed(now_ms()));
    pump(desk);
}

/// Asks until the batch has enough; each question is a task of its own, since it copies its texts to the workers.
fn pump(desk: &Desk) {
    let desk = desk.clone();
    spawn_local(async move {
        loop {
            turn().await;
            let Some(answerer) = desk.answerer() else { return };
            match desk.next_step() {
                Step::Ask(request) => ask(&desk, answerer, request),
                Step::Again => {}
                Step::Wait => break,
            }
        }
        desk.look_again();
        if desk.take_end() {
            let batch = desk.batch();
            let (read, unread) = (count(batch.summary.num_read()), count(batch.summary.num_unread));
            say(&format!("Done: {read} tweets were read, {unread} could not be."));
        }
    });
}

fn ask(desk: &Desk, answerer: Answerer, request: Request) {
    let (desk, opening) = (desk.clone(), desk.opening());
    spawn_local(async move {
        let Request { id, texts } = request;
        let outcome = answerer.classify_each(texts).await;
        // Taking the answers over was work enough for one task.
        turn().await;
        if desk.opening() != opening {
            return;
        }
        match outcome {
            Ok(outcomes) => desk.apply(Action::Answered(id, outcomes, now_ms())),
            Err(failure) => {
                let words = words_of(failure);
                say(&format!("Reading was interrupted: {words} What was read is kept."));
                desk.apply(Action::Failed(id, words, now_ms()));
            }
        }
        pump(&desk);
    });
}

fn words_of(failure: crate::state::Failure) -> String {
    match failure {
        crate::state::Failure::Engine(message)
        | crate::state::Failure::Server(message)
        | crate::state::Failure::TooLong(message) => message,
        crate::state::Failure::NothingToRead => "There was nothing to read.".to_owned(),
    }
}
