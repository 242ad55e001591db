//! Turns: how many batches are computed at the same time, and how many may wait.
//!
//! Two semaphores: a batch needs a place (in the queue or beyond it) and then a turn. Both permits travel
//! into the blocking thread that computes, so they come back when the computation ends, not when the client
//! goes away; a client that leaves while its batch still waits gives its place back at once.

use crate::config::Limits;
use crate::error::ApiError;
use classifier::{Classifier, ClassifyError, Prediction};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
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

    /// One prediction a text, in the order of the texts.
    ///
    /// # Errors
    /// No model yet, no place in the queue, no answer in time, or a text that cannot be classified.
    pub async fn predict(&self, texts: Arc<Vec<String>>) -> Result<Vec<Prediction>, ApiError> {
        let classifier = Arc::clone(self.classifier()?);
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| ApiError::Busy { limit: self.max_batches })?;
        let compute = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| ApiError::Internal)?;
            let predictions = tokio::task::spawn_blocking(move || {
                let _held_until_computed = (place, turn);
                classifier.classify_batch(&texts)
            });
            predictions.await.map_err(|panic| internal(&panic))?.map_err(refusal)
        };
        let outcome = tokio::time::timeout(self.timeout, compute).await;
        outcome.map_err(|_| ApiError::PredictTooSlow { limit: self.timeout })?
    }
}

/// A text at fault is the client's to correct, anything else is not.
fn refusal(error: ClassifyError) -> ApiError {
    match error {
        ClassifyError::EmptyText { .. }
        | ClassifyError::TextTooLong { .. }
        | ClassifyError::Tokenizer { .. } => ApiError::Text(error),
        error => internal(&error),
    }
}

fn internal(error: &dyn std::error::Error) -> ApiError {
    error!(%error, "a batch could not be computed");
    ApiError::Internal
}
