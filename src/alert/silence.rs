//! The caller has said nothing for long.
//!
//! Only who has spoken can fall silent: a line on which nobody calls gives no alert. While the operator speaks
//! the caller listens, so that time is left out; who is asked and does not answer is still silent.

use super::{Finding, LongSilenceSettings, length, seconds};
use crate::stream_time::StreamTime;
use crate::timeline::{Activity, OperatorState};

/// So much speech ends a silence: a word, and no crackle on the line.
const WORD: StreamTime = StreamTime::from_ms(500);

/// The rule's state.
#[derive(Clone, Debug)]
pub(super) struct LongSilence {
    needed: StreamTime,
    limit: StreamTime,
    caller_speaks: bool,
    operator_speaks: bool,
    /// Speech in all.
    heard: StreamTime,
    /// Where the silence began.
    from: StreamTime,
    /// How long it is.
    silence: StreamTime,
    /// Speech without a break.
    crackle: StreamTime,
    /// How long the operator spoke in it.
    operator: StreamTime,
    is_told: bool,
}

impl LongSilence {
    pub(super) fn new(settings: &LongSilenceSettings) -> Self {
        LongSilence {
            needed: seconds(settings.heard_s),
            limit: seconds(settings.silence_s),
            caller_speaks: false,
            operator_speaks: false,
            heard: StreamTime::ZERO,
            from: StreamTime::ZERO,
            silence: StreamTime::ZERO,
            crackle: StreamTime::ZERO,
            operator: StreamTime::ZERO,
            is_told: false,
        }
    }

    /// The caller does this from here on.
    pub(super) fn activity(&mut self, activity: Activity) {
        self.caller_speaks = activity != Activity::Listening;
    }

    /// The operator does this from here on.
    pub(super) fn operator(&mut self, state: OperatorState) {
        self.operator_speaks = state.speaks;
    }

    /// What was done last went on for so long, up to `at`; finds something as long as it lasts and was not told.
    pub(super) fn pass(&mut self, at: StreamTime, time: StreamTime) -> Option<Finding> {
        if self.caller_speaks {
            self.heard = self.heard + time;
            self.crackle = self.crackle + time;
            if self.crackle >= WORD {
                self.from = at;
                self.silence = StreamTime::ZERO;
                self.operator = StreamTime::ZERO;
                self.is_told = false;
            }
            return None;
        }
        self.crackle = StreamTime::ZERO;
        if self.operator_speaks {
            self.operator = self.operator + time;
            return None;
        }
        self.silence = self.silence + time;
        let is_so = self.heard >= self.needed && self.silence >= self.limit;
        (is_so && !self.is_told).then(|| self.finding())
    }

    fn finding(&self) -> Finding {
        let silence = length(self.silence);
        let reason = if self.operator > StreamTime::ZERO {
            let operator = length(self.operator);
            format!(
                "the caller has said nothing for {silence}, without the {operator} in which you spoke"
            )
        } else {
            format!("the caller has said nothing for {silence}")
        };
        Finding { from: self.from, emotion: None, reason }
    }

    /// It was told: nothing is found until the caller has spoken.
    pub(super) fn told(&mut self) {
        self.is_told = true;
    }

    /// Begins anew; what both sides do goes on.
    pub(super) fn reset(&mut self, at: StreamTime) {
        self.heard = StreamTime::ZERO;
        self.from = at;
        self.silence = StreamTime::ZERO;
        self.crackle = StreamTime::ZERO;
        self.operator = StreamTime::ZERO;
        self.is_told = false;
    }
}
