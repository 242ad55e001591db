//! A sweep file, and the values that it tries: every combination of the grid, times random draws (Bergstra & Bengio
//! 2012).

use super::overrides::Override;
use super::schema::Config;
use anyhow::{Context, bail, ensure};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::path::Path;
use std::path::PathBuf;
use toml::{Table, Value};

/// A sweep file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Configuration that every trial starts from, beside this file.
    pub config: PathBuf,
    /// Seeds that every trial runs with.
    pub seeds: Vec<u64>,
    /// Random draws for each point of the grid.
    #[serde(default = "one")]
    pub draws: usize,
    /// Seed of the draws.
    #[serde(default)]
    pub draw_seed: u64,
    /// Lists of values by full path of the key.
    #[serde(default)]
    pub grid: Table,
    /// Ranges by full path of the key.
    #[serde(default)]
    pub random: IndexMap<String, Draw>,
}

fn one() -> usize {
    1
}

/// One run of a sweep.
#[derive(Debug)]
pub struct Planned {
    /// Position among the trials.
    pub trial: usize,
    /// The run's seed.
    pub seed: u64,
    /// Everything that decides it.
    pub config: Config,
}

/// Reads a sweep; `overrides` are laid over every run's configuration first. Returns the trials and all runs in order.
///
/// # Errors
/// A sweep file or a configuration that cannot be used.
pub fn load(path: &Path, overrides: &[Override]) -> anyhow::Result<(Vec<Trial>, Vec<Planned>)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the sweep {}", path.display()))?;
    let sweep: Sweep = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let file = path.parent().unwrap_or(Path::new(".")).join(&sweep.config);
    ensure!(!sweep.seeds.is_empty(), "{}: `seeds`: expected at least one, found none", path.display());
    let trials = trials(&sweep.grid, &sweep.random, sweep.draws, sweep.draw_seed)
        .with_context(|| format!("in {}", path.display()))?;
    let mut planned = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        for &seed in &sweep.seeds {
            let mut overrides = overrides.to_vec();
            overrides.extend(trial.iter().map(|(key, value)| Override::new(key, value.clone())));
            overrides.push(Override::new("seed", seed_value(seed)?));
            planned.push(Planned { trial: index, seed, config: Config::load(&file, &overrides)? });
        }
    }
    Ok((trials, planned))
}

/// TOML has no number beyond 63 bits.
fn seed_value(seed: u64) -> anyhow::Result<Value> {
    Ok(Value::Integer(
        i64::try_from(seed).with_context(|| format!("`seeds`: expected 63 bits, found {seed}"))?,
    ))
}

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
