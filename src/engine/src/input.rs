//! What a side of a call is heard from: a live device or a recording, behind one [`Source`].

use hearing::pipeline::SourceState;
use sound::microphone::Microphone;
use sound::recording::Recording;
use sound::{AudioError, Block, Source};
use std::path::Path;

/// What a caller or the operator is heard from.
pub enum Input {
    /// A live device.
    Microphone(Box<Microphone>),
    /// A recorded call.
    Recording(Box<Recording>),
}

impl Input {
    /// The device, if it is one.
    #[must_use]
    pub fn microphone(&self) -> Option<&Microphone> {
        match self {
            Input::Microphone(microphone) => Some(microphone),
            Input::Recording(_) => None,
        }
    }

    /// Stops listening to a device at once, or listens again; a recording goes on.
    pub fn set_muted(&mut self, muted: bool) {
        if let Input::Microphone(microphone) = self {
            microphone.set_muted(muted);
        }
    }

    /// What it knows of itself that its samples do not tell.
    #[must_use]
    pub fn state(&self) -> SourceState {
        match self {
            Input::Microphone(microphone) => SourceState {
                is_muted: microphone.silenced().is_some(),
                cancels: microphone.cancels(),
            },
            Input::Recording(recording) => {
                SourceState { is_muted: false, cancels: recording.cancels() }
            }
        }
    }

    /// The recording's file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Input::Microphone(_) => None,
            Input::Recording(recording) => Some(recording.path()),
        }
    }

    /// What a device missed up to now and has not told yet.
    pub fn untold(&mut self) -> Vec<Block<'static>> {
        match self {
            Input::Microphone(microphone) => microphone.untold(),
            Input::Recording(_) => Vec::new(),
        }
    }

    /// The recording, if it is one, to pause it or change its speed.
    pub fn recording(&mut self) -> Option<&mut Recording> {
        match self {
            Input::Recording(recording) => Some(recording),
            Input::Microphone(_) => None,
        }
    }
}

impl Source for Input {
    fn sample_rate_hz(&self) -> u32 {
        match self {
            Input::Microphone(microphone) => microphone.sample_rate_hz(),
            Input::Recording(recording) => recording.sample_rate_hz(),
        }
    }

    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        match self {
            Input::Microphone(microphone) => microphone.next_block(),
            Input::Recording(recording) => recording.next_block(),
        }
    }
}
