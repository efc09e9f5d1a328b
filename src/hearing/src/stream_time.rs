//! A position in a caller's audio, counted in samples: the only clock below `command`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// Samples a second inside the pipeline: a telephone's rate (ITU-T G.711), whatever the source's rate.
pub const STREAM_RATE_HZ: u32 = 8_000;

/// A position, or a length, in samples at [`STREAM_RATE_HZ`] since the caller's audio began.
///
/// Lost audio counts: after a gap of one second the time is one second later.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct StreamTime(pub u64);

impl StreamTime {
    /// The beginning.
    pub const ZERO: StreamTime = StreamTime(0);

    /// The position after `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        StreamTime(ms * STREAM_RATE_HZ as u64 / 1000)
    }

    /// The position after `seconds`, rounded to the nearest sample; negative becomes zero.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to zero; a call is far shorter than 2^53 samples"
    )]
    pub fn from_seconds(seconds: f64) -> Self {
        StreamTime((seconds.max(0.0) * f64::from(STREAM_RATE_HZ)).round() as u64)
    }

    /// The position in seconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / f64::from(STREAM_RATE_HZ)
    }

    /// The distance to an earlier position; zero if it is later.
    #[must_use]
    pub fn since(self, earlier: StreamTime) -> StreamTime {
        StreamTime(self.0.saturating_sub(earlier.0))
    }
}

impl Add for StreamTime {
    type Output = StreamTime;

    fn add(self, length: StreamTime) -> StreamTime {
        StreamTime(self.0 + length.0)
    }
}

impl Sub for StreamTime {
    type Output = StreamTime;

    /// Saturates at zero, as [`StreamTime::since`] does.
    fn sub(self, length: StreamTime) -> StreamTime {
        self.since(length)
    }
}

impl fmt::Display for StreamTime {
    /// `m:ss`, from an hour on `h:mm:ss`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / u64::from(STREAM_RATE_HZ);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(f, "{hours}:{minutes:02}:{seconds:02}")
        } else {
            write!(f, "{minutes}:{seconds:02}")
        }
    }
}

/// A position at a source's rate as a position in the stream, rounded down.
#[must_use]
pub fn stream_position(samples: u64, rate_hz: u32) -> StreamTime {
    let scaled = u128::from(samples) * u128::from(STREAM_RATE_HZ) / u128::from(rate_hz.max(1));
    StreamTime(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// A position in the stream as a position at a source's rate, rounded down.
#[must_use]
pub fn source_position(at: StreamTime, rate_hz: u32) -> u64 {
    let scaled = u128::from(at.0) * u128::from(rate_hz) / u128::from(STREAM_RATE_HZ);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_seconds_and_samples_agree() {
        assert_eq!(StreamTime::from_ms(250), StreamTime(2000));
        assert_eq!(StreamTime::from_seconds(0.25), StreamTime(2000));
        assert!((StreamTime(2000).seconds() - 0.25).abs() < 1e-12);
        assert_eq!(StreamTime::from_seconds(-1.0), StreamTime::ZERO);
    }

    #[test]
    fn a_clock_shows_hours_only_when_there_are_any() {
        assert_eq!(StreamTime::from_ms(65_900).to_string(), "1:05");
        assert_eq!(StreamTime::from_ms(3_661_000).to_string(), "1:01:01");
    }
}
