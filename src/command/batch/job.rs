//! A thread of a batch: one model, and one recording after the other.
//!
//! In: an [`Item`]. Out: its log, and what became of it. Keeps the model, which is prepared when it is first needed
//! and again after something broke with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;

use super::advance;
use super::archive::Item;
use super::earlier::entry_of;
use crate::audio::AudioError;
use crate::command::engine::line::Clock;
use crate::command::engine::switchboard::CallRule;
use crate::command::engine::{Engine, Step};
use crate::command::printer::chain;
use crate::command::replay::{Opened, ReplaySettings, opened};
use crate::command::session::{LogTo, Prepared, SessionSettings};
use crate::command::watch;
use crate::output_file::IfExists;
use crate::session::record::EndReason;
use crate::stream_time::StreamTime;

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
        let clock = Clock::of_speed(watch::speed_of(settings.pace));
        let prepared = prepared.under(terms.clone());
        let engine = match prepared.engine(lines, operator, CallRule::Recording, clock) {
            Ok(engine) => engine,
            Err(error) => return (Err(error), None),
        };
        let (outcome, engine) = driven(engine, length, stop, progress);
        let reason = match &outcome {
            Ok(Outcome::Stopped) => EndReason::Stopped,
            Ok(_) => EndReason::Finished,
            Err(error) => EndReason::Error(chain(error)),
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

/// Runs the engine to the end of its recording.
fn driven(
    mut engine: Engine,
    length: Option<StreamTime>,
    stop: &AtomicBool,
    mut progress: impl FnMut(f64),
) -> (anyhow::Result<Outcome>, Engine) {
    let mut told = Vec::new();
    loop {
        if stop.load(Ordering::Relaxed) {
            return (Ok(Outcome::Stopped), engine);
        }
        let outcome = engine.step(&mut |_| {});
        told.extend(std::iter::from_fn(|| engine.take_notice()).take(MAX_TOLD - told.len()));
        match outcome {
            Ok(Step::Worked) => {
                let length = length.unwrap_or(StreamTime(u64::MAX));
                progress(engine.position().seconds() / length.seconds().max(1.0));
            }
            Ok(Step::Waiting) => std::thread::sleep(watch::POLL),
            Ok(Step::Ended) => {
                let length = engine.position();
                return (
                    Ok(if engine.has_lost_sound() {
                        Outcome::Incomplete(length, told.join("; "))
                    } else {
                        Outcome::Replayed(length)
                    }),
                    engine,
                );
            }
            Err(error) => {
                let is_cut = error.downcast_ref().is_some_and(AudioError::is_after_sound);
                let error =
                    if is_cut { error.context("replayed up to its last sample") } else { error };
                return (Err(error), engine);
            }
        }
    }
}
