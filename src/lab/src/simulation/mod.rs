//! Simulated calls with known labels, for tests of the whole pipeline: one caller a call, or no voice at all.
//!
//! In: a caller's labelled clips or recorded noises at 8 kHz, a length, a seeded random generator. Out: a
//! [`Tape`], samples with a label for every one of them. Nothing is read or written here; nothing is kept.
//!
//! The clips are of people who acted one sentence at a time: such a call has the turns, pauses, changes and
//! channel of a real one, but not its words.

mod line;
mod music;
mod non_speech;
mod tape;
mod tones;
mod voice;

pub use line::Line;
pub use non_speech::{NonSpeechSound, n_sounds_in, non_speech_call, synthetic_sounds};
pub use tape::Tape;
pub use voice::{Voice, lasting_call, mixed_call};

use std::str::FromStr;

/// What a simulated call is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// The caller's emotion changes every few sentences.
    Mixed,
    /// The caller keeps one emotion for two minutes, then another.
    Lasting,
    /// Nobody speaks: silence, noise, tones, music.
    NonSpeech,
}

impl CallKind {
    /// The word on the command line and in file names.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            CallKind::Mixed => "mixed",
            CallKind::Lasting => "lasting",
            CallKind::NonSpeech => "non-speech",
        }
    }
}

/// A word that names no kind of call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no kind of call; choose mixed, lasting or non-speech")]
pub struct UnknownCallKind(String);

impl FromStr for CallKind {
    type Err = UnknownCallKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [CallKind::Mixed, CallKind::Lasting, CallKind::NonSpeech];
        let found = kinds.into_iter().find(|kind| kind.label() == text);
        found.ok_or_else(|| UnknownCallKind(text.to_owned()))
    }
}
