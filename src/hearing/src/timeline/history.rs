//! The bounded history of one caller: what was heard when, what it was read as, and what was lost.
//!
//! In: the events of one caller, in stream order. Out: [`Cell`]s to draw, the [`State`] of this
//! moment, and a [`Summary`] of the whole call.
//!
//! What it keeps: the last [`MAX_READINGS`] readings (over two hours of unbroken speech at four a
//! second), the last 16,384 stretches of silence and speech, the last [`MAX_MARKS`] marks and the last
//! [`MAX_ALERTS`] alerts: at most 2 MB. What falls out at the old end is no longer drawn, but stays in the summary.

use crate::emotion::{Emotion, Group};
use crate::stream_time::StreamTime;
use crate::timeline::majority::majority;
use crate::timeline::stretches::{Kind, Stretches};
use crate::timeline::summary::{Summary, Tally};
use crate::timeline::talk::TalkTally;
use crate::timeline::{Activity, Alert, OperatorState, Reading, Verdict};
use std::collections::VecDeque;

/// Readings kept for drawing: 2 h 16 min of unbroken speech at four a second, 1.3 MB.
pub const MAX_READINGS: usize = 32_768;

/// Marks kept: far more than a person sets in a call.
pub const MAX_MARKS: usize = 1_024;

/// Alerts kept: six an hour for two days.
pub const MAX_ALERTS: usize = 256;

/// Characters kept of a mark's text.
pub const MAX_MARK_CHARS: usize = 200;

/// How far from a reading the speech may lie that it stands for: four hops of 250 ms, so that a reading
/// that was skipped or lost leaves no hole.
pub const HOLD: StreamTime = StreamTime::from_ms(1_000);

/// How old the last reading may be and still be called the present emotion.
pub const STALE: StreamTime = StreamTime::from_ms(2_000);

/// What to draw for a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// Before the call, after now, skipped by a seek, or older than what is kept.
    Unheard,
    /// No speech.
    Silence,
    /// Speech, but not enough of it for a reading.
    TooShort,
    /// Speech in which nothing was certain enough.
    Uncertain,
    /// The emotion of most readings, with the mean of its probabilities in [0, 1].
    Emotion(Emotion, f32),
    /// The group of most readings, those of its emotions among them, with the mean of its probabilities in [0, 1].
    Group(Group, f32),
    /// Lost audio.
    Gap,
    /// Nobody was allowed to listen.
    Muted,
}

/// What the operator is told at this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// No speech.
    Listening,
    /// Speech, but not yet enough of it for a reading.
    SpeechTooShort,
    /// Speech in which nothing is certain enough, or of which nothing was read for two seconds.
    Uncertain,
    /// The present emotion and its calibrated probability in [0, 1].
    Emotion(Emotion, f32),
    /// No emotion is certain enough, but a group of them is.
    Group {
        /// Which.
        group: Group,
        /// Its calibrated probability in [0, 1].
        certainty: f32,
        /// Its two likeliest emotions, where they stand out.
        likeliest: Option<[Emotion; 2]>,
    },
}

/// A place in the call that somebody wants to find again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub at: StreamTime,
    /// Why; may be empty.
    pub text: String,
}

/// The history of one caller.
#[derive(Clone, Debug)]
pub struct Timeline {
    stretches: Stretches,
    /// In order of time.
    readings: VecDeque<Reading>,
    /// In order of time.
    marks: VecDeque<Mark>,
    /// In order of time.
    alerts: VecDeque<Alert>,
    n_alerts: u64,
    now: StreamTime,
    talk: TalkTally,
    operator: Option<OperatorState>,
    /// Readings that were left out.
    skipped: u64,
    /// What fell out of `stretches` and `readings`.
    dropped: Tally,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// A timeline at zero that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Timeline {
            stretches: Stretches::starting_with(Kind::Heard(Activity::Listening)),
            readings: VecDeque::new(),
            marks: VecDeque::new(),
            alerts: VecDeque::new(),
            n_alerts: 0,
            now: StreamTime::ZERO,
            talk: TalkTally::default(),
            operator: None,
            skipped: 0,
            dropped: Tally::default(),
        }
    }

    /// Sound was heard up to here; nothing else changed. Earlier positions change nothing.
    pub fn advance(&mut self, at: StreamTime) {
        self.now = self.now.max(at);
    }

    /// The caller does this from here on. A time before the last change counts as the last change.
    pub fn activity(&mut self, at: StreamTime, activity: Activity) {
        self.talk.caller(at, activity != Activity::Listening);
        self.begin(at, Kind::Heard(activity));
    }

    /// The operator does this from here on.
    pub fn operator(&mut self, at: StreamTime, state: OperatorState) {
        self.talk.operator(at, state);
        self.operator = Some(state);
        self.advance(at);
    }

    /// What the operator does at this moment; none if the operator has not been heard.
    #[must_use]
    pub fn operator_state(&self) -> Option<OperatorState> {
        self.operator
    }

    /// A reading of the speech up to `reading.at`.
    ///
    /// There are readings only while there is speech, so a reading after the last change says that
    /// the caller speaks, even when the word of it was lost on the way.
    pub fn reading(&mut self, reading: Reading) {
        if self.readings.len() == MAX_READINGS {
            self.forget_until(self.readings[0].at);
        }
        let place = self.readings.partition_point(|earlier| earlier.at <= reading.at);
        self.readings.insert(place, reading);
        let told = self.stretches.activity() == Activity::Speaking;
        if !told && reading.at > self.stretches.last_change() {
            self.begin(reading.at, Kind::Heard(Activity::Speaking));
        }
        self.advance(reading.at);
    }

    /// So many readings up to here were left out.
    pub fn skipped(&mut self, at: StreamTime, readings: u64) {
        self.skipped += readings;
        self.advance(at);
    }

    /// Audio of this length was lost, beginning at `at`; afterwards all goes on as before.
    pub fn gap(&mut self, at: StreamTime, length: StreamTime) {
        if length > StreamTime::ZERO {
            let before = self.stretches.activity();
            let from = self.begin(at, Kind::Gap);
            self.begin(from + length, Kind::Heard(before));
        }
    }

    /// Nobody was allowed to listen for so long, beginning at `at`; afterwards all goes on as before, but that
    /// nobody has been heard to speak.
    pub fn muted(&mut self, at: StreamTime, length: StreamTime) {
        if length > StreamTime::ZERO {
            let from = self.begin(at, Kind::Muted);
            self.talk.pause(from, from + length);
            self.begin(from + length, Kind::Heard(Activity::Listening));
        }
    }

    /// A recording was moved from one position to another, where the monitor listens anew.
    ///
    /// Going back discards what lies after `to` (but for marks, which are the listener's own, and alerts,
    /// which are not given twice); going
    /// forward leaves a stretch that was not heard. Going back to before what is kept leaves the
    /// dropped part in the summary.
    pub fn seek(&mut self, from: StreamTime, to: StreamTime) {
        self.talk.jump(to);
        if to > self.now {
            self.advance(from.min(to));
            self.begin(self.now, Kind::Unheard);
        } else {
            self.readings.truncate(self.readings.partition_point(|reading| reading.at <= to));
            self.stretches.discard_from(to);
            self.now = to;
        }
        self.begin(to, Kind::Heard(Activity::Listening));
    }

    /// Somebody wants to find this place again. Keeps the first [`MAX_MARK_CHARS`] of the text.
    pub fn mark(&mut self, at: StreamTime, text: &str) {
        if self.marks.len() == MAX_MARKS {
            self.marks.pop_front();
        }
        let place = self.marks.partition_point(|earlier| earlier.at <= at);
        self.marks.insert(place, Mark { at, text: text.chars().take(MAX_MARK_CHARS).collect() });
    }

    /// The operator's attention was asked for.
    pub fn alert(&mut self, alert: Alert) {
        if self.alerts.len() == MAX_ALERTS {
            self.alerts.pop_front();
        }
        self.n_alerts += 1;
        let place = self.alerts.partition_point(|earlier| earlier.at <= alert.at);
        self.alerts.insert(place, alert);
    }

    /// The latest position told.
    #[must_use]
    pub fn now(&self) -> StreamTime {
        self.now
    }

    /// The last reading that is kept.
    #[must_use]
    pub fn latest(&self) -> Option<&Reading> {
        self.readings.back()
    }

    /// What the operator is told at this moment.
    #[must_use]
    pub fn state(&self) -> State {
        match self.stretches.activity() {
            Activity::Listening => State::Listening,
            Activity::TooShort => State::SpeechTooShort,
            Activity::Speaking => self.speaking_state(),
        }
    }

    fn speaking_state(&self) -> State {
        let began = self.stretches.speech_began();
        match self.latest().filter(|reading| began.is_some_and(|began| reading.at >= began)) {
            None => State::SpeechTooShort,
            Some(reading) if self.now.since(reading.at) > STALE => State::Uncertain,
            Some(reading) => match reading.verdict {
                Verdict::Uncertain => State::Uncertain,
                Verdict::Emotion(emotion) => State::Emotion(emotion, reading.scores.of(emotion)),
                Verdict::Group(group) => State::Group {
                    group,
                    certainty: reading.scores.of_group(group),
                    likeliest: group.likeliest(&reading.scores),
                },
            },
        }
    }

    /// What filled most of the time from `from` up to `to`; what lies after now does not count.
    #[must_use]
    pub fn cell(&self, from: StreamTime, to: StreamTime) -> Cell {
        let to = to.min(self.now);
        if to <= from {
            return Cell::Unheard;
        }
        let mut unheard = self.stretches.start().min(to).since(from);
        let (mut silence, mut too_short, mut speech, mut gap, mut muted) = Default::default();
        for (kind, length) in self.stretches.between(from, to) {
            let sum: &mut StreamTime = match kind {
                Kind::Unheard => &mut unheard,
                Kind::Heard(Activity::Listening) => &mut silence,
                Kind::Heard(Activity::TooShort) => &mut too_short,
                Kind::Heard(Activity::Speaking) => &mut speech,
                Kind::Gap => &mut gap,
                Kind::Muted => &mut muted,
            };
            *sum = *sum + length;
        }
        let most = unheard.max(silence).max(too_short).max(speech).max(gap).max(muted);
        // Among equals a loss is shown rather than hidden, and speech rather than silence.
        if most == gap {
            Cell::Gap
        } else if most == muted {
            Cell::Muted
        } else if most == speech {
            self.speech_cell(from, to)
        } else if most == too_short {
            Cell::TooShort
        } else if most == silence {
            Cell::Silence
        } else {
            Cell::Unheard
        }
    }

    /// Whether any audio was lost from `from` up to `to`, however little.
    #[must_use]
    pub fn has_gap(&self, from: StreamTime, to: StreamTime) -> bool {
        self.stretches.between(from, to.min(self.now)).any(|(kind, _)| kind == Kind::Gap)
    }

    /// The marks from `from` up to, but not including, `to`.
    pub fn marks(&self, from: StreamTime, to: StreamTime) -> impl Iterator<Item = &Mark> {
        let first = self.marks.partition_point(|mark| mark.at < from);
        let end = self.marks.partition_point(|mark| mark.at < to).max(first);
        self.marks.range(first..end)
    }

    /// The alerts from `from` up to, but not including, `to`.
    pub fn alerts(&self, from: StreamTime, to: StreamTime) -> impl Iterator<Item = &Alert> {
        let first = self.alerts.partition_point(|alert| alert.at < from);
        let end = self.alerts.partition_point(|alert| alert.at < to).max(first);
        self.alerts.range(first..end)
    }

    /// The readings after `from` up to and with `to`, as far as they are kept.
    pub fn readings(&self, from: StreamTime, to: StreamTime) -> impl Iterator<Item = &Reading> {
        let first = self.readings.partition_point(|reading| reading.at <= from);
        let end = self.readings.partition_point(|reading| reading.at <= to).max(first);
        self.readings.range(first..end)
    }

    /// Totals of the whole call up to `now`, or up to the latest position told if that is later.
    #[must_use]
    pub fn summary(&self, now: StreamTime) -> Summary {
        let mut tally = self.dropped.clone();
        self.stretches.count(now.max(self.now), &mut tally);
        for reading in &self.readings {
            tally.reading(reading);
        }
        let talk = self.talk.talk(now.max(self.now));
        Summary { talk, alerts: self.n_alerts, skipped: self.skipped, ..tally.summary() }
    }

    /// Begins a stretch, not before the running one, and says where.
    fn begin(&mut self, at: StreamTime, kind: Kind) -> StreamTime {
        let at = self.stretches.begin(at, kind, &mut self.dropped);
        // Readings of a time that is no longer drawn are not drawn either.
        self.drop_readings_until(self.stretches.start());
        self.advance(at);
        at
    }

    /// Moves all that lies before `time` from what is drawn to what is only counted.
    fn forget_until(&mut self, time: StreamTime) {
        self.stretches.forget_until(time, &mut self.dropped);
        self.drop_readings_until(time);
    }

    fn drop_readings_until(&mut self, time: StreamTime) {
        while let Some(reading) = self.readings.pop_front_if(|reading| reading.at <= time) {
            self.dropped.reading(&reading);
        }
    }

    /// The cell of a time that is mostly speech: from the readings in it, or else the nearest one.
    fn speech_cell(&self, from: StreamTime, to: StreamTime) -> Cell {
        let mut within = self.readings(from, to).peekable();
        if within.peek().is_some() {
            return majority(within);
        }
        let first = self.readings.partition_point(|reading| reading.at <= from);
        let next = self.readings.get(first).filter(|next| next.at.since(to) <= HOLD);
        let previous = first.checked_sub(1).and_then(|index| self.readings.get(index));
        majority(next.or(previous.filter(|previous| from.since(previous.at) <= HOLD)))
    }
}

#[cfg(test)]
mod tests;
