//! What the loop learns: fine-tuning ([`classification`](crate::objective::classification)) or masked language modelling
//! ([`masked_language_model`](crate::objective::masked_language_model)).

use super::workers::Workers;
use crate::base::parameters::Parameters;
use crate::run::log::{self, DomainScore};
use candle_core::{Device, Tensor};
use encoder::{Dropout, Encoder};
use indexmap::IndexMap;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What is learned, on which items.
pub trait Objective: Sync {
    /// Length of every item in tokens; batches hold items of about the same length.
    fn lengths(&self) -> &[usize];

    /// What the sum of these items' losses is divided by; 0 where they say nothing.
    fn weight(&self, items: &[usize]) -> f64;

    /// Σ loss of the items / `pass.total_weight`: a scalar, differentiable in `parameters`.
    ///
    /// # Errors
    /// Tensor operations.
    fn loss(
        &self,
        encoder: &Encoder,
        parameters: &Parameters,
        items: &[usize],
        pass: Pass<'_>,
    ) -> candle_core::Result<Tensor>;

    /// How good the parameters are on the validation items.
    ///
    /// # Errors
    /// Tensor operations.
    fn evaluate(&self, parameters: &Parameters, workers: &Workers) -> anyhow::Result<Score>;
}

/// What a worker's pass needs besides weights and items.
pub struct Pass<'a> {
    /// [`Objective::weight`] of the whole step.
    pub total_weight: f64,
    /// Masks.
    pub dropout: &'a mut dyn Dropout,
    /// For anything else that is drawn.
    pub rng: ChaCha8Rng,
    /// Where to compute.
    pub device: &'a Device,
}

/// What the validation items say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// As in training, without dropout.
    pub loss: f64,
    /// Of labels or of masked tokens, 0 ..= 1.
    pub accuracy: f64,
    /// Of labels, 0 ..= 1; masked tokens have none.
    pub macro_f1: Option<f64>,
    /// Of each domain of the items, where there are several.
    #[serde(default)]
    pub domains: IndexMap<String, DomainScore>,
}

impl Score {
    /// What is to be maximized; see [`log::value`].
    pub fn value(&self) -> f64 {
        log::value(self.loss, self.macro_f1, &self.domains)
    }
}
