//! What the page knows, and how every action changes it: a pure reducer, tested without a browser.
//!
//! The state also decides what the engine does next ([`State::running`]); `app` only carries it out. So "one
//! call at a time, the last text wins, stale answers are dropped, a text typed early is read once a model is
//! there, and again once the better one is" is all written, and tested, in this one place and in [`models`].
//!
//! A call cannot be taken back. Where a new text would have to wait long for the explanation of an old one, the
//! engine is given up for a new one: loading it again from the browser's cache is quicker.

use std::rc::Rc;

use messages::{Explanation, MAX_EXPLAINED_WORDS, Prediction, WordContribution};
use yew::Reducible;

pub use models::{Load, Models, Progress, Readiness, ReadyEngine, Role};

mod models;
#[cfg(test)]
mod tests;

/// A text waits this long at most for the explanation of an earlier one, in milliseconds.
const PATIENCE_MS: f64 = 3000.0;

/// Everything the page draws.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The tweet as it stands in the text field.
    pub text: Rc<str>,
    /// Counts the changes of the text; an answer belongs to the revision it was asked for.
    pub revision: u64,
    /// The typing has paused, the text may be read.
    pub is_settled: bool,
    /// How far the models are, and which of them answers.
    pub models: Models,
    /// The one call that an engine is working on.
    pub running: Option<Task>,
    /// The latest answer; it may belong to an earlier revision or model while a newer one is being read.
    pub answer: Option<Answer>,
    /// Why the current text could not be read.
    pub failure: Option<Failure>,
    /// The answer to "Why?".
    pub why: Why,
    /// Of a model with many labels every one is shown, not only the most probable.
    pub shows_all_labels: bool,
}

/// One call to the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The model that is asked.
    pub role: Role,
    /// The load whose engine is asked.
    pub attempt: u32,
    /// The revision that the text belongs to.
    pub revision: u64,
    /// The text to read.
    pub text: Rc<str>,
    /// What is asked.
    pub question: Question,
    /// How long an explanation will take, going by the classification; 0 for a classification. In milliseconds.
    pub expected_ms: f64,
}

/// What is asked about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Its label.
    Classify,
    /// What each word did for the label.
    Explain,
}

/// A classification and what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The model that answered.
    pub role: Role,
    /// The revision of the text that was read.
    pub revision: u64,
    /// What the engine said.
    pub prediction: Prediction,
    /// Time from question to answer, in milliseconds.
    pub latency_ms: f64,
}

/// The answer to "Why?".
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Nobody asked.
    Closed,
    /// Asked, not answered yet.
    Asked,
    /// The words of the text with their contributions.
    Words(Vec<WordContribution>),
}

/// Why the engine did not answer a question about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing in the text that the model reads.
    NothingToRead,
    /// The text is too long for any engine; this one's own words.
    TooLong(String),
    /// The engine failed; its own words. A new one may do better.
    Engine(String),
}

/// Why there is nothing to say about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// There is nothing but whitespace and control characters.
    Empty,
    /// There is nothing but links, which the model does not read.
    OnlyLinks,
    /// There is nothing that the engine found to read: what a tokenizer leaves out (zero-width spaces, accents
    /// without a letter, …) is its model's own affair.
    Unreadable,
}

/// Whatever happens on the page.
#[derive(Clone, Debug)]
pub enum Action {
    /// A key was pressed: the text changes, and is read when the typing pauses.
    Typed(Rc<str>),
    /// A whole text was put in: an example, or nothing. It is read at once.
    Chose(Rc<str>),
    /// The typing paused at this revision.
    Settled(u64),
    /// Bytes of a model arrived, at this attempt to load it.
    Progressed(Role, u32, Progress),
    /// This attempt to load a model ended.
    Loaded(Role, u32, Result<ReadyEngine, String>),
    /// The engine answered [`Question::Classify`], after so many milliseconds.
    Classified(Task, f64, Result<Prediction, Failure>),
    /// The engine answered [`Question::Explain`].
    Explained(Task, Result<Explanation, Failure>),
    /// "Why?" was pressed.
    ToggledWhy,
    /// "Show all" or "Show fewer" labels was pressed.
    ToggledLabels,
    /// "Try again" was pressed.
    Retried,
}

impl Default for State {
    fn default() -> Self {
        Self {
            text: "".into(),
            revision: 0,
            is_settled: true,
            models: Models::default(),
            running: None,
            answer: None,
            failure: None,
            why: Why::Closed,
            shows_all_labels: false,
        }
    }
}

impl State {
    /// Why there is nothing to say about the text, if there is not. What can be seen here is not asked about.
    pub fn blank(&self) -> Option<Blank> {
        match (self.visible_words().next(), self.readable_words().next()) {
            (None, _) => Some(Blank::Empty),
            (Some(_), None) => Some(Blank::OnlyLinks),
            _ => (self.failure == Some(Failure::NothingToRead)).then_some(Blank::Unreadable),
        }
    }

    /// The words of the text without its links, which the model does not read.
    fn readable_words(&self) -> impl Iterator<Item = &str> {
        self.visible_words().filter(|word| !is_link(word))
    }

    fn visible_words(&self) -> impl Iterator<Item = &str> {
        self.words().filter(|word| !word.chars().all(char::is_control))
    }

    /// What stands between whitespace; an explanation counts emoji that stick to a word besides.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_whitespace()
    }

    /// The shown answer is not yet the one to the current text.
    pub fn is_busy(&self) -> bool {
        self.models.answering().is_some()
            && self.failure.is_none()
            && self.blank().is_none()
            && self.current_answer().is_none()
    }

    /// The answer to the current text, by the model that answers now.
    fn current_answer(&self) -> Option<&Answer> {
        let is_current = |answer: &&Answer| {
            answer.revision == self.revision && Some(answer.role) == self.models.answering()
        };
        self.answer.as_ref().filter(is_current)
    }

    /// Carries out one action.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Typed(text) => self.change_text(text, false),
            Action::Chose(text) => self.change_text(text, true),
            Action::Settled(revision) => self.is_settled |= revision == self.revision,
            Action::Progressed(role, attempt, progress) => self.models.progressed(role, attempt, progress),
            Action::Loaded(role, attempt, outcome) => self.take_load(role, attempt, outcome),
            Action::Classified(task, latency_ms, outcome) => {
                if self.finish(&task) {
                    match outcome {
                        Ok(prediction) => {
                            let Task { role, revision, .. } = task;
                            self.answer = Some(Answer { role, revision, prediction, latency_ms });
                        }
                        Err(failure) => self.fail(failure),
                    }
                }
            }
            Action::Explained(task, outcome) => {
                if self.finish(&task) && self.why == Why::Asked {
                    match outcome {
                        Ok(explanation) => self.why = Why::Words(explanation.words),
                        Err(failure) => self.fail(failure),
                    }
                }
            }
            Action::ToggledWhy => {
                self.why = if self.why == Why::Closed { Why::Asked } else { Why::Closed };
            }
            Action::ToggledLabels => self.shows_all_labels = !self.shows_all_labels,
            Action::Retried => {
                if let Some(Failure::Engine(_)) = self.failure {
                    self.reload_answering();
                }
                self.models.retry();
            }
        }
        if self.is_held_up() {
            self.reload_answering();
        }
        if self.running.is_none() {
            self.running = self.next_task();
        }
    }

    fn change_text(&mut self, text: Rc<str>, is_settled: bool) {
        if text == self.text {
            self.is_settled |= is_settled;
            return;
        }
        self.text = text;
        self.revision += 1;
        self.is_settled = is_settled;
        self.failure = None;
        self.why = Why::Closed;
        if self.blank().is_some() {
            self.answer = None;
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

    /// Where the default model takes the place of the preview, it is asked everything that the preview was.
    fn take_load(&mut self, role: Role, attempt: u32, outcome: Result<ReadyEngine, String>) {
        let before = self.models.answering();
        self.models.loaded(role, attempt, outcome);
        if before.is_some() && before != self.models.answering() {
            self.running = None;
            self.failure = None;
            if self.why != Why::Closed {
                self.why = Why::Asked;
            }
        }
    }

    /// Loads the engine that answers anew, also where a call has failed: after a crashed worker nothing less
    /// helps, and the browser has the model in its cache.
    fn reload_answering(&mut self) {
        if let Some(role) = self.models.answering() {
            self.models.reload(role);
        }
        self.running = None;
        self.failure = None;
    }

    /// A text is ready to be read, but the engine will be busy for long with an explanation nobody waits for.
    fn is_held_up(&self) -> bool {
        let is_held_up_by = |task: &Task| task.revision != self.revision && task.expected_ms > PATIENCE_MS;
        self.is_settled && self.blank().is_none() && self.running.as_ref().is_some_and(is_held_up_by)
    }

    fn next_task(&self) -> Option<Task> {
        let role = self.models.answering()?;
        if !self.is_settled || self.failure.is_some() || self.blank().is_some() {
            return None;
        }
        let (question, expected_ms) = match (self.current_answer(), &self.why) {
            (None, _) => (Question::Classify, 0.0),
            (Some(answer), Why::Asked) => {
                let readings = self.words().take(MAX_EXPLAINED_WORDS).count();
                (Question::Explain, answer.latency_ms * readings as f64)
            }
            (Some(_), _) => return None,
        };
        let attempt = self.models.get(role).attempt;
        Some(Task { role, attempt, revision: self.revision, text: self.text.clone(), question, expected_ms })
    }
}

/// Links are removed before the model reads, see the classifier's normalization. Of one with an emoji at its end something
/// may be left: the engine knows.
fn is_link(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.is_ascii() && ["http://", "https://", "www."].iter().any(|start| word.starts_with(start))
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(action);
        Rc::new(next)
    }
}
