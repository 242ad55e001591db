//! Turns: how many batches are computed at the same time, and how many may wait.
//!
//! Two semaphores: a batch needs a place (in the queue or beyond it) and then a turn. The place is taken before
//! the body of the request is read, so that the bodies in memory are bounded too. Both permits travel
//! into the blocking thread that computes, so they come back when the computation ends, not when the client
//! goes away; a client that leaves while its batch still waits gives its place back at once.

use crate::config::Limits;
use crate::error::ApiError;
use classifier::{Classifier, Prediction, TextError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

/// The loaded model, once there is one, and the turns at it.
#[derive(Debug)]
pub struct Predictor {
    classifier: OnceLock<Arc<Classifier>>,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    max_batches: usize,
    timeout: Duration,
}

/// A place in the queue; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    classifier: Arc<Classifier>,
    permit: OwnedSemaphorePermit,
}

impl Predictor {
    /// A predictor that still waits for its model.
    pub fn new(limits: &Limits) -> Self {
        let concurrent_batches = limits.concurrent_batches().min(Semaphore::MAX_PERMITS);
        let max_batches = concurrent_batches.saturating_add(limits.max_queued).min(Semaphore::MAX_PERMITS);
        Self {
            classifier: OnceLock::new(),
            places: Arc::new(Semaphore::new(max_batches)),
            turns: Arc::new(Semaphore::new(concurrent_batches)),
            max_batches,
            timeout: limits.predict_timeout(),
        }
    }

    /// Takes the loaded model; from now on the server is ready.
    pub fn set_classifier(&self, classifier: Classifier) {
        self.classifier.get_or_init(|| Arc::new(classifier));
    }

    /// The loaded model.
    ///
    /// # Errors
    /// It is still being loaded.
    pub fn classifier(&self) -> Result<&Arc<Classifier>, ApiError> {
        self.classifier.get().ok_or(ApiError::NotReady { found: "loading its model" })
    }

    /// A place in the queue for one batch.
    ///
    /// # Errors
    /// No model yet, or no place left.
    pub fn place(&self) -> Result<Place, ApiError> {
        let classifier = Arc::clone(self.classifier()?);
        let permit = Arc::clone(&self.places).try_acquire_owned();
        let permit = permit.map_err(|_| ApiError::Busy { limit: self.max_batches })?;
        Ok(Place { classifier, permit })
    }

    /// One outcome a text, in the order of the texts.
    ///
    /// # Errors
    /// No answer in time, or a model that is damaged.
    pub async fn predict(
        &self,
        place: Place,
        texts: Arc<Vec<String>>,
    ) -> Result<Vec<Result<Prediction, TextError>>, ApiError> {
        let compute = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| ApiError::Internal)?;
            let outcomes = tokio::task::spawn_blocking(move || {
                let _held_until_computed = (place.permit, turn);
                place.classifier.classify_each(&texts)
            });
            let outcomes = outcomes.await.map_err(|panic| internal(&panic))?;
            match outcomes.contains(&Err(TextError::NotANumber)) {
                true => Err(internal(&TextError::NotANumber)),
                false => Ok(outcomes),
            }
        };
        let outcome = tokio::time::timeout(self.timeout, compute).await;
        outcome.map_err(|_| ApiError::PredictTooSlow { limit: self.timeout })?
    }
}

fn internal(error: &dyn std::error::Error) -> ApiError {
    error!(%error, "a batch could not be computed");
    ApiError::Internal
}

#[cfg(test)]
mod tests {
    use super::Predictor;
    use crate::config::Config;
    use crate::error::ApiError;
    use crate::model_store::ModelStore;
    use clap::Parser;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    fn predictor(arguments: &[&str]) -> Predictor {
        let config = Config::parse_from(["static-server"].iter().chain(arguments));
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let predictor = Predictor::new(&config.limits);
        predictor.set_classifier(ModelStore::read(&models).unwrap().load().unwrap());
        predictor
    }

    #[tokio::test]
    async fn a_batch_whose_turn_does_not_come_is_given_up_and_gives_its_place_back() {
        let arguments = ["--threads", "1", "--max-queued", "0", "--predict-timeout-seconds", "1"];
        let mut predictor = predictor(&arguments);
        let texts = Arc::new(vec!["up".to_owned()]);
        let turn = Arc::clone(&predictor.turns).acquire_owned().await.unwrap();
        // However fast the machine is, no turn means no answer.
        let place = predictor.place().unwrap();
        let error = predictor.predict(place, Arc::clone(&texts)).await.unwrap_err();
        assert!(matches!(error, ApiError::PredictTooSlow { .. }), "{error}");
        assert_eq!(
            (error.status().as_u16(), error.to_string().contains("within 1 s")),
            (503, true),
            "{error}"
        );
        drop(turn);
        predictor.timeout = Duration::from_secs(600);
        let place = predictor.place().unwrap();
        assert!(matches!(predictor.place(), Err(ApiError::Busy { limit: 1 })));
        assert_eq!(predictor.predict(place, texts).await.unwrap().len(), 1);
        assert!(predictor.place().is_ok());
    }

    #[tokio::test]
    async fn there_is_no_place_before_there_is_a_model() {
        let config = Config::parse_from(["static-server"]);
        let found = Predictor::new(&config.limits).place();
        assert!(matches!(found, Err(ApiError::NotReady { found: "loading its model" })));
    }
}
