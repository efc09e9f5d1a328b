//! A whole recording in memory: for clips, not for calls.
//!
//! In: a path. Out: its samples, silence where something is lost. Keeps nothing.

use std::path::Path;

use super::{Channel, FileHints};
use crate::AudioError;
use crate::decoder::{Chunk, Decoder};

/// A clip that lacks more is none.
const MAX_LOST_S: u64 = 600;

/// A whole recording in memory: for clips, not for calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Mono samples in [-1, 1].
    pub samples: Vec<f32>,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// How many channels the file has.
    pub n_channels: usize,
    /// Container, coding, rate and channels, for messages.
    pub format: String,
    /// Samples that could not be decoded; there is silence in their place.
    pub n_lost: u64,
}

/// Decodes a whole clip.
///
/// # Errors
/// As [`Recording::open`](super::Recording::open); also a clip that was cut off, since half a clip is not the clip.
pub fn decode(path: &Path, channel: Channel) -> Result<Decoded, AudioError> {
    decode_with(path, channel, FileHints::default())
}

/// The same of a file of which something is known.
///
/// # Errors
/// As [`decode`].
pub fn decode_with(path: &Path, channel: Channel, hints: FileHints) -> Result<Decoded, AudioError> {
    let mut decoder = Decoder::open(path, channel, hints)?;
    let mut samples = Vec::new();
    let mut n_lost = 0;
    loop {
        match decoder.next_chunk(&mut samples)? {
            Chunk::Audio => {}
            Chunk::Gap(lost) => {
                n_lost += lost;
                if n_lost > MAX_LOST_S * u64::from(decoder.sample_rate_hz()) {
                    let reason = format!("more than {MAX_LOST_S} s of it are missing");
                    return Err(AudioError::Malformed { path: path.to_owned(), reason });
                }
                let silence = usize::try_from(lost).unwrap_or(usize::MAX);
                samples.resize(samples.len().saturating_add(silence), 0.0);
            }
            Chunk::End => break,
        }
    }
    Ok(Decoded {
        samples,
        sample_rate_hz: decoder.sample_rate_hz(),
        n_channels: decoder.n_channels(),
        format: decoder.format().to_owned(),
        n_lost,
    })
}
