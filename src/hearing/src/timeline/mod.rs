//! The state of one caller over time: smoothed readings, and a bounded history of them.
//!
//! In: the classifier's scores at a stream time. Out: [`Reading`]s (smoothed, with a verdict) and a
//! [`history::Timeline`] that a screen can draw and a summary can be made of.

mod alert;
pub mod episodes;
pub mod history;
mod majority;
pub mod smoother;
mod stretches;
pub mod summary;
pub mod talk;

pub use crate::emotion::Verdict;
pub use alert::{Alert, Rule};

use crate::emotion::Scores;
use crate::stream_time::StreamTime;
use serde::{Deserialize, Serialize};

/// Smoothed scores of one segment that ended at `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The end of the segment.
    pub at: StreamTime,
    /// Calibrated, smoothed probabilities.
    pub scores: Scores,
    /// What is shown.
    pub verdict: Verdict,
}

/// The operator's side at a moment of a call. That the operator speaks is all that is known of the operator's
/// voice: it is never read for emotion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorState {
    /// Whether the operator speaks.
    pub speaks: bool,
    /// Whether it is the operator who is heard on the caller's side, so that nothing is read there.
    pub is_echoed: bool,
}

/// What a caller is doing, as far as the monitor can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// No speech: silence, music, tones or noise.
    #[default]
    Listening,
    /// Speech, but not yet enough of it for a reading.
    TooShort,
    /// Speech, with readings.
    Speaking,
}
