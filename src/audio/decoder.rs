//! A recording as a stream of mono samples: finds the format by content, decodes packet by packet.
//!
//! In: a path and a channel. Out: [`Chunk`]s in order, each packet's samples appended to the caller's
//! buffer. Keeps one packet and the codec's state, never the file. Reads no clock.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};
use symphonia::default::{get_codecs, get_probe};

use super::channel::Channel;
use super::error::AudioError;
use super::opus::{self, OPUS_RATE_HZ, OpusDecoder};
use super::wav;

/// Speech is recorded at 8 to 48 kHz; anything outside this range is a damaged header.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// A jump lands this long before its aim and decodes up to it, so that codecs with a memory have found
/// back into the stream. MP3's bit reservoir reaches 9 frames back, 0.65 s at 16 kHz; RFC 7845 asks for
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

/// What does not change while a recording is read.
struct TrackFacts {
    id: u32,
    sample_rate_hz: u32,
    n_channels: usize,
    format: String,
    len: Option<u64>,
    /// Samples that the file promises, if that is exactly known.
    declared_len: Option<u64>,
    time_base: Option<TimeBase>,
}

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    /// With the samples still to be dropped at the start.
    Opus {
        decoder: Box<OpusDecoder>,
        skip_len: usize,
    },
}

impl Decoder {
    /// Opens a recording and checks everything that its header tells.
    ///
    /// # Errors
    /// Every variant of [`AudioError`] but the last two can come from here.
    pub(super) fn open(path: &Path, channel: Channel) -> Result<Self, AudioError> {
        let (source, promised_ratio) = open_source(path)?;
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let reader = get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| refusal(path, error))?;
        let (codec, mut track) = open_track(path, reader.as_ref())?;
        if let Some(ratio) = promised_ratio {
            track.declared_len = track.len.map(|len| scaled(len, ratio));
        }
        let wanted = channel.number().unwrap_or(1);
        if wanted > track.n_channels {
            let (path, n_channels) = (path.to_owned(), track.n_channels);
            return Err(AudioError::MissingChannel { path, wanted, n_channels });
        }
        Ok(Decoder {
            path: path.to_owned(),
            channel,
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
        let Some(origin) = self.origin.filter(|_| self.track.has_sample_stamps()) else {
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
        self.channel.append_mono(samples, n_channels, mono);
        Ok(true)
    }
}

impl TrackFacts {
    /// Whether time stamps count samples, so that positions in the container are exact.
    fn has_sample_stamps(&self) -> bool {
        self.time_base == TimeBase::try_from_recip(self.sample_rate_hz)
    }

    /// A length in time stamps as samples.
    fn samples_in(&self, stamps: u64) -> u64 {
        self.time_base.map_or(stamps, |base| samples_at(self.sample_rate_hz, stamps, base))
    }

    /// The part of a decoded Opus packet of `len` samples that is to be heard.
    fn kept(&self, packet: &Packet, skip_len: usize, len: usize) -> std::ops::Range<usize> {
        let trimmed = |stamps| usize::try_from(self.samples_in(stamps)).unwrap_or(len);
        let start = skip_len.saturating_add(trimmed(packet.trim_start.get())).min(len);
        start..len.saturating_sub(trimmed(packet.trim_end.get())).max(start)
    }
}

impl Codec {
    fn reset(&mut self) {
        match self {
            Codec::Symphonia(decoder) => decoder.reset(),
            Codec::Opus { decoder, .. } => decoder.reset(),
        }
    }
}

/// The time stamp of the first sample of a packet that is heard.
fn first_stamp(packet: &Packet) -> i64 {
    packet.pts.get().saturating_add_unsigned(packet.trim_start.get())
}

/// Opens the file for symphonia. WAV files go through [`wav`], which also says by which factor they
/// promise more than they hold.
fn open_source(path: &Path) -> Result<(Box<dyn MediaSource>, Option<f64>), AudioError> {
    let failed = |source| AudioError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(AudioError::NotAFile { path: path.to_owned() });
    }
    if metadata.len() == 0 {
        return Err(AudioError::EmptyFile { path: path.to_owned() });
    }
    if let Some(wav) = wav::open(&mut file, path)? {
        return Ok((wav.source, wav.promised_ratio));
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok((Box::new(file), None))
}

/// What a file that cannot be opened as audio is told to be.
fn refusal(path: &Path, error: SymphoniaError) -> AudioError {
    let path = path.to_owned();
    match error {
        SymphoniaError::Unsupported(reason) if reason.starts_with("core (probe)") => {
            AudioError::NotAudio { path }
        }
        SymphoniaError::IoError(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            AudioError::Malformed { path, reason: "it ends within its header".to_owned() }
        }
        SymphoniaError::IoError(source) => AudioError::Read { path, source },
        other => AudioError::Malformed { path, reason: other.to_string() },
    }
}

/// Chooses the audio track, checks it, and makes its decoder.
fn open_track(path: &Path, reader: &dyn FormatReader) -> Result<(Codec, TrackFacts), AudioError> {
    let track = reader
        .default_track(TrackType::Audio)
        .ok_or_else(|| AudioError::NoAudio { path: path.to_owned() })?;
    let Some(params) = track.codec_params.as_ref().and_then(|params| params.audio()) else {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    };
    let is_opus = params.codec == CODEC_ID_OPUS;
    let sample_rate_hz = if is_opus { OPUS_RATE_HZ } else { params.sample_rate.unwrap_or(0) };
    if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        return Err(AudioError::SampleRate { path: path.to_owned(), rate_hz: sample_rate_hz });
    }
    let n_channels = params.channels.as_ref().map_or(0, Channels::count);
    if n_channels == 0 {
        return Err(AudioError::NoChannels { path: path.to_owned() });
    }
    let codec = if is_opus {
        opus_codec(path, params, n_channels)?
    } else {
        let made = get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default());
        Codec::Symphonia(made.map_err(|error| no_decoder(path, params, error))?)
    };
    let container = reader.format_info().short_name;
    let coding = match &codec {
        Codec::Symphonia(decoder) => decoder.codec_info().short_name,
        Codec::Opus { .. } => "opus",
    };
    let mut facts = TrackFacts {
        id: track.id,
        sample_rate_hz,
        n_channels,
        format: format!("{container} ({coding}), {sample_rate_hz} Hz, {n_channels} channel(s)"),
        len: None,
        declared_len: None,
        time_base: track.time_base,
    };
    facts.len = track_len(track, &facts, is_opus).or_else(|| media_len(reader, sample_rate_hz));
    if matches!(container, "flac" | "aiff") {
        facts.declared_len = facts.len;
    }
    Ok((codec, facts))
}

/// The length in samples, as far as the container tells it.
fn track_len(track: &Track, facts: &TrackFacts, is_opus: bool) -> Option<u64> {
    let start = u64::try_from(track.start_ts.get()).unwrap_or(0);
    let len = match track.num_frames {
        Some(len) => len.saturating_sub(start),
        None => facts.samples_in(track.duration?.get()),
    };
    // Ogg counts the samples that Opus drops at the start; it is also the one container that says so.
    let dropped = if is_opus { track.delay.unwrap_or(0) } else { 0 };
    Some(len.saturating_sub(u64::from(dropped)))
}

/// The length in samples of the file as a whole, for containers that know no other.
fn media_len(reader: &dyn FormatReader, sample_rate_hz: u32) -> Option<u64> {
    let media = reader.media_info();
    Some(samples_at(sample_rate_hz, media.duration?.get(), media.time_base?))
}

fn samples_at(sample_rate_hz: u32, stamps: u64, base: TimeBase) -> u64 {
    let scaled = u128::from(stamps) * u128::from(base.numer.get());
    let samples = scaled * u128::from(sample_rate_hz) / u128::from(base.denom.get());
    u64::try_from(samples).unwrap_or(u64::MAX)
}

fn opus_codec(
    path: &Path,
    params: &AudioCodecParameters,
    n_channels: usize,
) -> Result<Codec, AudioError> {
    let Some(decoder) = OpusDecoder::new(n_channels) else {
        let codec = format!("Opus with {n_channels} channels");
        return Err(AudioError::UnsupportedCodec { path: path.to_owned(), codec });
    };
    let skip_len = opus::pre_skip(params.extra_data.as_deref());
    Ok(Codec::Opus { decoder: Box::new(decoder), skip_len })
}

fn no_decoder(path: &Path, params: &AudioCodecParameters, error: SymphoniaError) -> AudioError {
    match error {
        SymphoniaError::Unsupported(_) => AudioError::UnsupportedCodec {
            path: path.to_owned(),
            codec: format!("a coding without a decoder here (number {})", params.codec),
        },
        other => refusal(path, other),
    }
}

/// A length in seconds.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
fn duration_s(len: u64, sample_rate_hz: u32) -> f64 {
    len as f64 / f64::from(sample_rate_hz)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are below 2^53 samples, and the factor is above 1"
)]
fn scaled(len: u64, ratio: f64) -> u64 {
    (len as f64 * ratio).round() as u64
}
