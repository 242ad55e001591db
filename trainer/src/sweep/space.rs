//! The values that a sweep tries: every combination of the grid, times random draws (Bergstra & Bengio 2012).

use anyhow::{bail, ensure};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use toml::{Table, Value};

/// A range that values are drawn from.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Equally likely on a logarithmic scale.
    #[serde(default)]
    pub log: bool,
}

/// What a trial sets, by full path of the key.
pub type Trial = Vec<(String, Value)>;

/// All trials, in a fixed order.
///
/// # Errors
/// A key of the grid without a list of values, a range that is none, no trial at all.
pub fn trials(
    grid: &Table,
    random: &IndexMap<String, Draw>,
    draws: usize,
    seed: u64,
) -> anyhow::Result<Vec<Trial>> {
    let mut trials: Vec<Trial> = vec![Vec::new()];
    for (key, values) in grid {
        let Some(values) = values.as_array().filter(|values| !values.is_empty()) else {
            bail!("`grid.{key}`: expected a list of values, found {values}");
        };
        let with = |trial: &Trial, value: &Value| {
            let mut trial = trial.clone();
            trial.push((key.clone(), value.clone()));
            trial
        };
        trials = trials.iter().flat_map(|trial| values.iter().map(move |value| with(trial, value))).collect();
    }
    for (key, Draw { low, high, log }) in random {
        let fits = low <= high && high.is_finite() && low.is_finite() && (!log || *low > 0.0);
        ensure!(
            fits,
            "`random.{key}`: expected low ≤ high, and above 0 on a logarithmic scale, found {low} and {high}"
        );
    }
    if random.is_empty() {
        return Ok(trials);
    }
    ensure!(draws >= 1, "`draws`: expected at least 1, found {draws}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Vec::new();
    for trial in trials {
        for _ in 0..draws {
            let mut trial = trial.clone();
            for (key, draw) in random {
                let share: f64 = rng.random();
                let value = match draw.log {
                    true => (draw.low.ln() + share * (draw.high.ln() - draw.low.ln())).exp(),
                    false => draw.low + share * (draw.high - draw.low),
                };
                trial.push((key.clone(), Value::Float(value)));
            }
            drawn.push(trial);
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_a_product_and_draws_stay_in_their_range() {
        let grid: Table =
            toml::from_str("\"train.epochs\" = [1, 2]\n\"loss.r_drop\" = [0.0, 0.5, 1.0]").unwrap();
        assert_eq!(trials(&grid, &IndexMap::new(), 1, 0).unwrap().len(), 6);
        let draw = Draw { low: 1e-5, high: 1e-3, log: true };
        let random = IndexMap::from([("train.learning_rate".to_owned(), draw)]);
        let drawn = trials(&grid, &random, 50, 1).unwrap();
        assert_eq!(drawn.len(), 300);
        let rates: Vec<f64> = drawn.iter().map(|trial| trial[2].1.as_float().unwrap()).collect();
        assert!(rates.iter().all(|rate| (1e-5..=1e-3).contains(rate)));
        let below = rates.iter().filter(|rate| **rate < 1e-4).count();
        assert!((100..200).contains(&below), "half of a logarithmic scale lies below its middle: {below}");
        assert_eq!(drawn, trials(&grid, &random, 50, 1).unwrap());
        let error = trials(&toml::from_str("a = 3").unwrap(), &IndexMap::new(), 1, 0).unwrap_err();
        assert!(error.to_string().contains("grid.a"), "{error}");
    }
}
