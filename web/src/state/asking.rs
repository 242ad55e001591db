//! What is asked about a text, and what comes back.

use std::rc::Rc;

use messages::{EngineInfo, Prediction, WordContribution};

use super::place::Reader;

/// One call to an engine or the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Tells it from every other one.
    pub number: u32,
    /// Who is asked.
    pub reader: Reader,
    /// The revision that the text belongs to.
    pub revision: u64,
    /// The text to read.
    pub text: Rc<str>,
    /// What is asked.
    pub question: Question,
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
    /// Who answered.
    pub reader: Reader,
    /// Id of the model that answered.
    pub model: Rc<str>,
    /// What the engine says of itself; the server says nothing of the kind.
    pub info: Option<Rc<EngineInfo>>,
    /// The revision of the text that was read.
    pub revision: u64,
    /// What was answered.
    pub prediction: Prediction,
    /// Time from question to answer, in milliseconds.
    pub latency_ms: f64,
}

/// What a reader says of a text.
pub struct Said {
    /// The answer.
    pub prediction: Prediction,
    /// Id of the model that gave it.
    pub model: Rc<str>,
    /// What the engine says of itself; the server says nothing of the kind.
    pub info: Option<Rc<EngineInfo>>,
}

/// The answer to "Why?".
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Nobody asked.
    Closed,
    /// Asked; of so many readings without a word so many are done. Of none, where nothing is known yet.
    Asked(u32, u32),
    /// The words of the text with their contributions.
    Words(Rc<[WordContribution]>),
}

impl Why {
    /// Asked a moment ago.
    pub const ASKED: Self = Self::Asked(0, 0);
}

/// Why there is no answer to a question about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing in the text that the model reads.
    NothingToRead,
    /// The text is too long for any engine; this one's own words.
    TooLong(String),
    /// The engine failed; its own words. A new one may do better.
    Engine(String),
    /// The server did not answer; what to tell the visitor.
    Server(String),
}
