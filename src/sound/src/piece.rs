//! What a step through a recording gives, whatever its container.

use std::path::Path;

use super::error::AudioError;

/// Speech is recorded at 8 to 48 kHz; anything outside this range is a damaged header.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// One step. Lengths are at the rate of the part of the recording that it belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// There are samples.
    Audio,
    /// So many samples are missing.
    Gap(u64),
    /// The recording is over.
    End,
    /// The recording is over before it should be: so many samples are missing, 0 if nobody knows how many.
    Cut { missing: u64 },
}

/// The rate and the channels of a part of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) rate_hz: u32,
    pub(super) n_channels: usize,
}

/// Refuses a rate that no sound has.
///
/// # Errors
/// [`AudioError::SampleRate`].
pub(super) fn checked_rate(path: &Path, rate_hz: u32) -> Result<(), AudioError> {
    if SAMPLE_RATES_HZ.contains(&rate_hz) {
        return Ok(());
    }
    Err(AudioError::SampleRate { path: path.to_owned(), rate_hz })
}

/// Container, coding, rate and channels, for messages.
pub(super) fn described(container: &str, coding: &str, spec: Spec) -> String {
    format!("{container} ({coding}), {} Hz, {} channel(s)", spec.rate_hz, spec.n_channels)
}

/// A length in seconds.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
pub(super) fn duration_s(len: u64, rate_hz: u32) -> f64 {
    len as f64 / f64::from(rate_hz)
}
