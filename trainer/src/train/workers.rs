//! One training step's gradients, computed by several workers side by side.
//!
//! Each worker takes every n-th row of the batch through its own forward and backward pass on one thread:
//! candle's element-wise operations use a single core, so sharing the batch scales where sharing each product
//! does not. The number of workers decides the order of the sums; the same number gives the same bytes.

use crate::config::ModelConfig;
use crate::dropout::SeededDropout;
use crate::optimizer::Gradients;
use crate::parameters::Parameters;
use anyhow::Context;
use candle_core::{D, Device, Result, Tensor};
use classifier::encoder::{Batch, EmbeddingRows, Encoder, NoDropout};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A tokenized training row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Token ids with the special ones.
    pub input_ids: Vec<u32>,
    /// Label id.
    pub label: usize,
}

/// What the loss is made of.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Probability mass spread over all labels (Szegedy et al. 2016, section 7).
    pub label_smoothing: f64,
    /// Weight of each label's rows.
    pub class_weights: Vec<f64>,
}

impl Loss {
    /// Cross-entropy of `logits` (`[rows, labels]`) against smoothed targets: the sum over rows of weight · loss,
    /// divided by `total_weight`. A scalar.
    fn compute(&self, logits: &Tensor, rows: &[&Row], total_weight: f64) -> Result<Tensor> {
        let labels = self.class_weights.len();
        let spread = self.label_smoothing / labels as f64;
        let mut targets = vec![0f32; rows.len() * labels];
        for (row, target) in rows.iter().zip(targets.chunks_exact_mut(labels)) {
            let weight = self.class_weights[row.label] / total_weight;
            target.fill((spread * weight) as f32);
            target[row.label] += ((1.0 - self.label_smoothing) * weight) as f32;
        }
        let targets = Tensor::from_vec(targets, (rows.len(), labels), logits.device())?;
        let shifted = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?;
        let log_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
        (targets * shifted.broadcast_sub(&log_sum)?)?.sum_all()?.neg()
    }

    /// The same loss of rows whose logits are known: what training minimizes, on rows it does not see.
    ///
    /// # Errors
    /// Logits that are not as many as labels.
    pub fn mean(&self, logits: &[Vec<f32>], rows: &[Row]) -> Result<f64> {
        let rows: Vec<&Row> = rows.iter().collect();
        let logits = Tensor::new(logits.to_vec(), &Device::Cpu)?;
        let total_weight: f64 = rows.iter().map(|row| self.class_weights[row.label]).sum();
        Ok(f64::from(self.compute(&logits, &rows, total_weight)?.to_scalar::<f32>()?))
    }
}

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

    /// Runs `work` with all threads at its disposal.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Calls `work` once a worker with the rows that are its share, all at the same time; results in the
    /// workers' order. Workers without rows are left out.
    fn share<'r, T: Send>(
        &self,
        rows: &[&'r Row],
        work: impl Fn(usize, &[&'r Row]) -> anyhow::Result<T> + Sync,
    ) -> anyhow::Result<Vec<T>> {
        let count = self.count();
        let mut results: Vec<Option<anyhow::Result<T>>> = (0..count).map(|_| None).collect();
        self.pool.scope(|scope| {
            for (worker, result) in results.iter_mut().enumerate() {
                let share: Vec<&Row> = rows.iter().skip(worker).step_by(count).copied().collect();
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
    /// Tensor operations, or a variable that no gradient reaches.
    pub fn gradients(
        &self,
        parameters: &Parameters,
        batch: &[&Row],
        loss: &Loss,
        dropout: &ModelConfig,
        step_seed: u64,
    ) -> anyhow::Result<(f64, Vec<Gradients>)> {
        let total_weight: f64 = batch.iter().map(|row| loss.class_weights[row.label]).sum();
        let encoder = self.install(|| parameters.encoder())?;
        let shares = self.share(batch, |worker, rows| {
            let encoder = encoder.fork();
            let mut dropout = SeededDropout::new(dropout, step_seed, worker);
            let logits = encoder.logits(&self.batch(rows)?, &mut dropout)?;
            let loss = loss.compute(&logits, rows, total_weight)?;
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

    /// Logits of every row, without dropout and without gradients, in the rows' order.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn logits(&self, encoder: &Encoder, rows: &[Row]) -> anyhow::Result<Vec<Vec<f32>>> {
        let mut by_length: Vec<usize> = (0..rows.len()).collect();
        by_length.sort_by_key(|&index| rows[index].input_ids.len());
        let mut logits = vec![Vec::new(); rows.len()];
        for indices in by_length.chunks(EVALUATION_BATCH * self.count()) {
            let batch: Vec<&Row> = indices.iter().map(|&index| &rows[index]).collect();
            let shares = self.share(&batch, |_, rows| {
                Ok(encoder.logits(&self.batch(rows)?, &mut NoDropout)?.to_vec2::<f32>()?)
            })?;
            for (worker, share) in shares.into_iter().enumerate() {
                for (&index, row) in indices.iter().skip(worker).step_by(self.count()).zip(share) {
                    logits[index] = row;
                }
            }
        }
        Ok(logits)
    }

    fn batch(&self, rows: &[&Row]) -> Result<Batch> {
        let input_ids: Vec<&[u32]> = rows.iter().map(|row| row.input_ids.as_slice()).collect();
        Batch::new(&input_ids, &self.device)
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

/// Rows a worker evaluates at once.
const EVALUATION_BATCH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// −Σ target · log softmax by hand, weighted and averaged over the weights.
    #[test]
    fn the_loss_is_smoothed_weighted_cross_entropy() {
        let loss = Loss { label_smoothing: 0.3, class_weights: vec![1.0, 2.0, 1.0] };
        let logits = vec![vec![2.0f32, 0.0, -1.0], vec![0.5, 0.5, 3.0]];
        let rows = [0, 1].map(|label| Row { input_ids: vec![1], label });
        let row_loss = |logits: &[f32], label: usize| -> f64 {
            let log_sum = logits.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            let target = |class| if class == label { 0.1 + 0.7 } else { 0.1 };
            (0..3).map(|class| -target(class) * (f64::from(logits[class]) - log_sum)).sum()
        };
        let expected = (row_loss(&logits[0], 0) + 2.0 * row_loss(&logits[1], 1)) / 3.0;
        let found = loss.mean(&logits, &rows).unwrap();
        assert!((found - expected).abs() < 1e-5, "{found} and {expected}");
    }
}
