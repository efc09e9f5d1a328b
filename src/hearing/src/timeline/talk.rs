//! Who speaks how much in a call of two sides.
//!
//! In: what each side does, in order of time. Out: a [`Talk`] for the summary. Keeps sums.

use super::OperatorState;
use crate::stream_time::StreamTime;
use serde::{Deserialize, Serialize};

/// Shares of a call, where the operator's side was heard too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// Seconds in which the operator spoke.
    pub operator_s: f64,
    /// Seconds in which the caller and the operator spoke at once.
    pub overlap_s: f64,
    /// The caller's part of the time that either spoke, counted per side, in [0, 1]; 0 if nobody did.
    pub caller_share: f64,
    /// The longest stretch in which nobody spoke, in seconds.
    pub longest_silence_s: f64,
}

/// The running sums behind a [`Talk`].
#[derive(Clone, Debug, Default)]
pub(super) struct TalkTally {
    caller_speaks: bool,
    /// None until the operator's side has told of itself.
    operator_speaks: Option<bool>,
    since: StreamTime,
    caller: StreamTime,
    operator: StreamTime,
    overlap: StreamTime,
    silence: StreamTime,
    longest_silence: StreamTime,
}

impl TalkTally {
    /// The caller begins or stops to speak.
    pub(super) fn caller(&mut self, at: StreamTime, speaks: bool) {
        self.count(at);
        self.caller_speaks = speaks;
    }

    /// The operator begins or stops to speak.
    pub(super) fn operator(&mut self, at: StreamTime, state: OperatorState) {
        self.count(at);
        self.operator_speaks = Some(state.speaks);
    }

    /// The recording was moved: nothing lies between the times.
    pub(super) fn jump(&mut self, to: StreamTime) {
        self.since = to;
        self.silence = StreamTime::ZERO;
    }

    /// Nobody was heard from one time to the other: neither speech nor silence.
    pub(super) fn pause(&mut self, from: StreamTime, to: StreamTime) {
        self.caller(from, false);
        self.longest_silence = self.longest_silence.max(self.silence);
        self.jump(to);
    }

    /// The shares up to `now`; none if the operator was not heard.
    pub(super) fn talk(&self, now: StreamTime) -> Option<Talk> {
        self.operator_speaks?;
        let mut whole = self.clone();
        whole.count(now);
        let both = (whole.caller + whole.operator).seconds();
        Some(Talk {
            operator_s: whole.operator.seconds(),
            overlap_s: whole.overlap.seconds(),
            caller_share: if both > 0.0 { whole.caller.seconds() / both } else { 0.0 },
            longest_silence_s: whole.longest_silence.max(whole.silence).seconds(),
        })
    }

    fn count(&mut self, at: StreamTime) {
        let length = at.since(self.since);
        self.since = self.since.max(at);
        let operator_speaks = self.operator_speaks == Some(true);
        let add = |sum: &mut StreamTime, is_so: bool| {
            if is_so {
                *sum = *sum + length;
            }
        };
        add(&mut self.caller, self.caller_speaks);
        add(&mut self.operator, operator_speaks);
        add(&mut self.overlap, self.caller_speaks && operator_speaks);
        if self.caller_speaks || operator_speaks {
            self.longest_silence = self.longest_silence.max(self.silence);
            self.silence = StreamTime::ZERO;
        } else {
            self.silence = self.silence + length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(seconds * 1000)
    }

    fn operator(speaks: bool) -> OperatorState {
        OperatorState { speaks, is_echoed: false }
    }

    #[test]
    fn without_an_operator_there_is_nothing_to_tell() {
        let mut tally = TalkTally::default();
        tally.caller(s(1), true);
        assert_eq!(tally.talk(s(5)), None);
    }

    #[test]
    fn both_sides_their_overlap_and_the_longest_silence_are_counted() {
        let mut tally = TalkTally::default();
        tally.operator(s(0), operator(true));
        tally.caller(s(4), true);
        tally.operator(s(6), operator(false));
        tally.caller(s(10), false);
        tally.caller(s(17), true);
        tally.caller(s(18), false);
        let talk = tally.talk(s(20)).expect("the operator was heard");
        assert!((talk.operator_s - 6.0).abs() < 1e-9);
        assert!((talk.overlap_s - 2.0).abs() < 1e-9);
        assert!((talk.caller_share - 7.0 / 13.0).abs() < 1e-9);
        assert!((talk.longest_silence_s - 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_pause_is_no_silence_and_what_was_silent_before_it_counts() {
        let mut tally = TalkTally::default();
        tally.operator(s(0), operator(false));
        tally.pause(s(7), s(100));
        tally.operator(s(102), operator(true));
        let talk = tally.talk(s(105)).expect("the operator was heard");
        assert!((talk.longest_silence_s - 7.0).abs() < 1e-9);
        assert!((talk.operator_s - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_a_jump_skips_is_no_silence() {
        let mut tally = TalkTally::default();
        tally.operator(s(0), operator(false));
        tally.jump(s(100));
        let talk = tally.talk(s(103)).expect("the operator was heard");
        assert!((talk.longest_silence_s - 3.0).abs() < 1e-9);
    }
}
