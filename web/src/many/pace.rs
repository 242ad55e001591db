//! How fast rows are read, and how long the rest will take: over the last seconds, since a device warms up and cools
//! down.

use std::collections::VecDeque;

const WINDOW_MS: f64 = 15_000.0;

/// A clock beside the count of rows. It stands while nothing runs.
#[derive(Default)]
pub struct Pace {
    seen: VecDeque<(f64, usize)>,
    spent_ms: f64,
    since_ms: Option<f64>,
}

impl Pace {
    /// Reading begins or goes on.
    pub fn start(&mut self, now_ms: f64, num_done: usize) {
        self.since_ms = Some(now_ms);
        self.seen = [(now_ms, num_done)].into();
    }

    /// So many rows are done.
    pub fn note(&mut self, now_ms: f64, num_done: usize) {
        self.seen.push_back((now_ms, num_done));
        while self.seen.len() > 2 && self.seen.front().is_some_and(|(then, _)| now_ms - then > WINDOW_MS) {
            self.seen.pop_front();
        }
    }

    /// Reading stops for now.
    pub fn stop(&mut self, now_ms: f64) {
        self.spent_ms += self.since_ms.take().map_or(0.0, |since| now_ms - since);
    }

    /// Time spent reading, up to the last stop.
    pub fn spent_ms(&self) -> f64 {
        self.spent_ms
    }

    /// Rows a second.
    pub fn rate(&self) -> Option<f64> {
        let ((first_ms, first), (last_ms, last)) = (self.seen.front()?, self.seen.back()?);
        (last > first && last_ms > first_ms).then(|| (last - first) as f64 * 1000.0 / (last_ms - first_ms))
    }

    /// Time for so many further rows.
    pub fn left_ms(&self, num_left: usize) -> Option<f64> {
        self.rate().map(|rate| num_left as f64 * 1000.0 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_seconds_count_and_breaks_do_not() {
        let mut pace = Pace::default();
        pace.start(0.0, 0);
        assert_eq!(pace.rate(), None);
        pace.note(1000.0, 100);
        assert_eq!((pace.rate(), pace.left_ms(1000)), (Some(100.0), Some(10_000.0)));
        pace.stop(2000.0);
        pace.start(60_000.0, 100);
        pace.note(61_000.0, 600);
        assert_eq!(pace.rate(), Some(500.0));
        pace.note(90_000.0, 700);
        assert!(pace.rate().unwrap() < 5.0, "{:?}", pace.rate());
        pace.stop(91_000.0);
        pace.stop(95_000.0);
        assert_eq!(pace.spent_ms(), 33_000.0, "a stop within a break counts nothing");
    }
}
