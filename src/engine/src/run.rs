//! The one loop that runs an engine: live, a replay with a screen or without, an archive, a measurement.
//!
//! In: an engine and a [`Driver`], who says what is to be done around each round. Out: why it ended. Keeps nothing.
//!
//! ```text
//!  ┌─► goes_on ──► a round of the engine, its news told ──► after ──► a short sleep, where nothing was there ─┐
//!  └───────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::switchboard::News;
use super::{Engine, Step};
use record::plain_text::chain;
use record::session::record::EndReason;
use std::time::Duration;

/// How long the engine sleeps when its source has nothing: a small part of the 50 ms of a device's block.
pub const POLL: Duration = Duration::from_millis(4);

/// Who runs an engine.
pub trait Driver {
    /// Before each round: does what was asked for, and says whether there is to be another.
    ///
    /// # Errors
    /// What breaks the session off.
    fn goes_on(&mut self, engine: &mut Engine) -> anyhow::Result<bool>;

    /// What happened, in order, after it was logged.
    fn hear(&mut self, news: &News) {
        let _ = news;
    }

    /// After each round. With a failure there is no other.
    ///
    /// # Errors
    /// What breaks the session off.
    fn after(
        &mut self,
        engine: &mut Engine,
        step: Step,
        failure: Option<&anyhow::Error>,
    ) -> anyhow::Result<()>;

    /// Whether the session stays open when its sources are over or have failed: somebody looks at it, and may go back.
    fn stays(&self) -> bool {
        false
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub reason: EndReason,
    /// What broke it off, if something did.
    pub failure: Option<anyhow::Error>,
}

/// Runs an engine until its driver has enough, its sources are over, or something fails; the engine is to be ended then.
pub fn run(engine: &mut Engine, driver: &mut impl Driver) -> Outcome {
    let mut failure: Option<anyhow::Error> = None;
    let mut is_over = false;
    loop {
        match driver.goes_on(engine) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => failure = Some(error),
        }
        let step = match &failure {
            Some(_) => Step::Ended,
            None => engine.step(&mut |news| driver.hear(news)).unwrap_or_else(|error| {
                failure = Some(error);
                Step::Ended
            }),
        };
        is_over = step == Step::Ended;
        if let Err(error) = driver.after(engine, step, failure.as_ref()) {
            failure = failure.or(Some(error));
        }
        if (is_over || failure.is_some()) && !driver.stays() {
            break;
        }
        if step != Step::Worked {
            std::thread::sleep(POLL);
        }
    }
    let reason = match &failure {
        Some(error) => EndReason::Error(chain(error.as_ref())),
        None if is_over => EndReason::Finished,
        None => EndReason::Stopped,
    };
    Outcome { reason, failure }
}
