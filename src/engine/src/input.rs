//! What a side of a call is heard from: a live device, a recording or a stream, behind one [`Source`].

use hearing::pipeline::SourceState;
use record::session::record::CallerEntry;
use sound::microphone::Microphone;
use sound::recording::Recording;
use sound::stream::StreamSource;
use sound::{AudioError, Block, Source};
use std::path::Path;

/// A line to be: what it is called, what it is heard from, and the sound.
pub struct LineSetup {
    /// For screen and log.
    pub entry: CallerEntry,
    /// The sound.
    pub input: Input,
}

/// What a caller or the operator is heard from.
pub enum Input {
    /// A live device.
    Microphone(Box<Microphone>),
    /// A recorded call.
    Recording(Box<Recording>),
    /// A live call that somebody else hands over.
    Stream(Box<StreamSource>),
}

/// What a line's source gave.
#[derive(Debug)]
pub enum Taken {
    /// Samples, which the caller has heard.
    Heard,
    /// So many samples were lost.
    Gap(u64),
    /// For so many samples nobody was allowed to listen.
    Muted(u64),
    /// There is nothing yet.
    Waiting,
    /// Nothing more comes.
    End,
    /// The source's failure.
    Failed(AudioError),
    /// The line was over before.
    Nothing,
}

impl Input {
    /// The device, if it is one.
    #[must_use]
    pub fn microphone(&self) -> Option<&Microphone> {
        match self {
            Input::Microphone(microphone) => Some(microphone),
            Input::Recording(_) | Input::Stream(_) => None,
        }
    }

    /// Whether it is heard as it is spoken: a recording is not.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self, Input::Recording(_))
    }

    /// Live samples that wait to be read; none of a recording.
    #[must_use]
    pub fn backlog(&self) -> Option<u64> {
        match self {
            Input::Microphone(microphone) => Some(microphone.backlog()),
            Input::Stream(stream) => Some(stream.backlog()),
            Input::Recording(_) => None,
        }
    }

    /// Stops listening to what is live at once, or listens again; a recording goes on.
    pub fn set_muted(&mut self, muted: bool) {
        match self {
            Input::Microphone(microphone) => microphone.set_muted(muted),
            Input::Stream(stream) => stream.set_muted(muted),
            Input::Recording(_) => {}
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
            Input::Stream(_) => SourceState::default(),
        }
    }

    /// The recording's file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Input::Microphone(_) | Input::Stream(_) => None,
            Input::Recording(recording) => Some(recording.path()),
        }
    }

    /// What a device missed up to now and has not told yet.
    pub fn untold(&mut self) -> Vec<Block<'static>> {
        match self {
            Input::Microphone(microphone) => microphone.untold(),
            Input::Recording(_) | Input::Stream(_) => Vec::new(),
        }
    }

    /// The recording, if it is one, to pause it or change its speed.
    pub fn recording(&mut self) -> Option<&mut Recording> {
        match self {
            Input::Recording(recording) => Some(recording),
            Input::Microphone(_) | Input::Stream(_) => None,
        }
    }
}

impl Source for Input {
    fn sample_rate_hz(&self) -> u32 {
        match self {
            Input::Microphone(microphone) => microphone.sample_rate_hz(),
            Input::Recording(recording) => recording.sample_rate_hz(),
            Input::Stream(stream) => stream.sample_rate_hz(),
        }
    }

    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        match self {
            Input::Microphone(microphone) => microphone.next_block(),
            Input::Recording(recording) => recording.next_block(),
            Input::Stream(stream) => stream.next_block(),
        }
    }
}
