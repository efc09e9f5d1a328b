//! A recorded call as a [`Source`]: by the clock, or as fast as it is read.
//!
//! In: a path to one of the formats in `docs/recordings.md`, known by its content; only a recording without a header is
//! known by its name. The path `-` is standard input. Out: [`Block`]s of one channel or the mean of all. It keeps what
//! was decoded and not yet delivered, a packet or a block: memory does not grow with the recording.
//!
//! Nothing that was recorded is lost without a word: what does not decode, and what time stamps say is missing, is a
//! [`Block::Gap`] of its length. A file that was cut off is delivered up to its last sample, then says
//! [`AudioError::Truncated`] once, or [`AudioError::BrokenOff`], then [`Block::End`].

mod clip;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::bytes::Bytes;
use super::decoder::{Chunk, Decoder};
use super::live::LiveDecoder;
use super::{AudioError, Block, Source};

pub use super::bytes::STANDARD_INPUT;
pub use super::channel::{Channel, ChannelError};
pub use super::opening::FileHints;
pub use super::pace::Pace;
use super::pace::Pacer;
pub use super::raw::{RawCoding, RawCodingError};
pub use clip::{Decoded, decode, decode_with};

/// So many samples of the silence before a recording are made at once.
const SILENCE_LEN: u64 = 4_096;

/// Paced blocks are this long, so that readings come as smoothly as in a live call.
const PACED_BLOCK_MS: u32 = 20;

/// An open recording.
///
/// The position counts every sample of the recording, lost ones included.
pub struct Recording {
    path: PathBuf,
    feed: Feed,
    pacer: Pacer,
    block_len: Option<usize>,
    /// Decoded samples, of which those before `delivered` are gone.
    samples: Vec<f32>,
    delivered: usize,
    position: u64,
    /// What comes after the samples.
    next: Option<Next>,
    /// By how many samples it begins after time 0; negative: so many are left out at its beginning.
    shift: i64,
    /// Samples of silence before its first that are still to come.
    silence: u64,
}

/// Where the samples come from.
enum Feed {
    /// What lies there whole.
    File(Box<Decoder>),
    /// What is still being written.
    Live(LiveDecoder),
}

impl Feed {
    /// Appends the next samples; `None` if nothing has come yet.
    fn next_chunk(&mut self, samples: &mut Vec<f32>) -> Result<Option<Chunk>, AudioError> {
        match self {
            Feed::File(decoder) => decoder.next_chunk(samples).map(Some),
            Feed::Live(live) => live.next_chunk(samples),
        }
    }
}

/// What follows the samples that are decoded already.
enum Next {
    Gap(u64),
    Failure(AudioError),
    End,
}

impl Recording {
    /// The file that it is read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a recording at its beginning.
    ///
    /// # Errors
    /// A file that is missing, empty, no audio, of an unsupported coding or rate, or damaged; a channel
    /// that it does not have. Each message names the file.
    pub fn open(path: &Path, channel: Channel, pace: Pace) -> Result<Self, AudioError> {
        Recording::open_with(path, channel, pace, FileHints::default())
    }

    /// The same of a file of which something is known. What is still being written is read on a thread of its own: a
    /// pipe, standard input, a file that is followed. Opening that waits until its header has come.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn open_with(
        path: &Path,
        channel: Channel,
        pace: Pace,
        hints: FileHints,
    ) -> Result<Self, AudioError> {
        let decoder = Decoder::open(path, channel, hints)?;
        let pacer = Pacer::new(pace, decoder.sample_rate_hz());
        let feed = if Bytes::is_live(path, hints.follow) {
            let failed = |source| AudioError::Read { path: path.to_owned(), source };
            Feed::Live(LiveDecoder::start(decoder).map_err(failed)?)
        } else {
            Feed::File(Box::new(decoder))
        };
        Ok(Recording {
            path: path.to_owned(),
            feed,
            pacer,
            block_len: None,
            samples: Vec::new(),
            delivered: 0,
            position: 0,
            next: None,
            shift: 0,
            silence: 0,
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

    /// The same with a length in milliseconds, of a sample at least.
    #[must_use]
    pub fn with_block_ms(self, ms: u32) -> Self {
        let len = self.len_of_ms(ms).max(1);
        self.with_block_len(len)
    }

    /// Lets the recording begin so many seconds after time 0, with silence before it; a negative number leaves out what
    /// came before time 0. To the sample, rounded.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn shifted(mut self, seconds: f64) -> Result<Self, AudioError> {
        #[expect(clippy::cast_possible_truncation, reason = "an offset is far below 2^63 samples")]
        let shift = (seconds * f64::from(self.sample_rate_hz())).round() as i64;
        self.shift = shift;
        self.seek(0)?;
        Ok(self)
    }

    /// Samples in so much time, rounded down.
    fn len_of_ms(&self, ms: u32) -> usize {
        let len = u64::from(self.sample_rate_hz()) * u64::from(ms) / 1000;
        usize::try_from(len).unwrap_or(usize::MAX)
    }

    /// The recording's length in samples, if the file tells it. An estimate for MP3 without a length in
    /// its header, and for `WebM`.
    #[must_use]
    pub fn len_samples(&self) -> Option<u64> {
        match &self.feed {
            Feed::File(decoder) => decoder.len_samples()?.checked_add_signed(self.shift),
            Feed::Live(_) => None,
        }
    }

    /// Whether its channels, where they are mixed, cancel each other out: one is the other upside down.
    #[must_use]
    pub fn cancels(&self) -> bool {
        match &self.feed {
            Feed::File(decoder) => decoder.cancels(),
            Feed::Live(live) => live.cancels(),
        }
    }

    /// How many channels the recording has.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        match &self.feed {
            Feed::File(decoder) => decoder.n_channels(),
            Feed::Live(live) => live.n_channels(),
        }
    }

    /// Container, coding, rate and channels, for messages: `wave (pcm_mulaw), 8000 Hz, 2 channel(s)`.
    #[must_use]
    pub fn format(&self) -> &str {
        match &self.feed {
            Feed::File(decoder) => decoder.format(),
            Feed::Live(live) => live.format(),
        }
    }

    /// Whether it is still being written: then it comes as it comes, and there is no way back.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.feed, Feed::Live(_))
    }

    /// What there is to say of the file beside its sound, in a sentence, once: that its header promises less than there
    /// is, for example.
    pub fn take_remark(&mut self) -> Option<String> {
        match &mut self.feed {
            Feed::File(decoder) => decoder.take_remark(),
            Feed::Live(live) => live.take_remark(),
        }
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
    /// What is still being written stays where it is.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn seek(&mut self, sample: u64) -> Result<u64, AudioError> {
        if self.is_live() {
            return Ok(self.position);
        }
        let shift = self.shift.unsigned_abs();
        let (target, silence) = match self.shift {
            0.. => (sample.saturating_sub(shift), shift.saturating_sub(sample)),
            ..0 => (sample.saturating_add(shift), 0),
        };
        let reached = self.seek_in_file(target)?;
        self.silence = silence;
        self.position = reached.saturating_add_signed(self.shift).saturating_sub(silence);
        Ok(self.position)
    }

    /// The same in the file's own time.
    fn seek_in_file(&mut self, sample: u64) -> Result<u64, AudioError> {
        let Feed::File(decoder) = &mut self.feed else { return Ok(self.position) };
        self.delivered = 0;
        self.next = None;
        self.pacer.restart();
        decoder.approach(sample)?;
        loop {
            let before = decoder.position();
            self.position = before;
            self.samples.clear();
            if before >= sample {
                return Ok(before);
            }
            match decoder.next_chunk(&mut self.samples) {
                Ok(Chunk::Audio) if decoder.position() > sample => {
                    self.delivered = usize::try_from(sample - before).unwrap_or(usize::MAX);
                    self.position = sample;
                    return Ok(sample);
                }
                Ok(Chunk::Gap(_)) if decoder.position() > sample => {
                    self.next = Some(Next::Gap(decoder.position() - sample));
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
            if self.silence > 0 {
                let len = self.silence.min(SILENCE_LEN);
                self.samples.extend((0..len).map(|_| 0.0));
                self.silence -= len;
                continue;
            }
            self.next = match self.feed.next_chunk(&mut self.samples) {
                Ok(None) => return,
                Ok(Some(Chunk::Audio)) => None,
                Ok(Some(Chunk::Gap(lost))) => Some(Next::Gap(lost)),
                Ok(Some(Chunk::End)) => Some(Next::End),
                Err(error) => Some(Next::Failure(error)),
            };
        }
    }

    /// The length that the next block should have; `None` for whatever is decoded.
    fn wanted_len(&self) -> Option<usize> {
        self.block_len.or_else(|| self.pacer.is_paced().then(|| self.len_of_ms(PACED_BLOCK_MS)))
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
            Some(Next::End) => {
                self.next = Some(Next::End);
                Ok(Block::End)
            }
            // What is still being written.
            None => Ok(Block::Waiting),
        }
    }
}

impl Source for Recording {
    fn sample_rate_hz(&self) -> u32 {
        match &self.feed {
            Feed::File(decoder) => decoder.sample_rate_hz(),
            Feed::Live(live) => live.sample_rate_hz(),
        }
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
        if self.next.is_none() && wanted.is_some_and(|wanted| waiting < wanted) {
            // The rest of the block is still being written.
            return Ok(Block::Waiting);
        }
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

/// Whether this path is of something that is still being written: standard input, or a pipe.
#[must_use]
pub fn is_live(path: &Path) -> bool {
    Bytes::is_live(path, None)
}
