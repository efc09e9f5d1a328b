//! A frame that was handed on, without its coefficients.
//!
//! In: what the gate and the search for the operator say of it. Out: the frame as an utterance takes it.

use super::utterance::HeardFrame;
use crate::stream_time::StreamTime;

/// A frame without its coefficients.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    /// Counted from 1 in its unbroken stretch of audio.
    pub(super) number: usize,
    /// Where its last sample ends.
    pub(super) end: StreamTime,
    /// Whether it is the caller's speech.
    pub(super) is_speech: bool,
    /// Mean power; 1 is a square wave of full scale.
    pub(super) power: f32,
    /// The updates from here on are of this frame.
    pub(super) first_update: usize,
}

impl Mark {
    /// The frame with its coefficients.
    pub(super) fn with(self, values: &[f32]) -> HeardFrame<'_> {
        let Mark { number, end, is_speech, .. } = self;
        HeardFrame { number, end, is_speech, values }
    }
}
