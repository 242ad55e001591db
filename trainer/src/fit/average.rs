//! Averages of the weights over training: what is evaluated and kept instead of the last step's weights.

use super::values::Values;
use crate::base::parameters::{Parameters, with_values};
use crate::config::training::{Averaging, TrainConfig};
use candle_core::{Result, Tensor};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Elements that one task updates.
const CHUNK: usize = 1 << 16;

/// A running average by tensor name; empty as long as there is none.
#[derive(Debug)]
pub struct Average {
    kind: Averaging,
    decay: f64,
    swa_start: f64,
    /// Weights that went in: steps for `ema`, epochs for `swa`.
    pub count: u64,
    /// By tensor name.
    pub values: BTreeMap<String, Values>,
}

impl Average {
    /// An average over nothing.
    pub fn new(config: &TrainConfig) -> Self {
        let (kind, decay, swa_start) = (config.averaging, config.ema_decay, config.swa_start);
        Self { kind, decay, swa_start, count: 0, values: BTreeMap::new() }
    }

    /// After a step. The exponential average forgets its first steps faster: its decay rises as
    /// (1 + steps) / (10 + steps) until it reaches the configured one.
    ///
    /// # Errors
    /// Reading the weights.
    pub fn end_step(&mut self, parameters: &Parameters) -> Result<()> {
        if self.kind != Averaging::Ema {
            return Ok(());
        }
        let steps = self.count as f64;
        let decay = self.decay.min((1.0 + steps) / (10.0 + steps));
        self.mix(parameters, 1.0 - decay)
    }

    /// After an epoch, counted from 1, of `epochs`.
    ///
    /// # Errors
    /// Reading the weights.
    pub fn end_epoch(&mut self, parameters: &Parameters, epoch: usize, epochs: usize) -> Result<()> {
        let is_late = epoch as f64 > self.swa_start * epochs as f64;
        if self.kind != Averaging::Swa || !is_late {
            return Ok(());
        }
        self.mix(parameters, 1.0 / (self.count as f64 + 1.0))
    }

    /// average += share · (weights − average).
    fn mix(&mut self, parameters: &Parameters, share: f64) -> Result<()> {
        for (name, variable) in parameters.iter() {
            match self.values.get_mut(name) {
                // The first ones are the average, whatever their share.
                None => {
                    let first = match variable.device().is_cpu() {
                        true => Values::Here(with_values(variable, |weights| Ok(weights.to_vec()))?),
                        false => Values::There(variable.copy()?),
                    };
                    self.values.insert(name.clone(), first);
                }
                Some(Values::Here(average)) => with_values(variable, |weights| {
                    mix_slices(average, weights, share as f32);
                    Ok(())
                })?,
                Some(Values::There(average)) => *average = mix_tensors(average, variable, share)?,
            }
        }
        self.count += 1;
        Ok(())
    }

    /// The averaged weights; `None` where there is no average yet.
    ///
    /// # Errors
    /// Making the tensors.
    pub fn parameters(&self, like: &Parameters) -> anyhow::Result<Option<Parameters>> {
        match self.values.is_empty() {
            true => Ok(None),
            false => {
                let values = self.values.iter();
                let read = values.map(|(name, values)| Ok((name.clone(), values.read()?.into_owned())));
                like.with_values(&read.collect::<Result<_>>()?).map(Some)
            }
        }
    }
}

fn mix_slices(average: &mut [f32], weights: &[f32], share: f32) {
    let chunks = average.par_chunks_mut(CHUNK).zip(weights.par_chunks(CHUNK));
    chunks.for_each(|(average, weights)| {
        average.iter_mut().zip(weights).for_each(|(average, weight)| *average += share * (weight - *average));
    });
}

fn mix_tensors(average: &Tensor, weights: &Tensor, share: f64) -> Result<Tensor> {
    average.affine(1.0 - share, 0.0)? + weights.detach().affine(share, 0.0)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parameters::tests::{element, filled};

    fn config(averaging: Averaging) -> TrainConfig {
        TrainConfig { averaging, ema_decay: 0.5, swa_start: 0.5, ..TrainConfig::default() }
    }

    fn averaged(average: &Average) -> f64 {
        element(&average.parameters(&filled(0.0)).unwrap().unwrap(), "blk.0.ffn_up.weight")
    }

    #[test]
    fn the_exponential_average_follows_its_recurrence() {
        let mut average = Average::new(&config(Averaging::Ema));
        assert!(average.parameters(&filled(0.0)).unwrap().is_none());
        // Decays min(1/2, (1 + n) / (10 + n)): the first value is copied, whatever its decay.
        let mut expected = 4.0;
        for (steps, value) in [4.0, 8.0, 2.0].into_iter().enumerate() {
            average.end_step(&filled(value)).unwrap();
            let decay = f64::min(0.5, (1.0 + steps as f64) / (10.0 + steps as f64));
            expected = decay * expected + (1.0 - decay) * f64::from(value);
        }
        assert!((averaged(&average) - expected).abs() < 1e-5, "{} and {expected}", averaged(&average));
    }

    #[test]
    fn tensors_mix_as_slices_do() {
        let (mut slices, weights) = (vec![1.0, -2.0, 0.5], [3.0f32, 0.0, 0.25]);
        let tensor = |values: &[f32]| Tensor::new(values, &candle_core::Device::Cpu).unwrap();
        let mixed = mix_tensors(&tensor(&slices), &tensor(&weights), 0.1).unwrap().to_vec1::<f32>().unwrap();
        mix_slices(&mut slices, &weights, 0.1);
        for (found, expected) in mixed.iter().zip(&slices) {
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
    }

    #[test]
    fn the_stochastic_average_is_the_mean_of_the_later_epochs() {
        let mut average = Average::new(&config(Averaging::Swa));
        for (epoch, value) in [(1, 9.0), (2, 9.0), (3, 1.0), (4, 2.0)] {
            average.end_step(&filled(value)).unwrap();
            average.end_epoch(&filled(value), epoch, 4).unwrap();
        }
        assert!((averaged(&average) - 1.5).abs() < 1e-6, "{}", averaged(&average));
    }
}
