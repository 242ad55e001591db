//! Confidence against accuracy: the reliability diagram's data and the expected calibration error.
//!
//! Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2. Bins of equal width.

use super::predictions::most_probable;

/// Bins of confidence, as many as in the paper.
const NUM_BINS: usize = 15;

/// Predictions of one range of confidence: a bar of the reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Confidences above this …
    pub low: f64,
    /// … and up to this.
    pub high: f64,
    /// Predictions in the range, at least one.
    pub rows: usize,
    /// Mean highest probability, 0 ..= 1.
    pub confidence: f64,
    /// Share that is right, 0 ..= 1.
    pub accuracy: f64,
}

/// The bins that hold a prediction, by rising confidence.
pub fn reliability(probabilities: &[Vec<f32>], labels: &[usize]) -> Vec<ReliabilityBin> {
    let mut bins = Bins::default();
    for (row, label) in probabilities.iter().zip(labels) {
        let predicted = most_probable(row);
        bins.add(row[predicted], predicted == *label);
    }
    let width = 1.0 / NUM_BINS as f64;
    let filled = bins.0.iter().enumerate().filter(|(_, bin)| bin.rows > 0);
    let bin = |(index, bin): (usize, &Bin)| ReliabilityBin {
        low: index as f64 * width,
        high: (index + 1) as f64 * width,
        rows: bin.rows,
        confidence: bin.confidence / bin.rows as f64,
        accuracy: bin.num_correct as f64 / bin.rows as f64,
    };
    filled.map(bin).collect()
}

/// Sums by range of confidence.
#[derive(Default)]
pub struct Bins([Bin; NUM_BINS]);

#[derive(Clone, Copy, Default)]
struct Bin {
    confidence: f64,
    num_correct: usize,
    rows: usize,
}

impl Bins {
    /// Counts one prediction. Bins are open below and closed above, ((m−1)/M, m/M].
    pub fn add(&mut self, confidence: f32, is_correct: bool) {
        let upper = (f64::from(confidence) * NUM_BINS as f64).ceil() as usize;
        let bin = &mut self.0[upper.clamp(1, NUM_BINS) - 1];
        bin.confidence += f64::from(confidence);
        bin.num_correct += usize::from(is_correct);
        bin.rows += 1;
    }

    /// Mean of |accuracy − confidence|, a bin weighted by its rows (equation 3); 0 without rows.
    pub fn calibration_error(&self) -> f64 {
        let gap = |bin: &Bin| (bin.num_correct as f64 - bin.confidence).abs();
        let rows: usize = self.0.iter().map(|bin| bin.rows).sum();
        self.0.iter().map(gap).sum::<f64>() / rows.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_by_hand() {
        // 0.65 twice in ((9, 10] / 15], one right; 0.6 is the upper end of the bin below; 1 is in the last.
        let probabilities = [vec![0.65, 0.35], vec![0.35, 0.65], vec![0.599_999, 0.400_001], vec![0.0, 1.0]];
        let bins = reliability(&probabilities, &[0, 0, 0, 1]);
        let found: Vec<_> = bins.iter().map(|bin| ((bin.high * 15.0).round() as usize, bin.rows)).collect();
        assert_eq!(found, [(9, 1), (10, 2), (15, 1)]);
        assert!((bins[1].confidence - 0.65).abs() < 1e-6 && bins[1].accuracy == 0.5, "{bins:?}");
        assert!((bins[1].low - 0.6).abs() < 1e-9 && bins[2].accuracy == 1.0, "{bins:?}");
        assert!(reliability(&[], &[]).is_empty());
    }
}
