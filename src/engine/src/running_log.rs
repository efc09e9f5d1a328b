//! The log of a running session: written while that works; when it does not, told, and tried again.
//!
//! In: updates and marks, with the moment on the clock. Out: a log, and [`LogNews`] for whoever watches. Keeps
//! the writer and when to try next. Without a writer nothing is kept at all.

use hearing::fact::Fact;
use hearing::stream_time::StreamTime;
use record::call_news::LogStopped;
use record::output_file::OutputError;
use record::session::record::{EndRecord, UnwrittenRecord};
use record::session::{SessionError, SessionWriter};
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// From a failure to the first further try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Pauses double up to this: who frees some space sees the log go on soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Something to tell of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogNews {
    /// It cannot be written any more.
    Stopped {
        /// Where the first record belongs that is missing.
        since: StreamTime,
        /// Why.
        reason: String,
    },
    /// It goes on, without these records.
    Resumed(UnwrittenRecord),
}

impl fmt::Display for LogNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogNews::Stopped { since, reason } => write!(
                f,
                "nothing is logged since {since}: {reason}; monitoring goes on, and writing is tried again"
            ),
            LogNews::Resumed(UnwrittenRecord { from, t, records, .. }) => {
                write!(f, "the log goes on; {records} records from {from} to {t} are missing in it")
            }
        }
    }
}

/// A log, or none.
#[derive(Debug)]
pub struct RunningLog {
    writer: Option<SessionWriter>,
    trouble: Option<Trouble>,
    news: Option<LogNews>,
    /// Records that are missing in what was written.
    n_missing: u64,
    /// Why there is no log although there should be one.
    refused: Option<String>,
}

/// While nothing can be written.
#[derive(Debug)]
struct Trouble {
    stopped: LogStopped,
    pause: Duration,
    next_try: Instant,
}

impl RunningLog {
    /// A log that was begun; without a writer, one that keeps nothing.
    #[must_use]
    pub fn new(writer: Option<SessionWriter>) -> Self {
        RunningLog { writer, trouble: None, news: None, n_missing: 0, refused: None }
    }

    /// A log that could not be begun: nothing is kept of this call, and that is said.
    #[must_use]
    pub fn not_begun(error: &SessionError) -> Self {
        let mut log = RunningLog::new(None);
        log.stop(StreamTime::ZERO, error, Instant::now());
        log.refused = Some(format!("there is none: {error}"));
        log
    }

    /// Where the log is, if there is one.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.writer.as_ref().map(|writer| writer.path().to_owned())
    }

    /// Writes a fact.
    pub fn write(&mut self, update: &Fact, now: Instant) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(update)
        {
            self.stop(update.at, &error, now);
        }
    }

    /// While nothing can be written: tries again if it is time. Cheap to call at each block.
    pub fn tend(&mut self, now: Instant) {
        let (Some(trouble), Some(writer)) = (&mut self.trouble, &mut self.writer) else { return };
        if now < trouble.next_try {
            return;
        }
        if let Ok(Some(missing)) = writer.resume() {
            self.n_missing += missing.records;
            self.trouble = None;
            self.news = Some(LogNews::Resumed(missing));
        } else {
            trouble.pause = (trouble.pause * 2).min(LONGEST_PAUSE);
            trouble.next_try = now + trouble.pause;
        }
    }

    /// Since when nothing is logged, if that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<LogStopped> {
        self.trouble.as_ref().map(|trouble| trouble.stopped)
    }

    /// What there is to tell, once.
    pub fn take_news(&mut self) -> Option<LogNews> {
        self.news.take()
    }

    /// Writes the last record; says what is missing in the log, if anything is.
    #[must_use]
    pub fn end(self, end: EndRecord) -> Option<String> {
        let Some(writer) = self.writer else { return self.refused };
        let n_last = writer.missing().map_or(0, |missing| missing.records);
        match (writer.end(end), self.n_missing + n_last) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(()), 0) => None,
            (Ok(()), n) => Some(format!("{n} records could not be written; it says which")),
        }
    }

    fn stop(&mut self, since: StreamTime, error: &SessionError, now: Instant) {
        let disk_full = matches!(error, SessionError::Output(OutputError::DiskFull { .. }));
        let stopped = LogStopped { since, disk_full };
        self.trouble = Some(Trouble { stopped, pause: FIRST_PAUSE, next_try: now + FIRST_PAUSE });
        self.news = Some(LogNews::Stopped { since, reason: error.to_string() });
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use hearing::fact::{Event, Gap};
    use record::session::record::EndReason;
    use std::fs::File;
    use std::path::Path;

    fn gap_at(ms: u64) -> Fact {
        let event = Event::Gap(Gap { lost_samples: 1, rate_hz: 8_000 });
        Fact { caller: 0, at: StreamTime::from_ms(ms), event }
    }

    fn end() -> EndRecord {
        EndRecord {
            t: StreamTime::ZERO,
            reason: EndReason::Stopped,
            callers: Vec::new(),
            dropped_samples: 0,
            delay: None,
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_tried_again_ever_more_slowly() {
        let full = Path::new("/dev/full");
        let file = File::options().write(true).open(full).unwrap();
        let mut log = RunningLog::new(Some(SessionWriter::new(file, full.to_owned())));
        let begun = Instant::now();
        log.write(&gap_at(34_000), begun);
        let since = StreamTime::from_ms(34_000);
        assert_eq!(log.stopped(), Some(LogStopped { since, disk_full: true }));
        let news = log.take_news().unwrap().to_string();
        assert!(news.starts_with("nothing is logged since 0:34: session log: "), "{news}");
        log.write(&gap_at(35_000), begun);
        assert_eq!(log.take_news(), None);
        let mut tries = Vec::new();
        for second in 0..150 {
            let before = log.trouble.as_ref().unwrap().next_try;
            log.tend(begun + Duration::from_secs(second));
            if log.trouble.as_ref().unwrap().next_try != before {
                tries.push(second);
            }
        }
        assert_eq!(tries, [1, 3, 7, 15, 31, 61, 91, 121]);
        assert_eq!(log.stopped().unwrap().since, since);
        assert!(log.end(end()).unwrap().contains("the disk is full"));
    }

    #[test]
    fn without_a_writer_nothing_is_kept_and_nothing_is_wrong() {
        let mut log = RunningLog::new(None);
        log.write(&gap_at(1), Instant::now());
        log.tend(Instant::now());
        assert_eq!((log.path(), log.stopped(), log.take_news()), (None, None, None));
        assert_eq!(log.end(end()), None);
    }
}
