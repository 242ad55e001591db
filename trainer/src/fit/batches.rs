//! Batches of items of similar length, in random order.
//!
//! Items are shuffled, cut into large pools, sorted by length within a pool and cut into batches: little padding
//! is computed, and yet no two epochs see the same batches.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Batches a pool.
const POOL: usize = 32;

/// Positions of the items of one epoch, batch by batch; every item once.
pub fn by_length(lengths: &[usize], batch_size: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(rng);
    let mut batches = Vec::new();
    for pool in order.chunks_mut(POOL * batch_size) {
        pool.sort_by_key(|&index| lengths[index]);
        batches.extend(pool.chunks(batch_size).map(<[usize]>::to_vec));
    }
    batches.shuffle(rng);
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_row_once_with_little_padding_and_by_seed() {
        let lengths: Vec<usize> = (0..1000).map(|n| n * 7919 % 60 + 3).collect();
        let batches = |seed| by_length(&lengths, 16, &mut ChaCha8Rng::seed_from_u64(seed));
        let mut seen = batches(1).concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
        let padded: usize = batches(1)
            .iter()
            .map(|batch| batch.len() * batch.iter().map(|&i| lengths[i]).max().unwrap())
            .sum();
        let tokens: usize = lengths.iter().sum();
        assert!(padded as f64 / (tokens as f64) < 1.15, "{padded} positions for {tokens} tokens");
        assert_eq!(batches(1), batches(1));
        assert_ne!(batches(1), batches(2));
    }
}
