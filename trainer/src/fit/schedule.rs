//! The learning rate over a run: a linear rise, then a linear fall to zero (Devlin et al. 2019, appendix A.2).

/// Linear warm-up and linear decay.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    peak: f64,
    warmup_steps: usize,
    total_steps: usize,
}

impl Schedule {
    /// Rises to `peak` over `warmup_fraction` of `total_steps`.
    pub fn new(peak: f64, warmup_fraction: f64, total_steps: usize) -> Self {
        let warmup_steps = (total_steps as f64 * warmup_fraction).round() as usize;
        Self { peak, warmup_steps, total_steps }
    }

    /// Learning rate of step `step`, counted from 0. The first step already learns; the last one still does.
    pub fn learning_rate(&self, step: usize) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let remaining = self.total_steps.saturating_sub(step) as f64;
        self.peak * remaining / (self.total_steps - self.warmup_steps).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_to_the_peak_and_falls_to_almost_nothing() {
        let schedule = Schedule::new(1.0, 0.2, 10);
        let rates: Vec<f64> = (0..10).map(|step| schedule.learning_rate(step)).collect();
        assert_eq!(rates[..3], [0.5, 1.0, 1.0]);
        assert!(rates[2..].windows(2).all(|pair| pair[0] > pair[1]));
        assert_eq!(rates[9], 0.125);
    }
}
