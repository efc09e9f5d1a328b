//! Where a caller's sound comes from: the next block of mono samples, a gap, or the end; and the loudspeakers,
//! on which a recording can be heard.
//!
//! In: a device or a file. Out: [`Block`]s at the source's own sample rate. A source never blocks for
//! long: when nothing is there yet it says [`Block::Waiting`]. What a source keeps between calls stands
//! in its own module; a slice of samples is valid until the next call.

pub mod archive;
mod au;
mod bytes;
mod chain;
mod channel;
mod coding;
mod coding_name;
mod decoder;
mod error;
pub mod g711;
mod g722;
mod growing;
mod gsm;
mod live;
pub mod loudspeaker;
mod matroska;
pub mod microphone;
mod mixdown;
mod mp4;
mod mpeg;
mod mpeg_header;
mod mpeg_recording;
mod ogg;
mod opening;
mod opus;
mod pace;
mod packets;
mod parts;
mod piece;
mod raw;
pub mod recording;
mod riff;
mod spliced;
pub mod stream;
mod track;
mod wav;
mod wav_format;

pub use error::AudioError;

/// What one read of a source delivers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Block<'a> {
    /// Mono samples in [-1, 1] at the source's rate; never empty.
    Audio(&'a [f32]),
    /// So many samples (at the source's rate) were lost at this point of the stream.
    Gap(u64),
    /// For so many samples (at the source's rate) nobody was allowed to listen.
    Muted(u64),
    /// Nothing yet: ask again in a few milliseconds.
    Waiting,
    /// The recording is over, or the device was closed. Every later read says the same.
    End,
}

/// A stream of mono audio: a live device or a recorded call.
pub trait Source {
    /// Samples a second of the blocks.
    fn sample_rate_hz(&self) -> u32;

    /// The next block. The slice is valid until the next call.
    ///
    /// # Errors
    /// [`AudioError`] when the file cannot be decoded further or the device is gone.
    fn next_block(&mut self) -> Result<Block<'_>, AudioError>;
}
