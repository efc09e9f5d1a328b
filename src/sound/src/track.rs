//! The one track of a container that is heard: its header checked, its decoder made.
//!
//! In: bytes. Out: a demuxer, a decoder, and the facts that do not change. Keeps nothing else.

use std::io;
use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;
use symphonia::default::{formats, get_codecs};

use super::coding_name;
use super::error::AudioError;
use super::opus::{OPUS_RATE_HZ, OpusDecoder, OpusHead};
use super::piece::{Spec, checked_rate, described};

/// An open file.
pub(super) struct Opened {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) codec: Codec,
    pub(super) track: TrackFacts,
}

/// What does not change while a recording is read.
pub(super) struct TrackFacts {
    pub(super) id: u32,
    pub(super) spec: Spec,
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

/// Opens a container and checks everything that its header tells.
///
/// # Errors
/// What is no audio, of an unsupported coding or rate, or damaged.
pub(super) fn open(path: &Path, source: Box<dyn MediaSource>) -> Result<Opened, AudioError> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let reader = containers()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| refusal(path, error))?;
    let (codec, track) = choose(path, reader.as_ref())?;
    Ok(Opened { reader, codec, track })
}

/// The containers that symphonia takes apart. MPEG audio is not among them: any bytes may look like it.
fn containers() -> Probe {
    let mut probe = Probe::new();
    probe.register_format::<formats::AdtsReader<'_>>();
    probe.register_format::<formats::AiffReader<'_>>();
    probe.register_format::<formats::CafReader<'_>>();
    probe.register_format::<formats::FlacReader<'_>>();
    probe.register_format::<formats::IsoMp4Reader<'_>>();
    probe.register_format::<formats::MkvReader<'_>>();
    probe.register_format::<formats::OggReader<'_>>();
    probe.register_format::<formats::WavReader<'_>>();
    probe
}

impl TrackFacts {
    /// Whether time stamps count samples, so that positions in the container are exact.
    pub(super) fn has_sample_stamps(&self) -> bool {
        self.time_base == TimeBase::try_from_recip(self.spec.rate_hz)
    }

    /// A length in time stamps as samples.
    pub(super) fn samples_in(&self, stamps: u64) -> u64 {
        self.time_base.map_or(stamps, |base| samples_at(self.spec.rate_hz, stamps, base))
    }

    /// A time stamp and what is trimmed after it, in samples.
    pub(super) fn sample_of(&self, stamp: i64, trimmed: u64) -> i64 {
        let len = self.samples_in(stamp.unsigned_abs());
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let first = if stamp < 0 { -len } else { len };
        first.saturating_add_unsigned(self.samples_in(trimmed))
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
///
/// # Errors
/// No sound, a coding, rate or number of channels that is not read here.
pub(super) fn choose(
    path: &Path,
    reader: &dyn FormatReader,
) -> Result<(Codec, TrackFacts), AudioError> {
    let track = reader.default_track(TrackType::Audio);
    let Some((track, params)) = track.and_then(|track| {
        let params = track.codec_params.as_ref()?.audio()?;
        Some((track, params))
    }) else {
        let path = path.to_owned();
        return Err(if reader.tracks().is_empty() {
            AudioError::NoAudio { path }
        } else {
            let container = reader.format_info().long_name;
            let codec = format!("something that is not known here, in {container}");
            AudioError::UnsupportedCodec { path, codec }
        });
    };
    if params.codec == CODEC_ID_AAC {
        checked_aac(path, params.extra_data.as_deref())?;
    }
    let is_opus = params.codec == CODEC_ID_OPUS;
    let rate_hz = if is_opus { OPUS_RATE_HZ } else { params.sample_rate.unwrap_or(0) };
    checked_rate(path, rate_hz)?;
    let n_channels = params.channels.as_ref().map_or(0, Channels::count);
    if n_channels == 0 {
        return Err(AudioError::NoChannels { path: path.to_owned() });
    }
    let container = reader.format_info().short_name;
    let codec = if is_opus {
        opus_codec(path, params, n_channels, container == "isomp4")?
    } else {
        let made = get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default());
        Codec::Symphonia(made.map_err(|error| no_decoder(path, params, error))?)
    };
    let coding = match &codec {
        Codec::Symphonia(decoder) => decoder.codec_info().short_name,
        Codec::Opus { .. } => "opus",
    };
    let spec = Spec { rate_hz, n_channels };
    let mut facts = TrackFacts {
        id: track.id,
        spec,
        format: described(container, coding, spec),
        len: None,
        declared_len: None,
        time_base: track.time_base,
    };
    facts.len = track_len(track, &facts, is_opus).or_else(|| media_len(reader, rate_hz));
    // Fragments as browsers write them say that they are 0 long.
    facts.len = facts.len.filter(|len| *len > 0);
    if matches!(container, "flac" | "aiff") {
        facts.declared_len = facts.len;
    }
    Ok((codec, facts))
}

/// AAC has many kinds, of which one is read here.
fn checked_aac(path: &Path, config: Option<&[u8]>) -> Result<(), AudioError> {
    match config.and_then(coding_name::of_aac) {
        Some(codec) => Err(AudioError::UnsupportedCodec { path: path.to_owned(), codec }),
        None => Ok(()),
    }
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
    is_mp4: bool,
) -> Result<Codec, AudioError> {
    let head = OpusHead::read(params.extra_data.as_deref(), is_mp4);
    let Some(decoder) = OpusDecoder::new(n_channels, head.gain) else {
        let codec = format!("Opus with {n_channels} channels");
        return Err(AudioError::UnsupportedCodec { path: path.to_owned(), codec });
    };
    Ok(Codec::Opus { decoder: Box::new(decoder), skip_len: head.pre_skip })
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

/// A length times a factor.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are below 2^53 samples, and the factor is above 1"
)]
pub(super) fn scaled(len: u64, ratio: f64) -> u64 {
    (len as f64 * ratio).round() as u64
}
