//! A recording that comes as it is written: from standard input, a pipe or a file that grows.
//!
//! ```text
//!  "recording" thread                         whoever reads
//!  ┌──────────────────────────────┐ bounded  ┌──────────────────────┐
//!  │ waits for bytes, decodes     ├─────────►│ never waits          │
//!  └──────────────────────────────┘ channel  └──────────────────────┘
//! ```
//!
//! In: an open decoder. Out: [`Chunk`]s, or nothing yet. Keeps what is to be remarked. When the channel is full the thread
//! waits, and so does whoever writes into a pipe. The thread ends with the recording, or when nobody reads any more
//! and another byte has come.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::Builder;

use super::decoder::{Chunk, Decoder};
use super::error::AudioError;

/// Chunks that may wait: some seconds of sound.
const N_WAITING: usize = 16;

enum Passed {
    /// Samples, and whether the channels that were mixed to them cancel each other out.
    Audio(Vec<f32>, bool),
    Gap(u64),
    Remark(String),
    End,
    Failure(AudioError),
}

/// What is read on another thread.
pub(super) struct LiveDecoder {
    passed: Receiver<Passed>,
    sample_rate_hz: u32,
    n_channels: usize,
    format: String,
    remarks: Vec<String>,
    cancels: bool,
}

impl LiveDecoder {
    /// Starts to read.
    ///
    /// # Errors
    /// A thread that cannot be started.
    pub(super) fn start(mut decoder: Decoder) -> std::io::Result<LiveDecoder> {
        let (sender, passed) = sync_channel(N_WAITING);
        let live = LiveDecoder {
            passed,
            sample_rate_hz: decoder.sample_rate_hz(),
            n_channels: decoder.n_channels(),
            format: decoder.format().to_owned(),
            remarks: Vec::new(),
            cancels: false,
        };
        let read = move || {
            loop {
                let mut samples = Vec::new();
                let next = match decoder.next_chunk(&mut samples) {
                    Ok(Chunk::Audio) => Passed::Audio(samples, decoder.cancels()),
                    Ok(Chunk::Gap(len)) => Passed::Gap(len),
                    Ok(Chunk::End) => Passed::End,
                    Err(error) => Passed::Failure(error),
                };
                if let Some(remark) = decoder.take_remark() {
                    let _ = sender.send(Passed::Remark(remark));
                }
                let is_last = matches!(next, Passed::End | Passed::Failure(_));
                if sender.send(next).is_err() || is_last {
                    return;
                }
            }
        };
        Builder::new().name("recording".into()).spawn(read)?;
        Ok(live)
    }

    /// Samples a second.
    pub(super) fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// How many channels there are.
    pub(super) fn n_channels(&self) -> usize {
        self.n_channels
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> &str {
        &self.format
    }

    /// Whether channels that are mixed cancel each other out.
    pub(super) fn cancels(&self) -> bool {
        self.cancels
    }

    /// What there is to say of the recording beside its sound, once.
    pub(super) fn take_remark(&mut self) -> Option<String> {
        self.remarks.pop()
    }

    /// Appends the next samples to `mono`; `None` if nothing has come yet.
    ///
    /// # Errors
    /// As [`Decoder::next_chunk`].
    pub(super) fn next_chunk(&mut self, mono: &mut Vec<f32>) -> Result<Option<Chunk>, AudioError> {
        loop {
            return Ok(Some(match self.passed.try_recv() {
                Ok(Passed::Audio(samples, cancels)) => {
                    self.cancels = cancels;
                    mono.extend_from_slice(&samples);
                    Chunk::Audio
                }
                Ok(Passed::Gap(len)) => Chunk::Gap(len),
                Ok(Passed::Remark(remark)) => {
                    self.remarks.push(remark);
                    continue;
                }
                Ok(Passed::Failure(error)) => return Err(error),
                Ok(Passed::End) | Err(TryRecvError::Disconnected) => Chunk::End,
                Err(TryRecvError::Empty) => return Ok(None),
            }));
        }
    }
}
