//! What is seen of a training while it runs.
//!
//! In: its progress. Out: a bar and lines on the terminal. Keeps when it began.

use super::super::printer::tell;
use super::super::progress;
use indicatif::ProgressBar;
use lab::training::Progress;
use lab::training::curves::EpochRecord;

/// Progress on the terminal: a bar within the epoch, a line after it.
pub struct Display {
    bar: ProgressBar,
    epochs: usize,
    started: std::time::Instant,
    resumed: usize,
}

impl Display {
    /// A display for so many epochs.
    #[must_use]
    pub fn new(epochs: usize) -> Self {
        Display {
            bar: progress::counting(0, "batches"),
            epochs,
            started: std::time::Instant::now(),
            resumed: 0,
        }
    }

    /// Shows what has happened.
    pub fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Resumed(epochs) => {
                self.resumed = *epochs;
                tell(&format!("going on after epoch {epochs}"));
            }
            Progress::Batch { done, of } => {
                self.bar.set_length(*of as u64);
                self.bar.set_position(*done as u64);
            }
            Progress::Epoch(record) => self.epoch(record),
        }
    }

    fn epoch(&self, record: &EpochRecord) {
        let done = (record.epoch - self.resumed).max(1);
        let each =
            self.started.elapsed().as_secs_f64() / f64::from(u32::try_from(done).unwrap_or(1));
        let left = each * f64::from(u32::try_from(self.epochs - record.epoch).unwrap_or(0));
        let line = format!(
            "epoch {:>3}/{}  loss {:.3}  accuracy {:.3}  dev loss {:.3}  dev accuracy {:.3}  dev UAR \
             {:.3}  {:.0} s an epoch, {:.0} min left",
            record.epoch,
            self.epochs,
            record.train_loss,
            record.train_accuracy,
            record.dev_loss,
            record.dev_accuracy,
            record.dev_uar,
            each,
            left / 60.0
        );
        self.bar.suspend(|| tell(&line));
    }
}
