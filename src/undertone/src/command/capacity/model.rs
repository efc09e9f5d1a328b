//! The model that is measured.
//!
//! In: lines. Out: engines, one after the other. Keeps the model, which goes from engine to engine and has to stay
//! where it runs.

use super::CapacitySettings;
use crate::command::printer::tell;
use crate::command::session::{Prepared, SessionSettings, Terms};
use crate::config::Config;
use anyhow::{bail, ensure};
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::run::{self, Driver};
use engine::switchboard::{CallRule, News};
use engine::{Engine, LineSetup, Step};
use hearing::fact::{Event, Fact};
use model::device::Backend;
use record::session::record::EndReason;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A model, and where it ran from the beginning.
pub(super) struct Measured {
    prepared: Option<Prepared>,
    terms: Terms,
    backend: Backend,
    stop: Arc<AtomicBool>,
}

impl Measured {
    /// Loads it, waits for its device, and tells what is to be known of it.
    ///
    /// # Errors
    /// As [`Prepared::new`] and [`Prepared::wait_until_warm`].
    pub(super) fn load(wanted: &CapacitySettings, stop: Arc<AtomicBool>) -> anyhow::Result<Self> {
        let config =
            Config { model: wanted.model.clone(), backend: wanted.backend, ..Config::default() };
        let settings = SessionSettings {
            config,
            log: LogTo::Nowhere,
            headless: true,
            json: false,
            recording: None,
        };
        let mut prepared = Prepared::new(settings)?;
        prepared.wait_until_warm()?;
        if let Some(notice) = prepared.notice() {
            tell(&notice);
        }
        let (terms, backend) = (prepared.terms().clone(), prepared.backend().clone());
        Ok(Measured { prepared: Some(prepared), terms, backend, stop })
    }

    /// Where it runs.
    pub(super) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The model without an engine.
    pub(super) fn alone(&mut self) -> &mut Prepared {
        self.prepared.as_mut().expect(GIVEN_BACK)
    }

    /// An engine of these lines.
    ///
    /// # Errors
    /// As [`Prepared::engine`].
    pub(super) fn engine(
        &mut self,
        log: LogTo,
        lines: Vec<LineSetup>,
        rule: CallRule,
        clock: Clock,
    ) -> anyhow::Result<Engine> {
        let prepared = self.prepared.take().expect(GIVEN_BACK);
        prepared.under(self.terms.with_log(log, None)).engine(lines, None, rule, clock)
    }

    /// Runs an engine, whose readings are counted, for as long as `goes_on` says, or to the end of its sources.
    ///
    /// # Errors
    /// The engine's; a signal that ends it.
    pub(super) fn run(
        &self,
        engine: &mut Engine,
        goes_on: impl FnMut(&mut Engine, &mut Counted) -> bool,
    ) -> anyhow::Result<Counted> {
        let mut measured = Measurement {
            stop: &self.stop,
            goes_on,
            counted: Counted::default(),
            round_begun: Instant::now(),
        };
        match run::run(engine, &mut measured).failure {
            Some(failure) => Err(failure),
            None => Ok(measured.counted),
        }
    }

    /// Ends an engine, which gives the model back.
    ///
    /// # Errors
    /// A device that failed; a log that is not whole.
    pub(super) fn end(&mut self, engine: Engine, reason: &EndReason) -> anyhow::Result<()> {
        let (ended, classifier) = engine.end_with_classifier(reason);
        let (before, now) = (&self.backend.description, &classifier.backend().description);
        ensure!(
            before == now,
            "the {before} has failed, and the {now} reads: this is no measure of it"
        );
        self.prepared = Some(Prepared::again(self.terms.clone(), classifier));
        match ended.into_iter().find_map(|call| call.log_failure) {
            Some(failure) => bail!(failure),
            None => Ok(()),
        }
    }
}

/// Nothing goes on after an engine that failed.
const GIVEN_BACK: &str = "an engine gives the model back";

/// What is counted while an engine runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// Readings.
    pub readings: u64,
    /// In the engine's rounds.
    pub at_work: Duration,
}

struct Measurement<'a, F> {
    stop: &'a AtomicBool,
    goes_on: F,
    counted: Counted,
    round_begun: Instant,
}

impl<F: FnMut(&mut Engine, &mut Counted) -> bool> Driver for Measurement<'_, F> {
    fn goes_on(&mut self, engine: &mut Engine) -> anyhow::Result<bool> {
        ensure!(!self.stop.load(Ordering::Relaxed), "stopped by a signal");
        let goes_on = (self.goes_on)(engine, &mut self.counted);
        self.round_begun = Instant::now();
        Ok(goes_on)
    }

    fn hear(&mut self, news: &News) {
        let is_reading = matches!(news, News::Fact(Fact { event: Event::Reading(_), .. }));
        self.counted.readings += u64::from(is_reading);
    }

    fn after(&mut self, _: &mut Engine, _: Step, _: Option<&anyhow::Error>) -> anyhow::Result<()> {
        self.counted.at_work += self.round_begun.elapsed();
        Ok(())
    }
}
