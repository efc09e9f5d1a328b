//! A thread of a batch: one model, and one recording after the other.
//!
//! In: an [`Item`]. Out: its log, and what became of it. Keeps the model, which is prepared when it is first needed
//! and again after something broke with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;

use super::advance;
use crate::command::printer::chain;
use crate::command::replay::{Opened, ReplaySettings, opened};
use crate::command::session::{Prepared, SessionSettings};
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::run::{self, Driver};
use engine::switchboard::CallRule;
use engine::{Engine, Step};
use hearing::stream_time::StreamTime;
use record::output_file::IfExists;
use record::session::earlier::entry_of;
use record::session::record::EndReason;
use sound::AudioError;
use sound::archive::Item;

/// Sentences that are kept of a recording; one that is full of holes has many.
const MAX_TOLD: usize = 8;

/// What became of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has a log; so long is the audio.
    Replayed(StreamTime),
    /// The same of a recording of which something was lost, and what.
    Incomplete(StreamTime, String),
    /// It cannot be used, or not to its end.
    Failed(String),
    /// Whoever watches wanted no more.
    Stopped,
    /// Its turn did not come.
    NotBegun,
}

/// One thread's work.
pub(super) struct Job<'a> {
    prepared: Option<Prepared>,
    again: SessionSettings,
    settings: &'a ReplaySettings,
    folder: &'a Path,
}

impl<'a> Job<'a> {
    /// A job with a model or, without one, with what it takes to prepare it.
    pub(super) fn new(
        prepared: Option<Prepared>,
        again: SessionSettings,
        settings: &'a ReplaySettings,
        folder: &'a Path,
    ) -> Self {
        Job { prepared, again, settings, folder }
    }

    /// Replays one recording into its log. A recording that fails, even by a panic, is an outcome.
    ///
    /// # Errors
    /// A model that cannot be prepared: no other recording would fare better.
    pub(super) fn replay(
        &mut self,
        item: &Item,
        stop: &AtomicBool,
        bar: &ProgressBar,
    ) -> anyhow::Result<Outcome> {
        let prepared = match self.prepared.take() {
            Some(prepared) => prepared,
            None => Prepared::new(self.again.clone())?,
        };
        let mut told = 0;
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let progress = |share: f64| advance(bar, &mut told, item.bytes, share);
            self.attempt(item, prepared, stop, progress)
        }));
        advance(bar, &mut told, item.bytes, 1.0);
        Ok(match attempt {
            Ok((outcome, prepared)) => {
                self.prepared = prepared;
                outcome.unwrap_or_else(|error| Outcome::Failed(chain(&error)))
            }
            Err(_) => {
                Outcome::Failed("reading it broke the program off; please report that".to_owned())
            }
        })
    }

    /// The outcome, and the model if it is still there.
    fn attempt(
        &self,
        item: &Item,
        prepared: Prepared,
        stop: &AtomicBool,
        progress: impl FnMut(f64),
    ) -> (anyhow::Result<Outcome>, Option<Prepared>) {
        let settings = ReplaySettings { call: item.path.clone(), ..self.settings.clone() };
        let ready = opened(&settings).and_then(|opened| {
            let entry = entry_of(&item.path, &settings.heard())?;
            Ok((opened, entry))
        });
        let (Opened { lines, length, operator, .. }, entry) = match ready {
            Ok(ready) => ready,
            Err(error) => return (Err(error), Some(prepared)),
        };
        // Whether a log that is there may be replaced was decided before.
        let log = LogTo::File(self.folder.join(&item.log_name), IfExists::Replace);
        let terms = prepared.terms().with_log(log, Some(entry));
        let clock = Clock::of_speed(settings.pace.speed());
        let prepared = prepared.under(terms.clone());
        let mut engine = match prepared.engine(lines, operator, CallRule::Recording, clock) {
            Ok(engine) => engine,
            Err(error) => return (Err(error), None),
        };
        let mut driver = Archived { stop, length, progress, told: Vec::new() };
        let run::Outcome { reason, failure } = run::run(&mut engine, &mut driver);
        let length = engine.position();
        let outcome = match (failure, &reason) {
            (Some(error), _) if error.downcast_ref().is_some_and(AudioError::is_after_sound) => {
                Err(error.context("replayed up to its last sample"))
            }
            (Some(error), _) => Err(error),
            (None, EndReason::Stopped) => Ok(Outcome::Stopped),
            (None, _) if engine.has_lost_sound() => {
                Ok(Outcome::Incomplete(length, driver.told.join("; ")))
            }
            (None, _) => Ok(Outcome::Replayed(length)),
        };
        let reason = match &outcome {
            Err(error) => EndReason::Error(chain(error)),
            Ok(_) => reason,
        };
        let (ended, classifier) = engine.end_with_classifier(&reason);
        let log_failure = ended.into_iter().find_map(|call| call.log_failure);
        let outcome = match log_failure {
            Some(failure) => Err(anyhow::anyhow!("the log is incomplete: {failure}")),
            None => outcome,
        };
        (outcome, Some(Prepared::again(terms, classifier)))
    }
}

/// A recording of an archive, to its end.
struct Archived<'a, P> {
    stop: &'a AtomicBool,
    length: Option<StreamTime>,
    /// Told the share that is done.
    progress: P,
    /// The first notices.
    told: Vec<String>,
}

impl<P: FnMut(f64)> Driver for Archived<'_, P> {
    fn goes_on(&mut self, _: &mut Engine) -> anyhow::Result<bool> {
        Ok(!self.stop.load(Ordering::Relaxed))
    }

    fn after(
        &mut self,
        engine: &mut Engine,
        step: Step,
        _: Option<&anyhow::Error>,
    ) -> anyhow::Result<()> {
        let room = MAX_TOLD - self.told.len();
        self.told.extend(std::iter::from_fn(|| engine.take_notice()).take(room));
        if step == Step::Worked {
            let length = self.length.unwrap_or(StreamTime(u64::MAX));
            (self.progress)(engine.position().seconds() / length.seconds().max(1.0));
        }
        Ok(())
    }
}
