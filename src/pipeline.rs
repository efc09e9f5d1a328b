//! The composition: blocks of a caller's samples in, [`Update`]s out. No thread, no I/O, no clock.

use crate::stream_time::StreamTime;
use crate::timeline::{Activity, Reading};

/// One fact about one caller, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Which caller, counted from 0 in the order in which they were given.
    pub caller: usize,
    /// When, in the caller's own stream.
    pub at: StreamTime,
    /// What.
    pub event: Event,
}

/// What an [`Update`] tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The caller begins or stops to speak, or has spoken long enough for a reading. Sent on change only.
    Activity(Activity),
    /// A reading: every hop while there is speech.
    Reading(Reading),
    /// Loudness of the last tenth of a second.
    Level(Level),
    /// Audio was lost here.
    Gap(Gap),
    /// A recording was moved to `Update::at`, from this position: what lies between was not heard,
    /// or is heard again.
    Seek {
        /// The position before.
        from: StreamTime,
    },
}

/// Loudness of a short stretch of audio, in dB relative to full scale: 0 is the loudest, -100 silence.
#[derive(Clone, Copy, Debug, PartialEq)]
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
