//! Dropout masks from the run's own seeds: candle's generator cannot be seeded on the CPU.

use crate::config::schema::ModelConfig;
use encoder::{Dropout, Mask, Place};
use rand::{RngCore, SeedableRng};
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
    /// Masks with the configuration's probabilities: one sequence of them for each seed and worker.
    pub fn new(config: &ModelConfig, seed: u64, worker: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(worker as u64);
        Self {
            rng,
            hidden: config.hidden_dropout,
            attention: config.attention_dropout,
            classifier: config.classifier_dropout,
        }
    }
}

impl Dropout for SeededDropout {
    fn mask(&mut self, place: Place) -> Option<Mask> {
        let p = match place {
            Place::Hidden => self.hidden,
            Place::Attention => self.attention,
            Place::Classifier => self.classifier,
        };
        // Each mask has a seed of its own; what it drops follows from that.
        (p > 0.0).then(|| Mask::new(self.rng.next_u64(), p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(seed: u64, worker: usize, place: Place) -> Vec<Option<Mask>> {
        let config = ModelConfig { hidden_dropout: 0.25, attention_dropout: 0.0, ..ModelConfig::default() };
        let mut dropout = SeededDropout::new(&config, seed, worker);
        (0..3).map(|_| dropout.mask(place)).collect()
    }

    #[test]
    fn seed_and_worker_decide_and_no_two_masks_are_the_same() {
        assert_eq!(masks(7, 0, Place::Hidden), masks(7, 0, Place::Hidden));
        assert_ne!(masks(7, 0, Place::Hidden), masks(8, 0, Place::Hidden));
        assert_ne!(masks(7, 0, Place::Hidden), masks(7, 1, Place::Hidden));
        let drawn = masks(7, 0, Place::Hidden);
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    }

    #[test]
    fn a_probability_of_zero_drops_nothing() {
        assert_eq!(masks(7, 0, Place::Attention), [None; 3]);
    }
}
