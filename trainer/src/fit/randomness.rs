//! Everything random is a function of the seed and of the step or epoch: a checkpoint needs no generator's state.

use crate::config::schema::Config;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Streams of the run's generator: initial weights, then one an epoch for the order of its batches.
const INITIAL_STREAM: u64 = 0;
const FIRST_EPOCH_STREAM: u64 = 1;

/// The generator of initial weights.
pub fn initial_generator(config: &Config) -> ChaCha8Rng {
    generator(config, INITIAL_STREAM)
}

/// The generator of the order of an epoch's batches; epochs count from 1.
pub fn epoch_generator(config: &Config, epoch: usize) -> ChaCha8Rng {
    generator(config, FIRST_EPOCH_STREAM + epoch as u64)
}

/// Seed of a batch's masks, distinct from every stream of the run's own generator: those share its seed.
pub fn batch_seed(config: &Config, batch: usize) -> u64 {
    config.seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ batch as u64
}

fn generator(config: &Config, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    rng.set_stream(stream);
    rng
}
