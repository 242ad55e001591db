//! Temperature scaling: one number that makes probabilities mean what they say (Guo et al. 2017, section 4.2).

/// Range in which a sensible temperature lies.
const RANGE: (f64, f64) = (0.05, 20.0);

/// The temperature that minimizes the negative log-likelihood of `labels` under softmax(logits / T), to 1e-4.
///
/// In 1 / T the likelihood is convex, so golden-section search (Kiefer 1953) finds the minimum.
pub fn fit_temperature(logits: &[Vec<f32>], labels: &[usize]) -> f32 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (1.0 / RANGE.1, 1.0 / RANGE.0);
    while high - low > 1e-5 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        match nll(logits, labels, left) < nll(logits, labels, right) {
            true => high = right,
            false => low = left,
        }
    }
    (2.0 / (low + high)) as f32
}

/// Σ −log softmax(logits · inverse temperature)\[label\].
fn nll(logits: &[Vec<f32>], labels: &[usize], inverse_temperature: f64) -> f64 {
    let row_nll = |(row, &label): (&Vec<f32>, &usize)| {
        let scaled: Vec<f64> = row.iter().map(|logit| f64::from(*logit) * inverse_temperature).collect();
        let max = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = scaled.iter().map(|x| (x - max).exp()).sum::<f64>().ln() + max;
        log_sum - scaled[label]
    };
    logits.iter().zip(labels).map(row_nll).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels, logits ±1: right in 3 of 4 rows. σ(2 / T) = 3/4 ⇔ T = 2 / ln 3.
    #[test]
    fn finds_the_temperature_that_matches_the_accuracy() {
        let logits = vec![vec![1.0, -1.0]; 4];
        let temperature = fit_temperature(&logits, &[0, 0, 0, 1]);
        assert!((f64::from(temperature) - 2.0 / 3f64.ln()).abs() < 1e-3, "{temperature}");
    }
}
