//! The model that is measured.
//!
//! In: lines. Out: engines, one after the other. Keeps the model, which goes from engine to engine and has to stay
//! where it runs.

use super::CapacitySettings;
use crate::command::engine::line::Clock;
use crate::command::engine::switchboard::{CallRule, News};
use crate::command::engine::{Engine, LineSetup, Step};
use crate::command::printer::tell;
use crate::command::session::{LogTo, Prepared, SessionSettings, Terms};
use crate::config::Config;
use crate::model::device::Backend;
use crate::pipeline::{Event, Update};
use crate::session::record::EndReason;
use anyhow::{bail, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

    /// A round of the engine, whose readings are counted.
    ///
    /// # Errors
    /// The engine's; a signal that ends it.
    pub(super) fn step(&self, engine: &mut Engine, n_readings: &mut u64) -> anyhow::Result<Step> {
        ensure!(!self.stop.load(Ordering::Relaxed), "stopped by a signal");
        engine.step(&mut |news| {
            let is_reading = matches!(news, News::Update(Update { event: Event::Reading(_), .. }));
            *n_readings += u64::from(is_reading);
        })
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
