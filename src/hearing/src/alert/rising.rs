//! More fear, anger and sadness than this caller showed earlier in the call.

use super::speech::Piece;
use super::window::Window;
use super::{Finding, RisingSettings, length, percent, seconds, share};
use crate::stream_time::StreamTime;

/// The rule's state.
#[derive(Clone, Debug)]
pub(super) struct Rising {
    by: f64,
    level: f64,
    needed: StreamTime,
    window: Window,
    /// All speech before the window: how much, and distress times seconds.
    before: StreamTime,
    sum: f64,
    /// Since an alert: below this it has ended.
    ends_below: Option<f64>,
}

impl Rising {
    pub(super) fn new(settings: &RisingSettings) -> Self {
        Rising {
            by: share(settings.by_percent),
            level: share(settings.level_percent),
            needed: seconds(settings.heard_s),
            window: Window::new(seconds(settings.speech_s)),
            before: StreamTime::ZERO,
            sum: 0.0,
            ends_below: None,
        }
    }

    /// Takes speech; finds something as long as it lasts and was not told.
    pub(super) fn hear(&mut self, piece: &Piece) -> Option<Finding> {
        let (before, sum) = (&mut self.before, &mut self.sum);
        self.window.push(*piece, |old| {
            *before = *before + old.length;
            *sum += old.distress() * old.length.seconds();
        });
        let distress = self.window.distress();
        if self.ends_below.is_some_and(|level| distress < level) {
            self.ends_below = None;
        }
        let knows_caller = self.window.is_full() && self.before >= self.needed;
        let is_so = distress >= self.level && distress >= self.usual() + self.by;
        (knows_caller && is_so && self.ends_below.is_none()).then(|| self.finding(distress))
    }

    fn finding(&self, distress: f64) -> Finding {
        let reason = format!(
            "anger, fear and sadness together: {} over the last {} of speech, {} over the {} of speech before",
            percent(distress),
            length(self.window.length()),
            percent(self.usual()),
            length(self.before),
        );
        Finding { from: self.window.from(), emotion: None, reason }
    }

    /// The caller's mean before the window.
    fn usual(&self) -> f64 {
        if self.before > StreamTime::ZERO { self.sum / self.before.seconds() } else { 0.0 }
    }

    /// It was told: nothing is found until it has ended, half-way down to what was usual.
    pub(super) fn told(&mut self) {
        self.ends_below = Some(self.usual() + self.by / 2.0);
    }

    pub(super) fn reset(&mut self) {
        self.window.clear();
        self.before = StreamTime::ZERO;
        self.sum = 0.0;
        self.ends_below = None;
    }
}
