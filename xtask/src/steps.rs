//! What a person sees while the work is done: one line as a step begins, one with its duration as it ends.
//!
//! It goes to stderr; stdout belongs to the children and to results.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The steps taken so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Takes a step and notes how long it took.
    ///
    /// # Errors
    /// The step's own, under the step's name.
    pub fn take<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("── {name}");
        let start = Instant::now();
        let outcome = step();
        let duration = start.elapsed();
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        eprintln!("   {name}: {verdict} after {}", in_words(duration));
        self.done.push((name.to_owned(), duration));
        outcome.with_context(|| format!("`{name}` failed"))
    }

    /// Prints every step so far with its duration.
    pub fn print_summary(&self) {
        let width = self.done.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, duration) in &self.done {
            eprintln!("   {name:<width$}  {:>9}", in_words(*duration));
        }
    }

    /// How long the steps took together.
    pub fn total(&self) -> String {
        in_words(self.done.iter().map(|(_, duration)| *duration).sum())
    }
}

fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use std::time::Duration;

    #[test]
    fn durations_are_readable() {
        assert_eq!(in_words(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(in_words(Duration::from_millis(59_960)), "1 min 00 s");
        assert_eq!(in_words(Duration::from_millis(119_600)), "2 min 00 s");
        assert_eq!(in_words(Duration::from_secs(125)), "2 min 05 s");
    }
}
