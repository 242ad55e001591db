//! Threads that share a batch: each takes every n-th item.

use crate::scoring::exit::Logits;
use anyhow::Context;
use candle_core::{Device, Result, Tensor};
use encoder::{Batch, Encoder, NoDropout};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Texts a worker takes through one forward pass where there is no backward one: on the CPU, and on a GPU, which would
/// wait for the next call most of the time.
const EVALUATION_BATCH: usize = 32;
const EVALUATION_BATCH_ON_GPU: usize = 256;

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

    /// What `pass` makes of every text, `[texts, n]` a batch: a row a text, in the texts' order.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn rows<I: AsRef<[u32]> + Sync>(
        &self,
        texts: &[I],
        pass: impl Fn(&Batch) -> Result<Tensor> + Sync,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        self.rows_of(texts, |ids| pass(&Batch::new(ids, &self.device)?))
    }

    /// As [`Workers::rows`], where `pass` is given the ids of a batch's texts.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn rows_of<I: AsRef<[u32]> + Sync>(
        &self,
        texts: &[I],
        pass: impl Fn(&[&[u32]]) -> Result<Tensor> + Sync,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let mut by_length: Vec<usize> = (0..texts.len()).collect();
        by_length.sort_by_key(|&index| texts[index].as_ref().len());
        let mut rows = vec![Vec::new(); texts.len()];
        let batch = if self.device.is_cpu() { EVALUATION_BATCH } else { EVALUATION_BATCH_ON_GPU };
        for items in by_length.chunks(batch * self.count()) {
            let shares = self.share(items, |_, items| {
                let ids: Vec<&[u32]> = items.iter().map(|&item| texts[item].as_ref()).collect();
                Ok((items.to_vec(), pass(&ids)?.to_vec2::<f32>()?))
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

    /// As [`Workers::logits`], those of the exit among them where the encoder has one.
    ///
    /// # Errors
    /// Tensor operations.
    pub fn logits_at_each_depth<I: AsRef<[u32]> + Sync>(
        &self,
        encoder: &Encoder,
        texts: &[I],
        num_labels: usize,
    ) -> anyhow::Result<Logits> {
        let rows = self.rows(texts, |batch| {
            let outputs = encoder.outputs(batch, &mut NoDropout)?;
            match outputs.exit_logits {
                Some(exit) => Tensor::cat(&[&outputs.logits, &exit], 1),
                None => Ok(outputs.logits),
            }
        })?;
        Ok(Logits::from_joined(rows, num_labels))
    }
}
