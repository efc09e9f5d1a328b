//! The one track of a file that is heard: its format found by content, its header checked, its decoder made.
//!
//! In: a path. Out: a demuxer, a decoder, and the facts that do not change. Keeps nothing else.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;
use symphonia::default::{get_codecs, get_probe};

use super::error::AudioError;
use super::opus::{self, OPUS_RATE_HZ, OpusDecoder};
use super::wav;

/// Speech is recorded at 8 to 48 kHz; anything outside this range is a damaged header.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// An open file.
pub(super) struct Opened {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) codec: Codec,
    pub(super) track: TrackFacts,
}

/// What does not change while a recording is read.
pub(super) struct TrackFacts {
    pub(super) id: u32,
    pub(super) sample_rate_hz: u32,
    pub(super) n_channels: usize,
    pub(super) format: String,
    pub(super) len: Option<u64>,
    /// Samples that the file promises, if that is exactly known.
    pub(super) declared_len: Option<u64>,
    time_base: Option<TimeBase>,
}

pub(super) enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    /// With the samples still to be dropped at the start.
    Opus {
        decoder: Box<OpusDecoder>,
        skip_len: usize,
    },
}

/// Opens a file and checks everything that its header tells.
///
/// # Errors
/// A file that is missing, empty, no audio, of an unsupported coding or rate, or damaged.
pub(super) fn open(path: &Path) -> Result<Opened, AudioError> {
    let (source, promised_ratio) = open_source(path)?;
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let reader = get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| refusal(path, error))?;
    let (codec, mut track) = open_track(path, reader.as_ref())?;
    if let Some(ratio) = promised_ratio {
        track.declared_len = track.len.map(|len| scaled(len, ratio));
    }
    Ok(Opened { reader, codec, track })
}

impl TrackFacts {
    /// Whether time stamps count samples, so that positions in the container are exact.
    pub(super) fn has_sample_stamps(&self) -> bool {
        self.time_base == TimeBase::try_from_recip(self.sample_rate_hz)
    }

    /// A length in time stamps as samples.
    pub(super) fn samples_in(&self, stamps: u64) -> u64 {
        self.time_base.map_or(stamps, |base| samples_at(self.sample_rate_hz, stamps, base))
    }

    /// The part of a decoded Opus packet of `len` samples that is to be heard.
    pub(super) fn kept(
        &self,
        packet: &Packet,
        skip_len: usize,
        len: usize,
    ) -> std::ops::Range<usize> {
        let trimmed = |stamps| usize::try_from(self.samples_in(stamps)).unwrap_or(len);
        let start = skip_len.saturating_add(trimmed(packet.trim_start.get())).min(len);
        start..len.saturating_sub(trimmed(packet.trim_end.get())).max(start)
    }
}

impl Codec {
    /// Forgets the packets before, as after a jump.
    pub(super) fn reset(&mut self) {
        match self {
            Codec::Symphonia(decoder) => decoder.reset(),
            Codec::Opus { decoder, .. } => decoder.reset(),
        }
    }
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

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are below 2^53 samples, and the factor is above 1"
)]
fn scaled(len: u64, ratio: f64) -> u64 {
    (len as f64 * ratio).round() as u64
}
