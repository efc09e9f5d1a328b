//! A recording as a stream of mono samples at one rate, whatever it is made of.
//!
//! In: a path, a channel, and what is known of the file beforehand. Out: [`Chunk`]s in order, samples appended to the
//! caller's buffer. Keeps what was decoded and waits for its turn, never the file. Where another rate begins in the
//! middle, the sound is resampled to the first; gaps that follow each other are one. Reads no clock.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::channel::Channel;
use super::error::AudioError;
use super::mixdown::Mixdown;
use super::opening::{self, Engine, FileHints};
use super::piece::{Piece, Spec, duration_s};
use resample::Resampler;

/// A jump lands this long before its aim and decodes up to it, so that codecs with a memory have found
/// back into the stream. MP3's bit reservoir reaches 9 frames back, 0.65 s at 8 kHz; RFC 7845 asks for
/// 80 ms of Opus.
const LEAD_IN_MS: u64 = 1_000;

/// No call is longer: what claims to lack more has wrong numbers, and lacks nobody knows how much.
pub(super) const MAX_GAP_S: u64 = 24 * 3600;

/// What one step of a [`Decoder`] gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// Samples were appended.
    Audio,
    /// So many samples are missing here.
    Gap(u64),
    /// The recording is over.
    End,
}

/// What was decoded and waits for its turn.
enum Waiting {
    Audio(Vec<f32>),
    Gap(u64),
    End(Option<AudioError>),
}

/// An open recording.
pub(super) struct Decoder {
    path: PathBuf,
    channel: Channel,
    mixdown: Mixdown,
    hints: FileHints,
    engine: Engine,
    /// Of the beginning; the rate is that of all samples that are delivered.
    spec: Spec,
    format: String,
    len: Option<u64>,
    /// The next sample's position, counted from 0.
    position: u64,
    waiting: VecDeque<Waiting>,
    interleaved: Vec<f32>,
    /// For what has another rate, with that rate.
    converter: Option<(u32, Resampler)>,
}

impl Decoder {
    /// Opens a recording and checks everything that its header tells.
    ///
    /// # Errors
    /// Every variant of [`AudioError`] for recordings but those that come at the end.
    pub(super) fn open(
        path: &Path,
        channel: Channel,
        hints: FileHints,
    ) -> Result<Self, AudioError> {
        let engine = opening::open(path, hints)?;
        let spec = engine.spec();
        let wanted = channel.number().unwrap_or(1);
        if wanted > spec.n_channels {
            let (path, n_channels) = (path.to_owned(), spec.n_channels);
            return Err(AudioError::MissingChannel { path, wanted, n_channels });
        }
        Ok(Decoder {
            path: path.to_owned(),
            channel,
            mixdown: Mixdown::to(channel),
            hints,
            spec,
            format: engine.format(),
            len: engine.len(),
            engine,
            position: 0,
            waiting: VecDeque::new(),
            interleaved: Vec::new(),
            converter: None,
        })
    }

    /// Samples a second.
    pub(super) fn sample_rate_hz(&self) -> u32 {
        self.spec.rate_hz
    }

    /// Whether channels that are mixed cancel each other out.
    pub(super) fn cancels(&self) -> bool {
        self.mixdown.cancels()
    }

    /// How many channels the recording has.
    pub(super) fn n_channels(&self) -> usize {
        self.spec.n_channels
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> &str {
        &self.format
    }

    /// How many samples there are, if the file tells.
    pub(super) fn len_samples(&self) -> Option<u64> {
        self.len
    }

    /// The position of the next sample, counted from 0.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// What there is to say of the recording beside its sound, once.
    pub(super) fn take_remark(&mut self) -> Option<String> {
        self.engine.take_remark()
    }

    /// Decodes on and appends samples to `mono`.
    ///
    /// # Errors
    /// [`AudioError::Truncated`] after the last sample of a file that was cut off,
    /// [`AudioError::BrokenOff`] after that of one that cannot be read further,
    /// [`AudioError::NoAudio`] at the end of one that had none,
    /// [`AudioError::Malformed`] and [`AudioError::Read`] when nothing can be read.
    pub(super) fn next_chunk(&mut self, mono: &mut Vec<f32>) -> Result<Chunk, AudioError> {
        loop {
            let is_followed = self.waiting.len() > 1;
            match self.waiting.pop_front() {
                Some(Waiting::Audio(samples)) => {
                    mono.extend_from_slice(&samples);
                    self.position += samples.len() as u64;
                    return Ok(Chunk::Audio);
                }
                Some(Waiting::Gap(len)) if is_followed => {
                    self.position += len;
                    return Ok(Chunk::Gap(len));
                }
                Some(Waiting::End(error)) => return error.map_or(Ok(Chunk::End), Err),
                // Another gap may follow, and they are one.
                Some(gap) => self.waiting.push_front(gap),
                None => {}
            }
            self.read_on();
        }
    }

    /// Takes the next piece and lets it wait.
    fn read_on(&mut self) {
        let piece = self.engine.next_piece(&mut self.interleaved);
        let spec = self.engine.spec();
        let is_missing = self.channel.number().is_some_and(|number| number > spec.n_channels);
        match piece {
            Ok(Piece::Audio) if is_missing => {
                let len = self.interleaved.len() / spec.n_channels;
                self.miss(len as u64, spec.rate_hz);
            }
            Ok(Piece::Audio) => self.hear(spec),
            Ok(Piece::Gap(len)) => self.miss(len, spec.rate_hz),
            Ok(Piece::End) => self.end(None),
            Ok(Piece::Cut { missing }) => {
                let missing = self.at_our_rate(missing, spec.rate_hz);
                let missing = missing.min(MAX_GAP_S * u64::from(self.spec.rate_hz));
                self.end(Some(missing));
            }
            Err(error) => {
                self.finish_converter();
                let error = self.broken_off(error);
                self.waiting.push_back(Waiting::End(Some(error)));
            }
        }
    }

    fn at_our_rate(&self, len: u64, rate_hz: u32) -> u64 {
        let scaled = u128::from(len) * u128::from(self.spec.rate_hz) / u128::from(rate_hz.max(1));
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }

    /// The samples that were just decoded, as one channel at our rate.
    fn hear(&mut self, spec: Spec) {
        let mut mono = Vec::with_capacity(self.interleaved.len() / spec.n_channels);
        self.mixdown.append(&self.interleaved, spec.n_channels, &mut mono);
        if self.converter.as_ref().is_some_and(|(rate_hz, _)| *rate_hz != spec.rate_hz) {
            self.finish_converter();
        }
        if spec.rate_hz != self.spec.rate_hz && self.converter.is_none() {
            match Resampler::new(spec.rate_hz, self.spec.rate_hz) {
                Ok(resampler) => self.converter = Some((spec.rate_hz, resampler)),
                Err(_) => return self.miss(mono.len() as u64, spec.rate_hz),
            }
        }
        let samples = match &mut self.converter {
            None => mono,
            Some((_, resampler)) => {
                let mut samples = Vec::new();
                resampler.push(&mono, &mut samples);
                limit(&mut samples);
                samples
            }
        };
        if !samples.is_empty() {
            self.waiting.push_back(Waiting::Audio(samples));
        }
    }

    fn miss(&mut self, len: u64, rate_hz: u32) {
        self.finish_converter();
        let len = self.at_our_rate(len, rate_hz).min(MAX_GAP_S * u64::from(self.spec.rate_hz));
        match self.waiting.back_mut() {
            _ if len == 0 => {}
            Some(Waiting::Gap(before)) => *before += len,
            _ => self.waiting.push_back(Waiting::Gap(len)),
        }
    }

    /// What is still within the resampler comes out.
    fn finish_converter(&mut self) {
        if let Some((_, mut resampler)) = self.converter.take() {
            let mut samples = Vec::new();
            resampler.finish(&mut samples);
            limit(&mut samples);
            if !samples.is_empty() {
                self.waiting.push_back(Waiting::Audio(samples));
            }
        }
    }

    /// The position after all that waits.
    fn end_position(&self) -> u64 {
        let lens = self.waiting.iter().map(|waiting| match waiting {
            Waiting::Audio(samples) => samples.len() as u64,
            Waiting::Gap(len) => *len,
            Waiting::End(_) => 0,
        });
        self.position + lens.sum::<u64>()
    }

    /// The end, and how much is missing there if it was cut off, 0 if nobody knows how much.
    fn end(&mut self, cut: Option<u64>) {
        self.finish_converter();
        let read = self.end_position();
        let seconds = |len| duration_s(len, self.spec.rate_hz);
        let path = self.path.clone();
        let error = match cut {
            Some(missing) if read > 0 => Some(AudioError::Truncated {
                path,
                read_s: seconds(read),
                declared_s: (missing > 0).then(|| seconds(read + missing)),
            }),
            _ if read == 0 => Some(AudioError::NoAudio { path }),
            _ => None,
        };
        self.waiting.push_back(Waiting::End(error));
    }

    /// A failure, as it is to be told after what was heard.
    fn broken_off(&self, error: AudioError) -> AudioError {
        let read = self.end_position();
        let reason = match error {
            _ if read == 0 => return error,
            AudioError::Malformed { reason, .. } => reason,
            AudioError::Read { source, .. } => source.to_string(),
            AudioError::UnsupportedCodec { codec, .. } | AudioError::ClosedCodec { codec, .. } => {
                format!("it goes on as {codec}")
            }
            other => other.to_string(),
        };
        let read_s = duration_s(read, self.spec.rate_hz);
        AudioError::BrokenOff { path: self.path.clone(), read_s, reason }
    }

    /// Moves to at most `target`, near enough for decoding up to it. The position tells where.
    ///
    /// Containers whose time stamps are coarser than a sample, and files of several parts, are decoded from where they
    /// are, or from the start, because a jump in them would not be exact.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub(super) fn approach(&mut self, target: u64) -> Result<(), AudioError> {
        let lead_in = u64::from(self.spec.rate_hz) * LEAD_IN_MS / 1000;
        let aim = target.saturating_sub(lead_in);
        let is_before = self.position <= target;
        if is_before && (self.position >= aim || !self.engine.can_jump()) {
            return Ok(());
        }
        if aim > 0
            && let Some(position) = self.engine.jump(aim)
            && position <= target
        {
            self.waiting.clear();
            self.position = position;
            return Ok(());
        }
        *self = Decoder::open(&self.path, self.channel, self.hints)?;
        Ok(())
    }
}

/// Keeps samples within full scale, beyond which a filter swings.
fn limit(samples: &mut [f32]) {
    for sample in samples {
        *sample = sample.clamp(-1.0, 1.0);
    }
}
