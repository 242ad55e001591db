//! Batches of rows of similar length, in random order.
//!
//! Rows are shuffled, cut into large pools, sorted by length within a pool and cut into batches: little padding
//! is computed, and yet no two epochs see the same batches.

use super::Row;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Batches a pool.
const POOL: usize = 32;

/// Positions of the rows of one epoch, batch by batch; every row once.
pub fn by_length(rows: &[Row], batch_size: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.shuffle(rng);
    let mut batches = Vec::new();
    for pool in order.chunks_mut(POOL * batch_size) {
        pool.sort_by_key(|&index| rows[index].input_ids.len());
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
        let rows: Vec<Row> =
            (0..1000).map(|n| Row { input_ids: vec![1; n * 7919 % 60 + 3], label: 0 }).collect();
        let batches = |seed| by_length(&rows, 16, &mut ChaCha8Rng::seed_from_u64(seed));
        let mut seen = batches(1).concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
        let padded: usize = batches(1)
            .iter()
            .map(|batch| batch.len() * batch.iter().map(|&i| rows[i].input_ids.len()).max().unwrap())
            .sum();
        let tokens: usize = rows.iter().map(|row| row.input_ids.len()).sum();
        assert!(padded as f64 / (tokens as f64) < 1.15, "{padded} positions for {tokens} tokens");
        assert_eq!(batches(1), batches(1));
        assert_ne!(batches(1), batches(2));
    }
}
