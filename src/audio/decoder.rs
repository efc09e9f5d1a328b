//! A recording as a stream of mono samples, packet by packet.
//!
//! In: a path and a channel. Out: [`Chunk`]s in order, each packet's samples appended to the caller's
//! buffer. Keeps one packet and the codec's state, never the file. Reads no clock.

use std::io;
use std::path::{Path, PathBuf};

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo};
use symphonia::core::packet::Packet;
use symphonia::core::units::Timestamp;

use super::channel::Channel;
use super::error::AudioError;
use super::mixdown::Mixdown;
use super::track::{self, Codec, Opened, TrackFacts};

/// A jump lands this long before its aim and decodes up to it, so that codecs with a memory have found
/// back into the stream. MP3's bit reservoir reaches 9 frames back, 0.65 s at 8 kHz; RFC 7845 asks for
/// 80 ms of Opus.
const LEAD_IN_MS: u64 = 1_000;

/// Time stamps may differ from what was decoded by this much before audio counts as missing: they are
/// rounded in some containers.
const STAMP_TOLERANCE_MS: u64 = 10;

/// What one step of a [`Decoder`] gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// Samples were appended.
    Audio,
    /// So many samples could not be decoded.
    Gap(u64),
    /// The recording is over.
    End,
}

/// An open recording.
pub(super) struct Decoder {
    path: PathBuf,
    channel: Channel,
    mixdown: Mixdown,
    reader: Box<dyn FormatReader>,
    codec: Codec,
    track: TrackFacts,
    /// A packet that was read but waits for the gap before it to be told.
    held: Option<Packet>,
    /// The time stamp of the first sample.
    origin: Option<i64>,
    /// The next sample's position, counted from 0.
    position: u64,
    interleaved: Vec<f32>,
}

impl Decoder {
    /// Opens a recording and checks everything that its header tells.
    ///
    /// # Errors
    /// Every variant of [`AudioError`] but the last two can come from here.
    pub(super) fn open(path: &Path, channel: Channel) -> Result<Self, AudioError> {
        let Opened { reader, codec, track } = track::open(path)?;
        let wanted = channel.number().unwrap_or(1);
        if wanted > track.n_channels {
            let (path, n_channels) = (path.to_owned(), track.n_channels);
            return Err(AudioError::MissingChannel { path, wanted, n_channels });
        }
        Ok(Decoder {
            path: path.to_owned(),
            channel,
            mixdown: Mixdown::to(channel),
            reader,
            codec,
            track,
            held: None,
            origin: None,
            position: 0,
            interleaved: Vec::new(),
        })
    }

    /// Samples a second.
    pub(super) fn sample_rate_hz(&self) -> u32 {
        self.track.sample_rate_hz
    }

    /// Whether channels that are mixed cancel each other out.
    pub(super) fn cancels(&self) -> bool {
        self.mixdown.cancels()
    }

    /// How many channels the recording has.
    pub(super) fn n_channels(&self) -> usize {
        self.track.n_channels
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> &str {
        &self.track.format
    }

    /// How many samples there are, if the file tells.
    pub(super) fn len_samples(&self) -> Option<u64> {
        self.track.len
    }

    /// The position of the next sample, counted from 0.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Decodes the next packet and appends its samples to `mono`.
    ///
    /// # Errors
    /// [`AudioError::Truncated`] after the last sample of a file that was cut off,
    /// [`AudioError::NoAudio`] at the end of one that had none,
    /// [`AudioError::Malformed`] and [`AudioError::Read`] when reading cannot go on.
    pub(super) fn next_chunk(&mut self, mono: &mut Vec<f32>) -> Result<Chunk, AudioError> {
        loop {
            let Some(packet) = self.next_packet()? else { return self.end() };
            if let Some(lost) = self.missing_before(&packet) {
                self.held = Some(packet);
                self.position += lost;
                return Ok(Chunk::Gap(lost));
            }
            let first = mono.len();
            if !self.decode(&packet, mono)? {
                let lost = self.track.samples_in(packet.dur.get());
                if lost > 0 {
                    self.position += lost;
                    return Ok(Chunk::Gap(lost));
                }
            } else if mono.len() > first {
                self.position += (mono.len() - first) as u64;
                return Ok(Chunk::Audio);
            }
        }
    }

    /// Moves to at most `target`, near enough for decoding up to it. The position tells where.
    ///
    /// Containers whose time stamps are coarser than a sample are decoded from where they are, or from
    /// the start, because a jump in them would not be exact.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub(super) fn approach(&mut self, target: u64) -> Result<(), AudioError> {
        let aim = target.saturating_sub(self.samples_of_ms(LEAD_IN_MS));
        let is_before = self.position <= target;
        if is_before && (self.position >= aim || !self.track.has_sample_stamps()) {
            return Ok(());
        }
        if aim == 0 || !self.jump(aim) || self.position > target {
            *self = Decoder::open(&self.path, self.channel)?;
        }
        Ok(())
    }

    /// Lets the container jump. Says whether it could; only then is the position known.
    fn jump(&mut self, aim: u64) -> bool {
        let Some(origin) = self.known_origin().filter(|_| self.track.has_sample_stamps()) else {
            return false;
        };
        let ts = Timestamp::new(origin.saturating_add_unsigned(aim));
        let to = SeekTo::Timestamp { ts, track_id: self.track.id };
        if self.reader.seek(SeekMode::Accurate, to).is_err() {
            return false;
        }
        self.codec.reset();
        self.held = None;
        let Ok(Some(packet)) = self.next_packet() else { return false };
        let Ok(position) = u64::try_from(first_stamp(&packet) - origin) else { return false };
        self.position = position;
        self.held = Some(packet);
        true
    }

    /// The time stamp of the first sample, for which one packet may have to be decoded.
    fn known_origin(&mut self) -> Option<i64> {
        let mut unheard = Vec::new();
        while self.origin.is_none() {
            match self.next_chunk(&mut unheard) {
                Ok(Chunk::Audio | Chunk::Gap(_)) => {}
                Ok(Chunk::End) | Err(_) => return None,
            }
        }
        self.origin
    }

    /// How many samples are missing between the last packet and this one, by their time stamps.
    fn missing_before(&self, packet: &Packet) -> Option<u64> {
        let origin = self.origin.filter(|_| self.track.has_sample_stamps())?;
        let position = u64::try_from(first_stamp(packet) - origin).ok()?;
        let missing = position.saturating_sub(self.position);
        (missing > self.samples_of_ms(STAMP_TOLERANCE_MS)).then_some(missing)
    }

    fn samples_of_ms(&self, ms: u64) -> u64 {
        u64::from(self.track.sample_rate_hz) * ms / 1000
    }

    /// The next packet of the track; `None` at the end.
    fn next_packet(&mut self) -> Result<Option<Packet>, AudioError> {
        if let Some(packet) = self.held.take() {
            return Ok(Some(packet));
        }
        loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track.id => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(error) => return Err(self.reading_failed(error)),
            }
        }
    }

    fn reading_failed(&self, error: SymphoniaError) -> AudioError {
        let path = self.path.clone();
        match error {
            SymphoniaError::IoError(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                self.truncated()
            }
            SymphoniaError::IoError(source) => AudioError::Read { path, source },
            SymphoniaError::ResetRequired => AudioError::Malformed {
                path,
                reason: "the coding changes in the middle".to_owned(),
            },
            other => AudioError::Malformed { path, reason: other.to_string() },
        }
    }

    fn truncated(&self) -> AudioError {
        let seconds = |len| duration_s(len, self.track.sample_rate_hz);
        AudioError::Truncated {
            path: self.path.clone(),
            read_s: seconds(self.position),
            declared_s: self.track.declared_len.map(seconds),
        }
    }

    fn end(&self) -> Result<Chunk, AudioError> {
        match self.track.declared_len {
            Some(declared) if declared > self.position => Err(self.truncated()),
            _ if self.position == 0 => Err(AudioError::NoAudio { path: self.path.clone() }),
            _ => Ok(Chunk::End),
        }
    }

    /// Appends the packet's samples. `false`: it is corrupt.
    fn decode(&mut self, packet: &Packet, mono: &mut Vec<f32>) -> Result<bool, AudioError> {
        let n_channels = self.track.n_channels;
        let (samples, skipped) = match &mut self.codec {
            Codec::Opus { decoder, skip_len } => match decoder.decode(&packet.data) {
                Some(samples) => {
                    let kept = self.track.kept(packet, *skip_len, samples.len() / n_channels);
                    let skipped = kept.start.min(*skip_len);
                    *skip_len -= skipped;
                    (&samples[kept.start * n_channels..kept.end * n_channels], skipped)
                }
                None => return Ok(false),
            },
            Codec::Symphonia(decoder) => match decoder.decode(packet) {
                Ok(buffer) if buffer.num_planes() != n_channels => {
                    return Err(self.reading_failed(SymphoniaError::ResetRequired));
                }
                Ok(buffer) => {
                    buffer.copy_to_vec_interleaved(&mut self.interleaved);
                    (self.interleaved.as_slice(), 0)
                }
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                    return Ok(false);
                }
                Err(error) => return Err(self.reading_failed(error)),
            },
        };
        if !samples.is_empty() && self.origin.is_none() {
            let first = first_stamp(packet).saturating_add_unsigned(skipped as u64);
            self.origin = Some(first.saturating_sub_unsigned(self.position));
        }
        self.mixdown.append(samples, n_channels, mono);
        Ok(true)
    }
}

/// The time stamp of the first sample of a packet that is heard.
fn first_stamp(packet: &Packet) -> i64 {
    packet.pts.get().saturating_add_unsigned(packet.trim_start.get())
}

/// A length in seconds.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
fn duration_s(len: u64, sample_rate_hz: u32) -> f64 {
    len as f64 / f64::from(sample_rate_hz)
}
