//! What a person sees while a run trains: a bar with loss, rate and time left, and a line an epoch.

use crate::run::log::Epoch;
use indicatif::{ProgressBar, ProgressStyle};

/// The bar of a run, on standard error; without a terminal only the epochs' lines.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    epochs: usize,
}

impl Progress {
    /// A bar over all epochs, so that the time left is the whole run's; `done` epochs lie behind it already.
    pub fn new(rows_per_epoch: usize, epochs: usize, done: f64) -> Self {
        let bar = ProgressBar::new((rows_per_epoch * epochs) as u64);
        bar.set_position((done * rows_per_epoch as f64) as u64);
        bar.reset_eta();
        let template = "{prefix} {bar:32} {percent:>3}%  {msg}  {per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        Self { bar, epochs }
    }

    /// Shows which epoch runs.
    pub fn start_epoch(&self, epoch: usize) {
        self.bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
    }

    /// One step of `rows` rows is done.
    pub fn advance(&self, rows: usize, loss: f64, learning_rate: f64) {
        self.bar.set_message(format!("loss {loss:.4}  lr {learning_rate:.1e}"));
        self.bar.inc(rows as u64);
    }

    /// Leaves the epoch's figures above the bar.
    pub fn finish_epoch(&self, record: &Epoch) {
        let macro_f1 = record.validation_macro_f1;
        let domains: String = record
            .domains
            .iter()
            .map(|(name, score)| format!(", {name} {:.4} / {:.4}", score.accuracy, score.macro_f1))
            .collect();
        let line = format!(
            "epoch {}/{}: training loss {:.4}, validation loss {:.4}, accuracy {:.4}{}{domains}, {:.0} tweets/s",
            record.epoch,
            self.epochs,
            record.train_loss,
            record.validation_loss,
            record.validation_accuracy,
            macro_f1.map_or(String::new(), |macro_f1| format!(", macro-F1 {macro_f1:.4}")),
            record.tweets_per_second,
        );
        match self.bar.is_hidden() {
            true => eprintln!("{line}"),
            false => self.bar.println(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
