//! A recorded call as a [`Source`]: by the clock, or as fast as it is read.
//!
//! In: a path to WAV (PCM, float, G.711, ADPCM), AIFF, FLAC, MP3, Ogg Vorbis or Opus, M4A or `WebM`, known
//! by its content and not by its name. Out: [`Block`]s of one channel or the mean of all. It keeps what
//! was decoded and not yet delivered, a packet or a block: memory does not grow with the recording.
//!
//! Nothing that was recorded is lost without a word: a packet that does not decode is a [`Block::Gap`]
//! of its length, and a file that was cut off is delivered up to its last sample, then says
//! [`AudioError::Truncated`] once, then [`Block::End`].

use std::path::Path;
use std::time::Instant;

use super::decoder::{Chunk, Decoder};
use super::{AudioError, Block, Source};

pub use super::channel::{Channel, ChannelError};
pub use super::pace::Pace;
use super::pace::Pacer;

/// Paced blocks are this long, so that readings come as smoothly as in a live call.
const PACED_BLOCK_MS: u32 = 20;

/// An open recording.
///
/// The position counts every sample of the recording, lost ones included.
pub struct Recording {
    decoder: Decoder,
    pacer: Pacer,
    block_len: Option<usize>,
    /// Decoded samples, of which those before `delivered` are gone.
    samples: Vec<f32>,
    delivered: usize,
    position: u64,
    /// What comes after the samples.
    next: Option<Next>,
}

/// What follows the samples that are decoded already.
enum Next {
    Gap(u64),
    Failure(AudioError),
    End,
}

impl Recording {
    /// Opens a recording at its beginning.
    ///
    /// # Errors
    /// A file that is missing, empty, no audio, of an unsupported coding or rate, or damaged; a channel
    /// that it does not have. Each message names the file.
    pub fn open(path: &Path, channel: Channel, pace: Pace) -> Result<Self, AudioError> {
        let decoder = Decoder::open(path, channel)?;
        let pacer = Pacer::new(pace, decoder.sample_rate_hz());
        Ok(Recording {
            decoder,
            pacer,
            block_len: None,
            samples: Vec::new(),
            delivered: 0,
            position: 0,
            next: None,
        })
    }

    /// Delivers blocks of exactly `len` samples, but for those before a gap and the end, which are shorter.
    ///
    /// # Panics
    /// If `len` is 0.
    #[must_use]
    pub fn with_block_len(mut self, len: usize) -> Self {
        assert!(len > 0, "a block has at least one sample");
        self.block_len = Some(len);
        self
    }

    /// The recording's length in samples, if the file tells it. An estimate for MP3 without a length in
    /// its header, and for `WebM`.
    #[must_use]
    pub fn len_samples(&self) -> Option<u64> {
        self.decoder.len_samples()
    }

    /// How many channels the recording has.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.decoder.n_channels()
    }

    /// Container, coding, rate and channels, for messages: `wave (pcm_mulaw), 8000 Hz, 2 channel(s)`.
    #[must_use]
    pub fn format(&self) -> &str {
        self.decoder.format()
    }

    /// How many samples were delivered or lost so far: the position of the next one.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How fast blocks come.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pacer.pace()
    }

    /// Changes how fast blocks come from here on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pacer.set_pace(pace);
    }

    /// Holds the recording (every block is [`Block::Waiting`]), or lets it go on from where it stands.
    pub fn pause(&mut self, paused: bool) {
        self.pacer.pause(paused);
    }

    /// Moves so that `sample` is the next one, and says where it stands now: beyond the end it is the end.
    ///
    /// Also leads back from the end. Sample-accurate in every format: the samples are those that an
    /// uninterrupted read gives there (to within the decoder's rounding for Opus).
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn seek(&mut self, sample: u64) -> Result<u64, AudioError> {
        self.delivered = 0;
        self.next = None;
        self.pacer.restart();
        self.decoder.approach(sample)?;
        loop {
            let before = self.decoder.position();
            self.position = before;
            self.samples.clear();
            if before >= sample {
                return Ok(before);
            }
            match self.decoder.next_chunk(&mut self.samples) {
                Ok(Chunk::Audio) if self.decoder.position() > sample => {
                    self.delivered = usize::try_from(sample - before).unwrap_or(usize::MAX);
                    self.position = sample;
                    return Ok(sample);
                }
                Ok(Chunk::Gap(_)) if self.decoder.position() > sample => {
                    self.next = Some(Next::Gap(self.decoder.position() - sample));
                    self.position = sample;
                    return Ok(sample);
                }
                Ok(Chunk::Audio | Chunk::Gap(_)) => {}
                Ok(Chunk::End) => {
                    self.next = Some(Next::End);
                    return Ok(before);
                }
                Err(error) => {
                    self.next = Some(Next::Failure(error));
                    return Ok(before);
                }
            }
        }
    }

    /// Decodes until `wanted` samples wait to be delivered, or something else comes first.
    fn fill(&mut self, wanted: usize) {
        if self.delivered > 0 && self.samples.len() - self.delivered < wanted {
            self.samples.drain(..self.delivered);
            self.delivered = 0;
        }
        while self.samples.len() - self.delivered < wanted && self.next.is_none() {
            self.next = match self.decoder.next_chunk(&mut self.samples) {
                Ok(Chunk::Audio) => None,
                Ok(Chunk::Gap(lost)) => Some(Next::Gap(lost)),
                Ok(Chunk::End) => Some(Next::End),
                Err(error) => Some(Next::Failure(error)),
            };
        }
    }

    /// The length that the next block should have; `None` for whatever is decoded.
    fn wanted_len(&self) -> Option<usize> {
        let paced_len = self.decoder.sample_rate_hz() * PACED_BLOCK_MS / 1000;
        self.block_len.or_else(|| {
            self.pacer.is_paced().then(|| usize::try_from(paced_len).unwrap_or(usize::MAX))
        })
    }

    /// What comes when no sample waits any more.
    fn deliver_next(&mut self, now: Instant) -> Result<Block<'_>, AudioError> {
        match self.next.take() {
            Some(Next::Gap(lost)) => {
                if !self.pacer.is_due(self.position, self.position + lost, now) {
                    self.next = Some(Next::Gap(lost));
                    return Ok(Block::Waiting);
                }
                self.position += lost;
                Ok(Block::Gap(lost))
            }
            Some(Next::Failure(error)) => {
                self.next = Some(Next::End);
                Err(error)
            }
            Some(Next::End) | None => {
                self.next = Some(Next::End);
                Ok(Block::End)
            }
        }
    }
}

impl Source for Recording {
    fn sample_rate_hz(&self) -> u32 {
        self.decoder.sample_rate_hz()
    }

    /// Never sleeps: a block that is not due yet is [`Block::Waiting`].
    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        let wanted = self.wanted_len();
        self.fill(wanted.unwrap_or(1));
        let now = Instant::now();
        let waiting = self.samples.len() - self.delivered;
        if waiting == 0 {
            return self.deliver_next(now);
        }
        let len = wanted.map_or(waiting, |wanted| wanted.min(waiting));
        let end = self.position + len as u64;
        if !self.pacer.is_due(self.position, end, now) {
            return Ok(Block::Waiting);
        }
        self.position = end;
        let first = self.delivered;
        self.delivered += len;
        Ok(Block::Audio(&self.samples[first..self.delivered]))
    }
}

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
/// As [`Recording::open`]; also a clip that was cut off, since half a clip is not the clip.
pub fn decode(path: &Path, channel: Channel) -> Result<Decoded, AudioError> {
    let mut decoder = Decoder::open(path, channel)?;
    let mut samples = Vec::new();
    let mut n_lost = 0;
    loop {
        match decoder.next_chunk(&mut samples)? {
            Chunk::Audio => {}
            Chunk::Gap(lost) => {
                n_lost += lost;
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

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 8000;
    /// So fast, or so slow, that no test depends on how long it takes.
    const AT_ONCE: Pace = Pace::Paced { speed: 1e12 };
    const NEVER: Pace = Pace::Paced { speed: 1e-12 };

    /// A recording in which every sample tells its position.
    fn counting(len: u16) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(file.reopen().unwrap(), spec).unwrap();
        (0..len).for_each(|index| writer.write_sample(index.cast_signed()).unwrap());
        writer.finalize().unwrap();
        file
    }

    fn open(file: &tempfile::NamedTempFile, pace: Pace) -> Recording {
        Recording::open(file.path(), Channel::Mix, pace).unwrap()
    }

    /// The position that a sample of [`counting`] tells.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    fn told(sample: f32) -> u64 {
        (sample * 32768.0) as u64
    }

    /// Asserts that everything from the recording's position to `end` comes, in order, and ends.
    fn assert_continues(recording: &mut Recording, end: u64) {
        loop {
            let position = recording.position();
            match recording.next_block().unwrap() {
                Block::Audio(samples) => {
                    for (expected, sample) in (position..).zip(samples) {
                        assert_eq!(told(*sample), expected);
                    }
                }
                Block::End => break assert_eq!(position, end),
                Block::Waiting => {}
                Block::Gap(_) | Block::Muted(_) => panic!("all of it is heard"),
            }
        }
    }

    #[test]
    fn a_recording_can_move_to_another_thread() {
        fn is_send<T: Send + 'static>() {}
        is_send::<Recording>();
    }

    #[test]
    fn every_pace_and_block_length_gives_the_same_samples() {
        let file = counting(10_007);
        assert_continues(&mut open(&file, Pace::AsRead), 10_007);
        assert_continues(&mut open(&file, AT_ONCE), 10_007);
        for len in [1, 7, 160, 1152, 4096, 20_000] {
            assert_continues(&mut open(&file, Pace::AsRead).with_block_len(len), 10_007);
            assert_continues(&mut open(&file, AT_ONCE).with_block_len(len), 10_007);
        }
    }

    #[test]
    fn blocks_have_the_length_that_was_asked_for() {
        let file = counting(1000);
        let mut recording = open(&file, Pace::AsRead).with_block_len(300);
        for expected in [300, 300, 300, 100] {
            let block = recording.next_block().unwrap();
            assert!(matches!(block, Block::Audio(samples) if samples.len() == expected));
        }
        assert_eq!(recording.next_block().unwrap(), Block::End);
        assert_eq!(recording.next_block().unwrap(), Block::End);
    }

    #[test]
    fn a_paced_recording_waits_for_the_clock() {
        let file = counting(1000);
        let mut recording = open(&file, NEVER);
        assert_eq!(recording.next_block().unwrap(), Block::Waiting);
        assert_eq!(recording.position(), 0);
        recording.set_pace(AT_ONCE);
        assert_continues(&mut recording, 1000);
    }

    #[test]
    fn a_paused_recording_waits_and_loses_nothing() {
        let file = counting(3000);
        let mut recording = open(&file, Pace::AsRead).with_block_len(500);
        recording.next_block().unwrap();
        recording.pause(true);
        assert_eq!(recording.next_block().unwrap(), Block::Waiting);
        assert_eq!(recording.seek(2000).unwrap(), 2000);
        assert_eq!(recording.next_block().unwrap(), Block::Waiting);
        recording.pause(false);
        assert_continues(&mut recording, 3000);
    }

    #[test]
    fn a_jump_is_exact_in_both_directions_and_back_from_the_end() {
        let file = counting(30_000);
        let mut recording = open(&file, Pace::AsRead).with_block_len(100);
        for target in [29_999, 0, 1152, 25_000, 1151, 30_000, 12_345, 12_346, 11_000] {
            assert_eq!(recording.seek(target).unwrap(), target);
            assert_continues(&mut recording, 30_000);
        }
        assert_eq!(recording.seek(99_999).unwrap(), 30_000, "beyond the end is the end");
        assert_eq!(recording.next_block().unwrap(), Block::End);
    }

    #[test]
    fn memory_does_not_grow_with_the_recording() {
        let file = counting(32_000);
        let mut recording = open(&file, Pace::AsRead).with_block_len(160);
        assert_continues(&mut recording, 32_000);
        assert!(recording.samples.capacity() < 8_000, "{}", recording.samples.capacity());
    }
}
