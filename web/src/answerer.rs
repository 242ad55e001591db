//! Who answers many texts: one model in one place, for as long as a batch runs.
//!
//! A batch holds the answerer that it began with, so that no two models answer in one table; where another model
//! takes over meanwhile, the engine of this one lives on until the batch is done.

use std::rc::Rc;

use messages::Prediction;

use crate::engine::Engine;
use crate::server;
use crate::state::Failure;

pub use crate::state::Place;

/// A model that answers.
#[derive(Clone)]
pub struct Answerer {
    /// None where the server answers.
    engine: Option<Rc<Engine>>,
    /// Id of the model; of a server's model, what the list of models calls the default.
    pub model: Rc<str>,
    /// The model's labels, in label order.
    pub labels: Rc<[String]>,
    /// Where the texts go.
    pub place: Place,
}

impl Answerer {
    /// The engine of this device.
    pub fn here(engine: Rc<Engine>, model: &str, labels: &[String]) -> Self {
        Self { engine: Some(engine), model: model.into(), labels: labels.into(), place: Place::Here }
    }

    /// The server that the page came from.
    pub fn server(model: &str, labels: &[String]) -> Self {
        Self { engine: None, model: model.into(), labels: labels.into(), place: Place::Server }
    }

    /// One outcome a text, in order: its prediction, or why it has none.
    ///
    /// # Errors
    /// The engine or the server itself failed; nothing is known of any text.
    pub async fn classify_each(
        &self,
        texts: Vec<String>,
    ) -> Result<Vec<Result<Prediction, Failure>>, Failure> {
        match &self.engine {
            Some(engine) => engine.classify_each(texts).await,
            None => server::classify_each(texts).await.map(|(outcomes, _)| outcomes),
        }
    }
}

impl PartialEq for Answerer {
    fn eq(&self, other: &Self) -> bool {
        let is_same_engine = match (&self.engine, &other.engine) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        is_same_engine && self.place == other.place && self.model == other.model
    }
}
