//! Dropout masks from the run's own generator: candle's cannot be seeded on the CPU.

use crate::config::ModelConfig;
use candle_core::{Result, Tensor};
use classifier::encoder::{Dropout, Place};
use rand::RngCore;
use rand_chacha::ChaCha8Rng;

/// Inverted dropout (Srivastava et al. 2014, section 10) with one probability a kind of place.
#[derive(Debug)]
pub struct SeededDropout {
    rng: ChaCha8Rng,
    hidden: f64,
    attention: f64,
    classifier: f64,
}

impl SeededDropout {
    /// Masks with the configuration's probabilities, drawn from `rng`.
    pub fn new(config: &ModelConfig, rng: ChaCha8Rng) -> Self {
        Self {
            rng,
            hidden: config.hidden_dropout,
            attention: config.attention_dropout,
            classifier: config.classifier_dropout,
        }
    }
}

impl Dropout for SeededDropout {
    fn apply(&mut self, place: Place, x: Tensor) -> Result<Tensor> {
        let p = match place {
            Place::Hidden => self.hidden,
            Place::Attention => self.attention,
            Place::Classifier => self.classifier,
        };
        if p == 0.0 {
            return Ok(x);
        }
        // 16 random bits an element: p is met to 1 / 65536.
        let threshold = (p * 65536.0).round() as u32;
        let scale = (1.0 / (1.0 - p)) as f32;
        let count = x.elem_count();
        let mut mask = Vec::with_capacity(count + 1);
        while mask.len() < count {
            let bits = self.rng.next_u32();
            mask.push(if bits & 0xffff < threshold { 0.0 } else { scale });
            mask.push(if bits >> 16 < threshold { 0.0 } else { scale });
        }
        mask.truncate(count);
        x.mul(&Tensor::from_vec(mask, x.shape(), x.device())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use rand::SeedableRng;

    fn drop(seed: u64, place: Place) -> Vec<f32> {
        let config = ModelConfig { hidden_dropout: 0.25, attention_dropout: 0.0, ..ModelConfig::default() };
        let mut dropout = SeededDropout::new(&config, ChaCha8Rng::seed_from_u64(seed));
        let ones = Tensor::ones((1, 40_001), DType::F32, &Device::Cpu).unwrap();
        dropout.apply(place, ones).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn drops_the_stated_share_and_keeps_the_mean() {
        let dropped = drop(1, Place::Hidden);
        let share = dropped.iter().filter(|x| **x == 0.0).count() as f64 / dropped.len() as f64;
        assert!((share - 0.25).abs() < 0.01, "{share}");
        let mean = dropped.iter().map(|x| f64::from(*x)).sum::<f64>() / dropped.len() as f64;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn the_seed_decides_and_a_probability_of_zero_drops_nothing() {
        assert_eq!(drop(7, Place::Hidden), drop(7, Place::Hidden));
        assert_ne!(drop(7, Place::Hidden), drop(8, Place::Hidden));
        assert!(drop(7, Place::Attention).iter().all(|x| *x == 1.0));
    }
}
