//! Whatever happens on the page: what people press, what engines and the server answer. [`super::State::apply`] says what
//! becomes of each.

use std::rc::Rc;

use messages::{Explanation, Manifest, Prediction};

use super::{Failure, Progress, ReadyEngine, Role, Task, View, Wanted};

/// Whatever happens on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The other view was asked for.
    Viewed(View),
    /// A key was pressed: the text changes, and is read when the typing pauses.
    Typed(Rc<str>),
    /// A whole text was put in: an example, one of the history, or nothing. It is read at once.
    Chose(Rc<str>),
    /// The typing paused at this revision.
    Settled(u64),
    /// A text of many lines is one text.
    TookAsOne,
    /// The lines of the text are to be read one by one.
    HandedOver,
    /// One of the history is to go.
    Forgot(Rc<str>),
    /// The whole history is to go.
    ForgotAll,
    /// What was removed from the history is to come back.
    Undid,
    /// The models there are.
    Listed(Rc<Manifest>),
    /// Another model than so far is wanted.
    ChoseModel,
    /// Bytes of a model arrived, at this attempt to load it and at this time in milliseconds.
    Progressed(Role, u32, Progress, f64),
    /// This attempt to load a model was paused.
    Paused(Role, u32),
    /// This attempt to load a model ended.
    Loaded(Role, u32, Result<ReadyEngine, String>),
    /// A paused download is to go on.
    Resumed,
    /// Texts are to be read there.
    Wanted(Wanted),
    /// An engine answered [`super::Question::Classify`], after so many milliseconds.
    Classified(Task, f64, Result<Prediction, Failure>),
    /// The server did, with the model of this id.
    ClassifiedByServer(Task, f64, Result<(Prediction, Rc<str>), Failure>),
    /// Of an explanation so many readings of so many are done.
    ExplainedPart(Task, u32, u32),
    /// The engine answered [`super::Question::Explain`].
    Explained(Task, Result<Explanation, Failure>),
    /// "Why?", "Hide why" or "Cancel" was pressed.
    ToggledWhy,
    /// "Show all" or "Show fewer" labels was pressed.
    ToggledLabels,
    /// "Try again" was pressed.
    Retried,
    /// There is a newer version of the page.
    Outdated,
}
