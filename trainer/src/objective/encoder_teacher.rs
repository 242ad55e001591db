//! A teacher that has no inference in int8, the run of an MPNet: asked through the encoder, in f32, where the student
//! trains.

use crate::data::unlabelled;
use crate::fit::workers::Workers;
use crate::run::weights::RunWeights;

/// The run's logits of any texts, a row a text, in label order; its own tokenizer and normalization read them.
///
/// # Errors
/// A text that it cannot read, a device without room for its weights.
pub fn logits(run: &RunWeights, texts: &[&str], workers: &Workers) -> anyhow::Result<Vec<Vec<f32>>> {
    let ids = unlabelled::tokenize(texts, &run.tokenizer_json, &run.config)?;
    let parameters = run.parameters.to_device(workers.device())?;
    workers.logits(&parameters.frozen_encoder()?, &ids)
}
