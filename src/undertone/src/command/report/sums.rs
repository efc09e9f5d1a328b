//! Sums over sessions, by the day on which they began.
//!
//! In: what each log comes to. Out: [`Sum`]s. Keeps one a day.

use std::collections::BTreeMap;

use serde::Serialize;

use hearing::timeline::Rule;
use record::session::Digest;

/// What some sessions come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Sum {
    pub(super) calls: u32,
    /// Calls without an end in their log.
    pub(super) not_ended: u32,
    pub(super) length_s: f64,
    pub(super) speech_s: f64,
    pub(super) readings: u64,
    pub(super) uncertain: u64,
    pub(super) alerts: BTreeMap<Rule, u32>,
    pub(super) gaps: u64,
    pub(super) lost_s: f64,
    pub(super) muted_s: f64,
    /// Readings that were left out.
    pub(super) skipped: u64,
    /// Records that could not be written.
    pub(super) unwritten: u64,
}

impl Sum {
    /// The share of readings that said something, an emotion or a group; none without readings.
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 readings")]
    pub(super) fn certain(&self) -> Option<f64> {
        (self.readings > 0).then(|| 1.0 - self.uncertain as f64 / self.readings as f64)
    }

    pub(super) fn n_alerts(&self) -> u32 {
        self.alerts.values().sum()
    }

    fn add(&mut self, digest: &Digest) {
        self.calls += 1;
        self.not_ended += u32::from(digest.end.is_none());
        self.length_s += digest.length.seconds();
        self.unwritten += digest.unwritten;
        for caller in &digest.callers {
            let summary = &caller.summary;
            self.speech_s += summary.speech_s;
            self.readings += summary.readings;
            self.uncertain += summary.uncertain;
            self.gaps += summary.gaps;
            self.lost_s += summary.lost_s;
            self.muted_s += summary.muted_s;
            self.skipped += summary.skipped;
            for alerted in &caller.alerts {
                *self.alerts.entry(alerted.alert.rule).or_default() += 1;
            }
        }
    }
}

/// Sums by day and in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    all: Sum,
    days: BTreeMap<String, Sum>,
}

impl Sums {
    /// Counts a session.
    pub(super) fn add(&mut self, digest: &Digest) {
        // The day on the calendar where the session was.
        let day: String = digest.header.started.chars().take("2026-11-22".len()).collect();
        self.all.add(digest);
        self.days.entry(day).or_default().add(digest);
    }

    pub(super) fn all(&self) -> &Sum {
        &self.all
    }

    pub(super) fn by_day(&self) -> &BTreeMap<String, Sum> {
        &self.days
    }
}
