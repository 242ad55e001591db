//! The bias that attention adds to its scores by how far two tokens are apart, one table for all layers: MPNet's (Song et
//! al. 2020), with the buckets of T5 (Raffel et al. 2020, section 2.1).
//!
//! Every layer adds to the gradient of the one table.

use super::ops::attention::ByDistance;
use super::parameter::Parameter;
use super::{Architecture, EncoderConfig, Weights, names};
use candle_core::{Device, Result, Tensor};

/// Distances from here on share the last bucket of their side. transformers' MPNet has no setting for it.
const MAX_DISTANCE: usize = 128;

/// The table, `[buckets, heads]`.
#[derive(Clone, Debug)]
pub(super) struct RelativeBias {
    table: Parameter,
    num_buckets: usize,
    num_heads: usize,
}

impl RelativeBias {
    /// The table of an architecture that has one.
    pub(super) fn new<W: Weights>(
        config: &EncoderConfig,
        weights: &W,
    ) -> std::result::Result<Option<Self>, W::Error> {
        Ok(match config.architecture {
            Architecture::Bert => None,
            Architecture::MpNet { relative_attention_num_buckets: num_buckets } => Some(Self {
                table: Parameter::new(weights, names::RELATIVE_ATTENTION_BIAS)?,
                num_buckets,
                num_heads: config.num_attention_heads,
            }),
        })
    }

    /// The same table with a gradient of its own.
    pub(super) fn fork(&self) -> Self {
        Self { table: self.table.fork(), ..self.clone() }
    }

    pub(super) fn table(&self) -> &Parameter {
        &self.table
    }

    /// For texts of at most `longest` tokens.
    pub(super) fn by_distance(&self, longest: usize) -> Result<ByDistance> {
        let table = self.table.elements()?;
        let mut values = Vec::with_capacity(self.num_heads * (2 * longest - 1));
        for head in 0..self.num_heads {
            values.extend(self.buckets(longest).map(|bucket| table[bucket * self.num_heads + head]));
        }
        Ok(ByDistance::new(values, longest))
    }

    /// Adds to the table's gradient what one layer has collected by distance.
    pub(super) fn collect(&self, grad: &ByDistance) {
        let mut gradient = vec![0f32; self.num_buckets * self.num_heads];
        for head in 0..self.num_heads {
            for (bucket, x) in self.buckets(grad.longest()).zip(grad.of_head(head)) {
                gradient[bucket * self.num_heads + head] += x;
            }
        }
        self.table.add_gradient(gradient);
    }

    /// The same, differentiable: `[heads, queries, keys]`, `longest` of both.
    ///
    /// A product with rows of zeros and a one: its gradient is a product, too, where the one of a lookup would be added
    /// one pair of tokens after the other.
    pub(super) fn composed(&self, longest: usize, device: &Device) -> Result<Tensor> {
        let buckets: Vec<usize> = self.buckets(longest).collect();
        let mut rows = vec![0f32; longest * longest * self.num_buckets];
        for (pair, row) in rows.chunks_exact_mut(self.num_buckets).enumerate() {
            let (query, key) = (pair / longest, pair % longest);
            row[buckets[key + longest - 1 - query]] = 1.0;
        }
        let rows = Tensor::from_vec(rows, (longest * longest, self.num_buckets), device)?;
        let bias = rows.matmul(&self.table.differentiable()?)?;
        bias.t()?.reshape((self.num_heads, longest, longest))
    }

    /// The bucket of every distance from −(longest − 1) to longest − 1.
    fn buckets(&self, longest: usize) -> impl Iterator<Item = usize> {
        let (num_buckets, longest) = (self.num_buckets, longest as isize);
        (1 - longest..longest).map(move |distance| bucket(distance, num_buckets))
    }
}

/// The row of the table for a key `distance` tokens behind the query (before it where negative): half of the rows are for
/// either side, half of those for one distance each, the others for ranges that grow by a constant factor.
fn bucket(distance: isize, num_buckets: usize) -> usize {
    let half = num_buckets / 2;
    let side = if distance > 0 { half } else { 0 };
    let (distance, exact) = (distance.unsigned_abs(), half / 2);
    if distance < exact {
        return side + distance;
    }
    // In f32, as the reference implementation: a distance on the edge of a range stays on its side.
    let share = (distance as f32 / exact as f32).ln() / (MAX_DISTANCE as f32 / exact as f32).ln();
    side + (exact + (share * (half - exact) as f32) as usize).min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    /// Of `MPNetEncoder.relative_position_bucket` in transformers, for the distances at which it changes.
    #[test]
    fn buckets_are_those_of_the_reference_implementation() {
        let edges = [
            (0, 0),
            (7, 7),
            (8, 8),
            (11, 8),
            (12, 9),
            (15, 9),
            (16, 10),
            (22, 10),
            (23, 11),
            (31, 11),
            (32, 12),
        ];
        let far = [(45, 12), (46, 13), (63, 13), (64, 14), (90, 14), (91, 15), (128, 15), (511, 15)];
        for (distance, expected) in edges.into_iter().chain(far) {
            assert_eq!(bucket(-distance, 32), expected, "{distance} before");
            let behind = if distance == 0 { 0 } else { 16 + expected };
            assert_eq!(bucket(distance, 32), behind, "{distance} behind");
        }
    }
}
