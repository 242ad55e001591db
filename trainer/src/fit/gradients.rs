//! The gradients of a batch, computed by several workers side by side.
//!
//! Each worker takes every n-th item of the batch through its own forward and backward pass on one thread:
//! candle's element-wise operations use a single core, so sharing the batch scales where sharing each product
//! does not. The number of workers decides the order of the sums; the same number gives the same bytes.

use super::dropout::SeededDropout;
use super::objective::{Objective, Pass};
use super::summed_gradients::Gradients;
use super::workers::Workers;
use crate::base::parameters::Parameters;
use crate::config::schema::ModelConfig;
use candle_core::{Device, Tensor};
use encoder::EmbeddingRows;
use encoder::names::TOKEN_EMBEDDINGS;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Stream of the first worker's draws; the streams before it are the dropout's.
const FIRST_STREAM: u64 = 1 << 32;

/// Loss of a batch and its gradients, one set a worker.
///
/// # Errors
/// Tensor operations.
pub fn gradients(
    workers: &Workers,
    objective: &impl Objective,
    parameters: &Parameters,
    batch: &[usize],
    total_weight: f64,
    dropout: &ModelConfig,
    seed: u64,
) -> anyhow::Result<(f64, Vec<Gradients>)> {
    if !workers.device().is_cpu() {
        // Masks are drawn there: by a generator that begins anew in every step, as ours do.
        workers.device().set_seed(seed)?;
    }
    let encoder = workers.install(|| parameters.encoder())?;
    let shares = workers.share(batch, |worker, items| {
        let encoder = encoder.fork();
        let mut dropout = SeededDropout::new(dropout, seed, worker);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(FIRST_STREAM + worker as u64);
        let pass = Pass { total_weight, dropout: &mut dropout, rng, device: workers.device() };
        let loss = objective.loss(&encoder, parameters, items, pass)?;
        let (mut store, looked_up) = encoder.backward_rows(&loss)?;
        let mut gradients = Gradients::new();
        for (name, variable) in parameters.iter() {
            if let Some(gradient) = store.remove(variable.as_tensor()) {
                gradients.insert(name.clone(), gradient.contiguous()?);
            }
        }
        Ok((f64::from(loss.to_scalar::<f32>()?), gradients, looked_up))
    })?;
    let mut total_loss = 0.0;
    let (mut gradients, mut looked_up) = (Vec::new(), Vec::new());
    for (loss, worker, rows) in shares {
        total_loss += loss;
        gradients.push(worker);
        looked_up.extend(rows);
    }
    add_looked_up(parameters, &mut gradients, &looked_up)?;
    Ok((total_loss, gradients))
}

/// Adds the gradients of a further batch, worker by worker.
///
/// # Errors
/// Tensor operations.
pub fn add(sums: &mut Vec<Gradients>, gradients: Vec<Gradients>) -> candle_core::Result<()> {
    for (worker, gradients) in gradients.into_iter().enumerate() {
        match sums.get_mut(worker) {
            None => sums.push(gradients),
            Some(sum) => {
                for (name, gradient) in gradients {
                    let total = match sum.get(&name) {
                        Some(before) => (before + &gradient)?,
                        None => gradient,
                    };
                    sum.insert(name, total);
                }
            }
        }
    }
    Ok(())
}

/// Adds what looking up tokens contributes to the gradient of the embedding table. One table for all workers, the
/// first one's: each would be 47 MB of zeros but for a few hundred rows.
fn add_looked_up(
    parameters: &Parameters,
    gradients: &mut [Gradients],
    looked_up: &[EmbeddingRows],
) -> anyhow::Result<()> {
    let (Some(first), Some((_, table))) =
        (gradients.first_mut(), parameters.iter().find(|(name, _)| *name == TOKEN_EMBEDDINGS))
    else {
        return Ok(());
    };
    if looked_up.is_empty() {
        return Ok(());
    }
    let mut dense = match first.get(TOKEN_EMBEDDINGS) {
        Some(gradient) => gradient.flatten_all()?.to_vec1()?,
        None => vec![0f32; table.elem_count()],
    };
    looked_up.iter().for_each(|rows| rows.add_to(&mut dense));
    first.insert(TOKEN_EMBEDDINGS.to_owned(), Tensor::from_vec(dense, table.shape(), &Device::Cpu)?);
    Ok(())
}
