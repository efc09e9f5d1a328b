//! Lets a caller's alerter hear what the others are told, and puts its alerts among it.

use crate::alert::{AlertSettings, Alerter};
use crate::fact::{Event, Fact};
use crate::speech::SILENCE_POWER;
use crate::stream_time::StreamTime;

/// One caller's alerter, where alerts are wanted.
#[derive(Default)]
pub(super) struct Alarm(Option<Alerter>);

impl Alarm {
    pub(super) fn new(settings: &AlertSettings) -> Self {
        Alarm(settings.enabled.then(|| Alerter::new(settings)))
    }

    /// A new call begins at this position.
    pub(super) fn reset(&mut self, at: StreamTime) {
        if let Some(alerter) = &mut self.0 {
            alerter.reset(at);
        }
    }

    /// Hears the updates from `first` on, and puts each alert after the one that caused it.
    pub(super) fn hear(&mut self, first: usize, updates: &mut Vec<Fact>) {
        let Some(alerter) = &mut self.0 else { return };
        let mut next = first;
        while let Some(&Fact { caller, at, ref event }) = updates.get(next) {
            next += 1;
            if let Some(alert) = alerter.take(at, event) {
                updates.insert(next, Fact { caller, at: alert.at, event: Event::Alert(alert) });
                next += 1;
            }
        }
    }

    /// The sound up to what is told next has this mean power.
    pub(super) fn sound(&mut self, power: f32) {
        if let Some(alerter) = &mut self.0 {
            alerter.sound((power >= SILENCE_POWER).then_some(power));
        }
    }

    /// Time has come to `at`.
    pub(super) fn advance(&mut self, caller: usize, at: StreamTime, updates: &mut Vec<Fact>) {
        if let Some(alert) = self.0.as_mut().and_then(|alerter| alerter.advance(at)) {
            updates.push(Fact { caller, at: alert.at, event: Event::Alert(alert) });
        }
    }
}
