//! What the page knows, and how every action changes it: a pure reducer, tested without a browser.
//!
//! The state also decides who does what next ([`State::running`]); `app` only carries it out. So "one call at a time,
//! the last text wins, stale answers are dropped, a text typed early is read once a model is there, and again once the
//! better one is" is all written, and tested, in this one place and in [`models`]. An explanation of a text that has
//! changed is of no use: it leaves [`State::running`] at once, and with that `app` cancels it.

use std::rc::Rc;

use messages::{Manifest, Prediction};
use yew::Reducible;

pub use action::Action;
pub use asking::{Answer, Failure, Question, Task, Why};
pub use history::{Entry, History};
pub use models::{Load, Models, Pace, Progress, Readiness, ReadyEngine, Role};
pub use place::{Place, Reader, Wanted};
pub use text::{Blank, Lines};

use asking::Said;

mod action;
mod asking;
mod history;
mod models;
mod place;
#[cfg(test)]
mod tests;
mod text;

/// Everything the page draws.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What is looked at.
    pub view: View,
    /// The tweet as it stands in the text field.
    pub text: Rc<str>,
    /// Counts the changes of the text; an answer belongs to the revision it was asked for.
    pub revision: u64,
    /// The typing has paused, the text may be read.
    pub is_settled: bool,
    /// A text of many lines is wanted to be read as one.
    pub is_one_text: bool,
    /// The lines that were last handed over to be read one by one, and how many times that was done.
    pub handed_over: Option<(u32, Rc<str>)>,
    /// Where texts are to be read.
    pub wanted: Wanted,
    /// The models there are, once they are known.
    pub manifest: Option<Rc<Manifest>>,
    /// How far the models are, and which of them answers.
    pub models: Models,
    /// The one call that is being worked on.
    pub running: Option<Task>,
    /// Calls so far.
    pub calls: u32,
    /// The latest answer; it may belong to an earlier revision or model while a newer one is being read.
    pub answer: Option<Answer>,
    /// Why the current text could not be read.
    pub failure: Option<Failure>,
    /// The answer to "Why?".
    pub why: Why,
    /// What was read so far.
    pub history: History,
    /// Of a model with many labels every one is shown, not only the most probable.
    pub shows_all_labels: bool,
    /// There is a newer version of the page.
    pub is_outdated: bool,
}

/// What can be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// One text, as it is typed.
    #[default]
    One,
    /// Many texts, from a file or pasted.
    Many,
}

impl Default for State {
    fn default() -> Self {
        Self {
            view: View::One,
            text: "".into(),
            revision: 0,
            is_settled: true,
            is_one_text: false,
            handed_over: None,
            wanted: Wanted::Here,
            manifest: None,
            models: Models::default(),
            running: None,
            calls: 0,
            answer: None,
            failure: None,
            why: Why::Closed,
            history: History::default(),
            shows_all_labels: false,
            is_outdated: false,
        }
    }
}

impl State {
    /// Why there is nothing to say about the text, if there is not.
    pub fn blank(&self) -> Option<Blank> {
        text::blank(&self.text)
            .or_else(|| (self.failure == Some(Failure::NothingToRead)).then_some(Blank::Unreadable))
    }

    /// How many texts the text looks like; one where it was said to be one.
    pub fn lines(&self) -> Lines {
        if self.is_one_text { Lines::One } else { text::lines(&self.text) }
    }

    /// The text is a list, and nobody has said that it is to be read as one text.
    fn is_list(&self) -> bool {
        matches!(self.lines(), Lines::List(_))
    }

    /// Where the next text goes.
    pub fn place(&self) -> Place {
        self.wanted.place(&self.models)
    }

    /// The shown answer is not yet the one to the current text.
    pub fn is_busy(&self) -> bool {
        self.reader().is_some()
            && self.failure.is_none()
            && self.blank().is_none()
            && !self.is_list()
            && self.current_answer().is_none()
    }

    /// Who is asked next.
    pub fn reader(&self) -> Option<Reader> {
        self.wanted.reader(&self.models)
    }

    /// The answer to the current text, by whoever answers now. A model that was loaded anew would say the same.
    fn current_answer(&self) -> Option<&Answer> {
        let reader = self.reader()?;
        let is_same = |before: Reader| match (before, reader) {
            (Reader::Engine(before, _), Reader::Engine(now, _)) => {
                before == now && self.answer.as_ref().is_some_and(|answer| self.has_model(now, &answer.model))
            }
            (before, now) => before == now,
        };
        self.answer.as_ref().filter(|answer| answer.revision == self.revision && is_same(answer.reader))
    }

    fn has_model(&self, role: Role, id: &str) -> bool {
        matches!(&self.models.get(role).load, Load::Ready(engine) if engine.info.model == id)
    }

    /// Carries out one action.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Viewed(view) => self.view = view,
            Action::Typed(text) => self.change_text(text, false),
            Action::Chose(text) => {
                self.history.end_draft();
                self.change_text(text, true);
            }
            Action::Settled(revision) => self.is_settled |= revision == self.revision,
            Action::TookAsOne => self.is_one_text = true,
            Action::HandedOver => {
                let times = self.handed_over.as_ref().map_or(0, |(times, _)| *times);
                self.handed_over = Some((times + 1, self.text.clone()));
                self.view = View::Many;
            }
            Action::Forgot(text) => self.history.remove(&text),
            Action::ForgotAll => self.history.clear(),
            Action::Undid => self.history.undo(),
            Action::Listed(manifest) => self.manifest = Some(manifest),
            Action::ChoseModel => {
                self.models.reload(Role::Preview);
                self.models.reload(Role::Default);
                self.start_over();
            }
            Action::Progressed(role, attempt, progress, now_ms) => {
                self.models.progressed(role, attempt, progress, now_ms);
            }
            Action::Paused(role, attempt) => self.models.paused(role, attempt),
            Action::Loaded(role, attempt, outcome) => {
                self.may_change_reader(|state| state.models.loaded(role, attempt, outcome));
            }
            Action::Resumed => self.models.resume(),
            Action::Wanted(wanted) => self.may_change_reader(|state| state.wanted = wanted),
            Action::Classified(task, latency_ms, outcome) => {
                self.take_classification(task, latency_ms, outcome)
            }
            Action::ClassifiedByServer(task, latency_ms, outcome) => {
                let outcome = outcome.map(|(prediction, model)| Said { prediction, model, info: None });
                self.take_answer(task, latency_ms, outcome);
            }
            Action::ExplainedPart(task, done, total) => {
                if self.running.as_ref() == Some(&task) {
                    self.why = Why::Asked(done, total);
                }
            }
            Action::Explained(task, outcome) => {
                if self.finish(&task) {
                    match outcome {
                        Ok(explanation) => self.why = Why::Words(explanation.words.into()),
                        Err(failure) => self.fail(failure),
                    }
                }
            }
            Action::ToggledWhy => {
                self.why = if self.why == Why::Closed { Why::ASKED } else { Why::Closed };
                self.cancel_explanation();
            }
            Action::ToggledLabels => self.shows_all_labels = !self.shows_all_labels,
            Action::Retried => {
                if let Some(Failure::Engine(_)) = self.failure {
                    self.reload_answering();
                }
                if let Some(Failure::Server(_)) = self.failure {
                    self.failure = None;
                }
                self.models.retry();
            }
            Action::Outdated => self.is_outdated = true,
        }
        if self.running.is_none() {
            self.running = self.next_task();
            self.calls += u32::from(self.running.is_some());
        }
    }

    fn change_text(&mut self, text: Rc<str>, is_settled: bool) {
        if text == self.text {
            self.is_settled |= is_settled;
            return;
        }
        self.is_one_text &= text::continues(&self.text, &text);
        self.text = text;
        self.revision += 1;
        self.is_settled = is_settled;
        self.failure = None;
        self.why = Why::Closed;
        self.cancel_explanation();
        if self.blank().is_some() || self.is_list() {
            self.answer = None;
        }
        if self.blank().is_some() {
            self.history.end_draft();
        }
    }

    /// Nobody waits for it any more: `app` cancels what is not running.
    fn cancel_explanation(&mut self) {
        if self.running.as_ref().is_some_and(|task| task.question == Question::Explain) {
            self.running = None;
        }
    }

    fn take_classification(&mut self, task: Task, latency_ms: f64, outcome: Result<Prediction, Failure>) {
        let Reader::Engine(role, _) = task.reader else { return };
        let Load::Ready(engine) = &self.models.get(role).load else { return };
        let info = Rc::new(engine.info.clone());
        let model = Rc::from(&*info.model);
        self.take_answer(
            task,
            latency_ms,
            outcome.map(|prediction| Said { prediction, model, info: Some(info) }),
        );
    }

    fn take_answer(&mut self, task: Task, latency_ms: f64, outcome: Result<Said, Failure>) {
        if !self.finish(&task) {
            return;
        }
        match outcome {
            Ok(Said { prediction, model, info }) => {
                let score = prediction.scores.get(&prediction.label).copied().unwrap_or_default();
                let (label, is_uncertain) = (Rc::from(&*prediction.label), prediction.uncertain);
                self.history.record(Entry {
                    text: task.text,
                    label,
                    score,
                    is_uncertain,
                    model: model.clone(),
                });
                let Task { reader, revision, .. } = task;
                self.answer = Some(Answer { reader, model, info, revision, prediction, latency_ms });
            }
            Err(failure) => self.fail(failure),
        }
    }

    /// Ends the running call. False where its answer is of no use any more.
    fn finish(&mut self, task: &Task) -> bool {
        if self.running.as_ref() != Some(task) {
            return false;
        }
        self.running = None;
        task.revision == self.revision
    }

    fn fail(&mut self, failure: Failure) {
        self.answer = None;
        self.why = Why::Closed;
        self.failure = Some(failure);
    }

    /// Where another reader takes over, it is asked everything that the one before was.
    fn may_change_reader(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.reader();
        change(self);
        if before != self.reader() {
            self.start_over();
        }
    }

    fn start_over(&mut self) {
        self.running = None;
        self.failure = None;
        let can_explain = self.reader() != Some(Reader::Server);
        self.why = if self.why != Why::Closed && can_explain { Why::ASKED } else { Why::Closed };
    }

    /// Loads the engine that answers anew: after a crashed worker nothing less helps, and the browser has the model in
    /// its cache.
    fn reload_answering(&mut self) {
        if let Some(role) = self.models.answering() {
            self.models.reload(role);
        }
        self.running = None;
        self.failure = None;
    }

    fn next_task(&self) -> Option<Task> {
        let reader = self.reader()?;
        if !self.is_settled || self.failure.is_some() || self.blank().is_some() || self.is_list() {
            return None;
        }
        let question = match (self.current_answer(), &self.why) {
            (None, _) => Question::Classify,
            (Some(_), Why::Asked(..)) if reader != Reader::Server => Question::Explain,
            (Some(_), _) => return None,
        };
        let (number, revision, text) = (self.calls, self.revision, self.text.clone());
        Some(Task { number, reader, revision, text, question })
    }
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(action);
        Rc::new(next)
    }
}
