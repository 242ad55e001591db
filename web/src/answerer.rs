//! Who answers many texts: one model in one place, for as long as a batch runs.
//!
//! A batch holds the answerer that it began with, so that no two models answer in one table; where another model
//! takes over meanwhile, the engine of this one lives on until the batch is done.

use std::rc::Rc;

use messages::Prediction;

use crate::engine::Engine;
use crate::state::Failure;

/// Where texts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this device.
    Here,
    /// By the server that the page came from.
    Server,
}

/// A model that answers.
#[derive(Clone)]
pub struct Answerer {
    engine: Rc<Engine>,
    /// Id of the model.
    pub model: Rc<str>,
    /// The model's labels, in label order.
    pub labels: Rc<[String]>,
    /// Where the texts go.
    pub place: Place,
}

impl Answerer {
    /// The engine of this device.
    pub fn here(engine: Rc<Engine>, model: &str, labels: &[String]) -> Self {
        Self { engine, model: model.into(), labels: labels.into(), place: Place::Here }
    }

    /// One outcome a text, in order: its prediction, or why it has none.
    ///
    /// # Errors
    /// The engine itself failed; nothing is known of any text.
    pub async fn classify_each(
        &self,
        texts: Vec<String>,
    ) -> Result<Vec<Result<Prediction, Failure>>, Failure> {
        self.engine.classify_each(texts).await
    }
}

impl PartialEq for Answerer {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.engine, &other.engine) && self.place == other.place
    }
}
