//! Updates of the pipeline as records of the log, and back.
//!
//! In: an [`Update`], or a [`Record`]. Out: the other. A record read back from a log is the update that it
//! was made of, its scores rounded to four decimals and its facts to two: so a log drives what a pipeline drives.

use super::decimals::{four_decimals, two_decimals};
use super::record::{
    ActivityRecord, AlertRecord, FactsRecord, GapRecord, MutedRecord, OperatorRecord,
    ReadingRecord, ReadingState, Record, SeekRecord, SkippedRecord, SoundRecord,
};
use crate::emotion::Group;
use crate::pipeline::{Event, Gap, Muted, Update};
use crate::prosody::{Comparison, Explanation, Facts};
use crate::stream_time::StreamTime;
use crate::timeline::{Alert, OperatorState, Reading, Verdict};

impl Record {
    /// The line for an update; none for a level, which is shown but not logged.
    #[must_use]
    pub fn of_update(update: &Update) -> Option<Self> {
        let (caller, t) = (update.caller, update.at);
        Some(match &update.event {
            Event::Reading(reading) => Record::Reading(ReadingRecord::new(caller, reading)),
            &Event::Activity(activity) => Record::Activity(ActivityRecord { caller, t, activity }),
            Event::Facts(facts) => Record::Facts(FactsRecord::new(caller, t, facts)),
            Event::Operator(state) => Record::Operator(OperatorRecord {
                caller,
                t,
                speaks: state.speaks,
                echoed: state.is_echoed,
            }),
            Event::Alert(alert) => Record::Alert(AlertRecord::new(caller, alert)),
            &Event::Sound(fault) => Record::Sound(SoundRecord { caller, t, fault }),
            &Event::Gap(gap) => Record::Gap(GapRecord::new(caller, t, gap)),
            &Event::Muted(muted) => Record::Muted(MutedRecord::new(caller, t, muted)),
            &Event::Skipped { readings } => Record::Skipped(SkippedRecord { caller, t, readings }),
            &Event::Seek { from } => Record::Seek(SeekRecord { caller, t, from }),
            Event::Level(_) => return None,
        })
    }

    /// The update that the line was made of; none for what is none, such as a mark or the end.
    #[must_use]
    pub fn update(&self) -> Option<Update> {
        let (caller, at, event) = match self {
            Record::Reading(record) => (record.caller, record.t, Event::Reading(record.reading())),
            Record::Activity(record) => (record.caller, record.t, Event::Activity(record.activity)),
            Record::Facts(FactsRecord { caller, t, facts, change }) => {
                (*caller, *t, Event::Facts(Explanation { facts: *facts, change: *change }))
            }
            Record::Operator(OperatorRecord { caller, t, speaks, echoed }) => {
                let state = OperatorState { speaks: *speaks, is_echoed: *echoed };
                (*caller, *t, Event::Operator(state))
            }
            Record::Sound(SoundRecord { caller, t, fault }) => (*caller, *t, Event::Sound(*fault)),
            Record::Gap(record) => {
                let gap = Gap { lost_samples: record.lost_samples, rate_hz: record.rate_hz };
                (record.caller, record.t, Event::Gap(gap))
            }
            Record::Muted(MutedRecord { caller, t, samples, rate_hz, .. }) => {
                (*caller, *t, Event::Muted(Muted { samples: *samples, rate_hz: *rate_hz }))
            }
            Record::Skipped(SkippedRecord { caller, t, readings }) => {
                (*caller, *t, Event::Skipped { readings: *readings })
            }
            Record::Seek(record) => (record.caller, record.t, Event::Seek { from: record.from }),
            Record::Alert(record) => (record.caller, record.t, Event::Alert(record.alert())),
            Record::Mark(_)
            | Record::Acknowledged(_)
            | Record::AlertFailed(_)
            | Record::Label(_)
            | Record::Notice(_)
            | Record::Unwritten(_)
            | Record::End(_) => return None,
        };
        Some(Update { caller, at, event })
    }

    /// Position in the header's list of callers; none for what is about the whole session.
    #[must_use]
    pub fn caller(&self) -> Option<usize> {
        match self {
            Record::Reading(record) => Some(record.caller),
            Record::Activity(record) => Some(record.caller),
            Record::Facts(record) => Some(record.caller),
            Record::Operator(record) => Some(record.caller),
            Record::Sound(record) => Some(record.caller),
            Record::Gap(record) => Some(record.caller),
            Record::Muted(record) => Some(record.caller),
            Record::Alert(record) => Some(record.caller),
            Record::Acknowledged(record) => Some(record.caller),
            Record::AlertFailed(record) => Some(record.caller),
            Record::Skipped(record) => Some(record.caller),
            Record::Mark(record) => Some(record.caller),
            Record::Label(record) => Some(record.caller),
            Record::Notice(record) => Some(record.caller),
            Record::Seek(record) => Some(record.caller),
            Record::Unwritten(_) | Record::End(_) => None,
        }
    }

    /// When, in the caller's own stream.
    #[must_use]
    pub fn t(&self) -> StreamTime {
        match self {
            Record::Reading(record) => record.t,
            Record::Activity(record) => record.t,
            Record::Facts(record) => record.t,
            Record::Operator(record) => record.t,
            Record::Sound(record) => record.t,
            Record::Gap(record) => record.t,
            Record::Muted(record) => record.t,
            Record::Alert(record) => record.t,
            Record::Acknowledged(record) => record.t,
            Record::AlertFailed(record) => record.t,
            Record::Skipped(record) => record.t,
            Record::Mark(record) => record.t,
            Record::Label(record) => record.t,
            Record::Notice(record) => record.t,
            Record::Seek(record) => record.t,
            Record::Unwritten(record) => record.t,
            Record::End(record) => record.t,
        }
    }
}

impl ReadingRecord {
    fn new(caller: usize, reading: &Reading) -> Self {
        let Reading { at, scores, verdict } = *reading;
        let emotion = verdict.emotion().unwrap_or_else(|| scores.top().0);
        // A sum of probabilities has more digits than any of them; the log has four.
        let certainty = rounded(verdict.probability(&scores));
        let state = ReadingState::of(verdict);
        ReadingRecord { caller, t: at, state, emotion, certainty, scores }
    }

    /// The reading that the line was made of, its scores rounded to four decimals.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading { at: self.t, scores: self.scores, verdict: self.verdict() }
    }

    /// What is shown.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.state {
            ReadingState::Emotion => Verdict::Emotion(self.emotion),
            ReadingState::Uncertain => Verdict::Uncertain,
            ReadingState::Distressed => Verdict::Group(Group::Distressed),
            ReadingState::Pleasant => Verdict::Group(Group::Pleasant),
            ReadingState::Calm => Verdict::Group(Group::Calm),
        }
    }
}

impl AlertRecord {
    fn new(caller: usize, alert: &Alert) -> Self {
        let Alert { at, from, rule, emotion, reason, guidance } = alert.clone();
        AlertRecord { caller, t: at, from, rule, emotion, reason, guidance }
    }

    /// The alert that the line was made of.
    #[must_use]
    pub fn alert(&self) -> Alert {
        let AlertRecord { t, from, rule, emotion, reason, guidance, .. } = self.clone();
        Alert { at: t, from, rule, emotion, reason, guidance }
    }
}

impl FactsRecord {
    fn new(caller: usize, t: StreamTime, explanation: &Explanation) -> Self {
        let Explanation { facts, change } = explanation;
        let facts = Facts {
            loudness_db: two_decimals(facts.loudness_db),
            pitch_hz: facts.pitch_hz.map(two_decimals),
            pitch_range_semitones: facts.pitch_range_semitones.map(two_decimals),
            syllables_per_s: two_decimals(facts.syllables_per_s),
            pause_share: two_decimals(facts.pause_share),
        };
        let change = change.map(|change| Comparison {
            loudness_db: two_decimals(change.loudness_db),
            pitch_semitones: change.pitch_semitones.map(two_decimals),
            pitch_range_semitones: change.pitch_range_semitones.map(two_decimals),
            rate_ratio: change.rate_ratio.map(two_decimals),
            pause_share: two_decimals(change.pause_share),
        });
        FactsRecord { caller, t, facts, change }
    }
}

impl GapRecord {
    fn new(caller: usize, t: StreamTime, gap: Gap) -> Self {
        let Gap { lost_samples, rate_hz } = gap;
        GapRecord { caller, t, lost_samples, rate_hz, lost_s: seconds_of(lost_samples, rate_hz) }
    }
}

impl MutedRecord {
    fn new(caller: usize, t: StreamTime, muted: Muted) -> Self {
        let Muted { samples, rate_hz } = muted;
        MutedRecord { caller, t, samples, rate_hz, muted_s: seconds_of(samples, rate_hz) }
    }
}

/// A probability with four decimals.
fn rounded(probability: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    let rounded = four_decimals(f64::from(probability)) as f32;
    rounded
}

/// A length in seconds, with four decimals.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
fn seconds_of(samples: u64, rate_hz: u32) -> f64 {
    four_decimals(samples as f64 / f64::from(rate_hz.max(1)))
}

#[cfg(test)]
mod tests;
