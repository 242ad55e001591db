//! What a person sees while the work is done: one line as a step begins, one with its duration as it ends.
//!
//! It goes to stderr; stdout belongs to the children and to results.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The steps taken so far.
pub struct Steps {
    start: Instant,
    done: Vec<(String, Duration)>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { start: Instant::now(), done: Vec::new() }
    }
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

    /// Takes two series of steps side by side: linking and link-time optimization leave cores idle, and builds in
    /// different profiles do not wait for each other.
    ///
    /// # Errors
    /// The first series', else the second's; both have ended by then.
    pub fn take_both(
        &mut self,
        first: impl FnOnce(&mut Steps) -> Result<()> + Send,
        second: impl FnOnce(&mut Steps) -> Result<()>,
    ) -> Result<()> {
        let (mut beside, mut here) = (Steps::default(), Steps::default());
        let (one, other) = std::thread::scope(|scope| {
            let one = scope.spawn(|| first(&mut beside));
            let other = second(&mut here);
            (one.join(), other)
        });
        self.done.extend(beside.done.into_iter().chain(here.done));
        one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(other)
    }

    /// Prints every step so far with its duration.
    pub fn print_summary(&self) {
        let width = self.done.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, duration) in &self.done {
            eprintln!("   {name:<width$}  {:>9}", in_words(*duration));
        }
    }

    /// How long it all took, from the beginning.
    pub fn total(&self) -> String {
        in_words(self.start.elapsed())
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
    use super::{Steps, in_words};
    use anyhow::bail;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn two_series_run_side_by_side_and_both_end() {
        let mut steps = Steps::default();
        let (ask, asked) = channel();
        let (answer, answered) = channel();
        let failed = steps.take_both(
            move |steps| {
                steps.take("one", || {
                    ask.send(())?;
                    Ok(answered.recv_timeout(Duration::from_secs(60))?)
                })
            },
            |steps| {
                steps.take("other", || {
                    asked.recv_timeout(Duration::from_secs(60))?;
                    Ok(answer.send(())?)
                })?;
                bail!("the second fails, after the first has been answered")
            },
        );
        let failed = failed.unwrap_err().to_string();
        assert!(failed.starts_with("the second fails"), "{failed}");
        let names: Vec<_> = steps.done.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["one", "other"]);
    }

    #[test]
    fn durations_are_readable() {
        assert_eq!(in_words(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(in_words(Duration::from_millis(59_960)), "1 min 00 s");
        assert_eq!(in_words(Duration::from_millis(119_600)), "2 min 00 s");
        assert_eq!(in_words(Duration::from_secs(125)), "2 min 05 s");
    }
}
