//! A fact: what is told of one caller, at a time of the caller's stream.
//!
//! In: nothing. Out: [`Fact`]s. The pipeline and the engine make them; the log, the timeline, the screen and the exports
//! take them as they are. A fact is a line of the session log (`line`). Keeps nothing.

pub mod decimals;
mod line;
mod sound_fault;

pub use sound_fault::SoundFault;

use crate::prosody::Explanation;
use crate::stream_time::{StreamTime, stream_position};
use crate::timeline::history::Timeline;
use crate::timeline::{Activity, Alert, OperatorState, Reading};
use serde::{Deserialize, Serialize};

/// From where an alert was acknowledged: a role, and nobody's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// The operator, at the desk.
    #[default]
    Desk,
    /// A shift leader, on a wall.
    Wall,
}

/// One fact about one caller, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Which caller, counted from 0 in the order in which they were given.
    pub caller: usize,
    /// When, in the caller's own stream.
    pub at: StreamTime,
    /// What.
    pub event: Event,
}

impl Fact {
    /// The same, told from another beginning of time: `start` becomes zero.
    #[must_use]
    pub fn since(&self, start: StreamTime) -> Self {
        let mut update = self.clone();
        update.at = update.at.since(start);
        match &mut update.event {
            Event::Reading(reading) => reading.at = reading.at.since(start),
            Event::Seek { from } => *from = from.since(start),
            Event::Alert(alert) => {
                alert.at = alert.at.since(start);
                alert.from = alert.from.since(start);
            }
            Event::Acknowledged { alert_t, .. } => *alert_t = alert_t.since(start),
            Event::Activity(_)
            | Event::Facts(_)
            | Event::Operator(_)
            | Event::Level(_)
            | Event::Sound(_)
            | Event::Gap(_)
            | Event::Muted(_)
            | Event::Skipped { .. }
            | Event::Mark { .. }
            | Event::Label { .. }
            | Event::Notice
            | Event::AlertFailed { .. } => {}
        }
        update
    }

    /// Writes it into the caller's history.
    pub fn tell(&self, timeline: &mut Timeline) {
        let at = self.at;
        match &self.event {
            Event::Activity(activity) => timeline.activity(at, *activity),
            Event::Reading(reading) => timeline.reading(*reading),
            Event::Gap(gap) => timeline.gap(at, gap.length()),
            Event::Muted(muted) => timeline.muted(at, muted.length()),
            Event::Seek { from } => timeline.seek(*from, at),
            Event::Operator(state) => timeline.operator(at, *state),
            Event::Skipped { readings } => timeline.skipped(at, *readings),
            Event::Alert(alert) => timeline.alert(alert.clone()),
            Event::Mark { text } => timeline.mark(at, text),
            Event::Level(_) | Event::Sound(_) | Event::Facts(_) => timeline.advance(at),
            // They come from outside the stream, with times that it may not have reached.
            Event::Label { .. }
            | Event::Notice
            | Event::Acknowledged { .. }
            | Event::AlertFailed { .. } => {}
        }
    }
}

/// What a [`Fact`] tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The caller begins or stops to speak, or has spoken long enough for a reading. Sent on change only.
    Activity(Activity),
    /// A reading: every hop while there is speech.
    Reading(Reading),
    /// How the caller speaks: about every second of speech, with a recipe that has the voice.
    Facts(Explanation),
    /// What the operator does while this caller is heard. Sent on change only, where the operator is heard too.
    Operator(OperatorState),
    /// The operator's attention is asked for, because of the update before. Only with
    /// [`Pipeline::with_alerts`](crate::pipeline::Pipeline::with_alerts).
    Alert(Alert),
    /// Loudness of the last [`LEVEL_INTERVAL`].
    Level(Level),
    /// Something is wrong with the sound from here on, or nothing any more. Sent on change only.
    Sound(Option<SoundFault>),
    /// Audio was lost here.
    Gap(Gap),
    /// From here on nobody was allowed to listen.
    Muted(Muted),
    /// Readings were left out up to here, since the audio came faster than it could be worked on.
    Skipped {
        /// How many.
        readings: u64,
    },
    /// The operator marked this place.
    Mark {
        /// What was typed, as it was typed; empty for a mark without a text.
        text: String,
    },
    /// The caller has another label from here on.
    Label {
        /// What was typed, as it was typed.
        label: String,
    },
    /// The operator confirmed that the caller was told what has to be told: that, and nothing of who the caller is.
    Notice,
    /// Somebody has seen an alert, and said so.
    Acknowledged {
        /// When the alert was.
        alert_t: StreamTime,
        /// Where that person sits.
        by: SeenBy,
    },
    /// The program that an alert runs failed, or was not started since there were too many. [`Fact::at`] is the alert's.
    AlertFailed {
        /// What happened.
        reason: String,
    },
    /// A recording was moved to [`Fact::at`], from this position: what lies between was not heard,
    /// or is heard again.
    Seek {
        /// The position before.
        from: StreamTime,
    },
}

/// Loudness of a short stretch of audio, in dB relative to full scale: 0 is the loudest, -100 silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Root mean square, at least -100.
    pub rms_db: f32,
    /// Largest absolute sample, at least -100.
    pub peak_db: f32,
}

/// Lost audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many samples, at the source's own rate.
    pub lost_samples: u64,
    /// That rate.
    pub rate_hz: u32,
}

impl Gap {
    /// How long it was.
    #[must_use]
    pub fn length(self) -> StreamTime {
        stream_position(self.lost_samples, self.rate_hz)
    }
}

/// Audio that nobody was allowed to hear: the privacy key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Muted {
    /// How many samples, at the source's own rate, by the clock.
    pub samples: u64,
    /// That rate.
    pub rate_hz: u32,
}

impl Muted {
    /// How long it was.
    #[must_use]
    pub fn length(self) -> StreamTime {
        stream_position(self.samples, self.rate_hz)
    }
}

/// How often the loudness is told: often enough for a meter, far too seldom to matter in cost.
pub const LEVEL_INTERVAL: StreamTime = StreamTime::from_ms(100);

#[cfg(test)]
mod tests;
