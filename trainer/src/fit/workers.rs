//! The gradients of a batch, computed by several workers side by side.
//!
//! Each worker takes every n-th item of the batch through its own forward and backward pass on one thread:
//! candle's element-wise operations use a single core, so sharing the batch scales where sharing each product
//! does not. The number of workers decides the order of the sums; the same number gives the same bytes.

use super::{Objective, Pass};
use crate::config::ModelConfig;
use crate::dropout::SeededDropout;
use crate::optimizer::Gradients;
use crate::parameters::Parameters;
use anyhow::Context;
use candle_core::{Device, Result, Tensor};
use encoder::{Batch, EmbeddingRows, Encoder, NoDropout};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Texts a worker takes through one forward pass where there is no backward one.
const EVALUATION_BATCH: usize = 32;

/// Stream of the first worker's draws; the streams before it are the dropout's.
const FIRST_STREAM: u64 = 1 << 32;

/// One thread a worker, and the device they compute on.
#[derive(Debug)]
pub struct Workers {
    pool: ThreadPool,
    device: Device,
}

impl Workers {
    /// `num_threads` workers; on a GPU one, since the device itself is parallel.
    ///
    /// # Errors
    /// Threads that the operating system does not grant.
    pub fn new(num_threads: usize, device: &Device) -> anyhow::Result<Self> {
        let count = if device.is_cpu() { num_threads.max(1) } else { 1 };
        let pool = ThreadPoolBuilder::new().num_threads(count).build();
        Ok(Self { pool: pool.context("cannot start the worker threads")?, device: device.clone() })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Where they compute.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs `work` with all threads at its disposal.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Calls `work` once a worker with the items that are its share, all at the same time; results in the
    /// workers' order. Workers without items are left out.
    ///
    /// # Errors
    /// The first that `work` returns.
    pub fn share<T: Send>(
        &self,
        items: &[usize],
        work: impl Fn(usize, &[usize]) -> anyhow::Result<T> + Sync,
    ) -> anyhow::Result<Vec<T>> {
        let count = self.count();
        let mut results: Vec<Option<anyhow::Result<T>>> = (0..count).map(|_| None).collect();
        self.pool.scope(|scope| {
            for (worker, result) in results.iter_mut().enumerate() {
                let share: Vec<usize> = items.iter().skip(worker).step_by(count).copied().collect();
                let work = &work;
                if !share.is_empty() {
                    scope.spawn(move |_| *result = Some(work(worker, &share)));
                }
            }
        });
        results.into_iter().flatten().collect()
    }

    /// Loss of a batch and its gradients, one set a worker.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn gradients(
        &self,
        objective: &impl Objective,
        parameters: &Parameters,
        batch: &[usize],
        total_weight: f64,
        dropout: &ModelConfig,
        seed: u64,
    ) -> anyhow::Result<(f64, Vec<Gradients>)> {
        let encoder = self.install(|| parameters.encoder())?;
        let shares = self.share(batch, |worker, items| {
            let encoder = encoder.fork();
            let mut dropout = SeededDropout::new(dropout, seed, worker);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(FIRST_STREAM + worker as u64);
            let pass = Pass { total_weight, dropout: &mut dropout, rng, device: &self.device };
            let loss = objective.loss(&encoder, parameters, items, pass)?;
            let (mut store, looked_up) = encoder.backward_rows(&loss)?;
            let mut gradients = Gradients::new();
            for (name, variable) in parameters.iter() {
                if let Some(gradient) = store.remove(variable.as_tensor()) {
                    gradients.insert(name.clone(), gradient.to_device(&Device::Cpu)?.contiguous()?);
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

    /// What `pass` makes of every text, `[texts, n]` a batch: a row a text, in the texts' order.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn rows<I: AsRef<[u32]> + Sync>(
        &self,
        texts: &[I],
        pass: impl Fn(&Batch) -> Result<Tensor> + Sync,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let mut by_length: Vec<usize> = (0..texts.len()).collect();
        by_length.sort_by_key(|&index| texts[index].as_ref().len());
        let mut rows = vec![Vec::new(); texts.len()];
        for items in by_length.chunks(EVALUATION_BATCH * self.count()) {
            let shares = self.share(items, |_, items| {
                let ids: Vec<&[u32]> = items.iter().map(|&item| texts[item].as_ref()).collect();
                Ok((items.to_vec(), pass(&Batch::new(&ids, &self.device)?)?.to_vec2::<f32>()?))
            })?;
            for (items, share) in shares {
                items.into_iter().zip(share).for_each(|(item, row)| rows[item] = row);
            }
        }
        Ok(rows)
    }

    /// Logits of every text, without dropout and without gradients, in the texts' order.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn logits<I: AsRef<[u32]> + Sync>(
        &self,
        encoder: &Encoder,
        texts: &[I],
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        self.rows(texts, |batch| encoder.logits(batch, &mut NoDropout))
    }
}

/// Adds what looking up tokens contributes to the gradient of the embedding table. One table for all workers, the
/// first one's: each would be 47 MB of zeros but for a few hundred rows.
fn add_looked_up(
    parameters: &Parameters,
    gradients: &mut [Gradients],
    looked_up: &[EmbeddingRows],
) -> anyhow::Result<()> {
    const TABLE: &str = "token_embd.weight";
    let (Some(first), Some((_, table))) =
        (gradients.first_mut(), parameters.iter().find(|(name, _)| *name == TABLE))
    else {
        return Ok(());
    };
    if looked_up.is_empty() {
        return Ok(());
    }
    let mut dense = match first.get(TABLE) {
        Some(gradient) => gradient.flatten_all()?.to_vec1()?,
        None => vec![0f32; table.elem_count()],
    };
    looked_up.iter().for_each(|rows| rows.add_to(&mut dense));
    first.insert(TABLE.to_owned(), Tensor::from_vec(dense, table.shape(), &Device::Cpu)?);
    Ok(())
}
