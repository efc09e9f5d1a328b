//! What can be wrong with a caller's sound, in words that say what to do. The pipeline finds it out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is wrong with a caller's sound. Of several the first is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoundFault {
    /// The source is muted, or its volume zero, in the system's mixer.
    Muted,
    /// Two channels are mixed, and each is the other upside down: nothing is left.
    Cancelled,
    /// The caller's side and the operator's are the same sound.
    Same,
    /// Nothing but zeros.
    Silent,
    /// The loudest parts are cut off.
    Clipped,
    /// Nothing that was heard so far was loud enough to be understood.
    Quiet,
    /// Only the operator's side speaks.
    OnlyOperator,
}

impl SoundFault {
    /// All of them, the one that is told first at first.
    pub const ALL: [SoundFault; 7] = [
        SoundFault::Muted,
        SoundFault::Cancelled,
        SoundFault::Same,
        SoundFault::Silent,
        SoundFault::Clipped,
        SoundFault::Quiet,
        SoundFault::OnlyOperator,
    ];

    /// What is wrong, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            SoundFault::Muted => "muted in the mixer",
            SoundFault::Cancelled => "the channels cancel out",
            SoundFault::Same => "same as the operator",
            SoundFault::Silent => "digital silence",
            SoundFault::Clipped => "clipped",
            SoundFault::Quiet => "far too quiet",
            SoundFault::OnlyOperator => "only the operator speaks",
        }
    }
}

impl fmt::Display for SoundFault {
    /// A sentence with what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SoundFault::Muted => {
                "the input is muted, or its volume is zero, in the system's mixer: nothing can be heard until it is \
                 turned up there"
            }
            SoundFault::Cancelled => {
                "the two channels cancel each other out, one is the other upside down: choose one of them, such as \
                 :left, instead of the mix"
            }
            SoundFault::Same => {
                "the caller's side and the operator's carry the same sound, so nothing is read: give each a channel of \
                 its own"
            }
            SoundFault::Silent => {
                "the input sends digital silence: nothing is played or plugged in there, or it is muted elsewhere"
            }
            SoundFault::Clipped => "the sound is clipped, which falsifies readings: turn the input down",
            SoundFault::Quiet => "the sound is far too quiet to be read: turn the input up",
            SoundFault::OnlyOperator => {
                "only the operator's side speaks: if you hear the caller, the two sides are swapped"
            }
        })
    }
}
