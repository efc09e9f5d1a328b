//! `undertone degrade`: a recording as it sounds after a room, noise, a telephone line and lost packets.
//!
//! In: a recording. Out: a WAV file at 8 kHz, changed by the same [`Chain`] as training and tests use, so
//! that anyone can hear what they mean.

use std::io::{Cursor, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Exit;
use super::export::is_same_file;
use super::printer::tell;
use hearing::stream_time::STREAM_RATE_HZ;
use lab::augment::{Band, Chain, Codec, Line, NoiseAt, NoiseKind, Room, Sounds, change_speed};
use record::output_file::{IfExists, OutputFile, ReadableBy};
use resample::resample_all;
use sound::recording::{Channel, Decoded, decode};

/// Bits a second of `--codec opus`: the middle of what mobile calls have.
const OPUS_BPS: u32 = 9_000;

/// The voice above its echoes with `--room`, in dB: a telephone held away from the mouth.
const ROOM_DIRECT_DB: f32 = 5.0;

/// Voices of `--noise babble`.
const N_BABBLING: usize = 5;

/// Speeds in percent at which the recording itself is one of those voices.
const BABBLE_SPEEDS_PERCENT: [u32; 4] = [90, 95, 105, 110];

/// What to do to which recording; what is `None` is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct DegradeSettings {
    /// The recording.
    pub input: PathBuf,
    /// The WAV file to write.
    pub output: PathBuf,
    /// Which channel of the recording.
    pub channel: Channel,
    /// A telephone line: 300 to 3,400 Hz and mu-law, where `band` and `codec` say nothing else.
    pub phone: bool,
    /// A line of another band, `LOW-HIGH` in Hz.
    pub band: Option<String>,
    /// A line of another codec: `mulaw`, `alaw` or `opus`.
    pub codec: Option<String>,
    /// Signal-to-noise ratio in dB.
    pub snr_db: Option<f32>,
    /// `white`, `pink`, `hum`, `babble` or a recording.
    pub noise: String,
    /// Share of packets that are lost.
    pub loss: Option<f32>,
    /// Reverberation time of a room in seconds.
    pub room_s: Option<f32>,
    /// Level change in dB.
    pub level_db: Option<f32>,
    /// Speed, 1 for the recording's own.
    pub speed: Option<f32>,
    /// Seed of what is random.
    pub seed: u64,
    /// Whether an existing file is replaced.
    pub force: bool,
}

/// Writes the degraded recording.
///
/// # Errors
/// Values that mean nothing; a recording or a noise that cannot be read; an output that exists already,
/// is the input or cannot be written.
pub fn run(settings: &DegradeSettings) -> anyhow::Result<Exit> {
    let chain = chain(settings)?;
    if is_same_file(&settings.output, &settings.input) {
        bail!("{} is the recording itself; choose another name", settings.output.display());
    }
    let if_exists = IfExists::from_force(settings.force);
    let mut output = OutputFile::create(&settings.output, if_exists, ReadableBy::Owner)?;
    let recording = decode(&settings.input, settings.channel)?;
    let mut samples = at_stream_rate(&recording)?;
    let sounds =
        if chain.noise.is_some() { sounds(settings, &samples)? } else { Sounds::default() };
    chain.apply(&mut samples, &sounds, &mut ChaCha8Rng::seed_from_u64(settings.seed));
    output.write_all(&wav(&samples)?)?;
    output.commit()?;
    if recording.n_lost > 0 {
        tell(&format!(
            "warning: {} samples of {} could not be decoded; there is silence in their place",
            recording.n_lost,
            settings.input.display()
        ));
        return Ok(Exit::Partial);
    }
    Ok(Exit::Done)
}

fn at_stream_rate(recording: &Decoded) -> anyhow::Result<Vec<f32>> {
    Ok(resample_all(&recording.samples, recording.sample_rate_hz, STREAM_RATE_HZ)?)
}

/// What the flags ask for, checked.
fn chain(settings: &DegradeSettings) -> anyhow::Result<Chain> {
    let mut chain = Chain::default();
    if let Some(speed) = checked("--speed", settings.speed, 0.5..=2.0, "a factor")? {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "50 to 200")]
        let percent = (100.0 * speed).round() as u32;
        chain.speed_percent = percent;
    }
    chain.room = checked("--room", settings.room_s, 0.05..=1.0, "seconds")?.map(|rt60_s| Room {
        rt60_s,
        direct_db: ROOM_DIRECT_DB,
        seed: settings.seed,
    });
    let kind = noise_kind(&settings.noise);
    chain.noise = checked("--snr", settings.snr_db, -20.0..=100.0, "dB")?
        .map(|snr_db| NoiseAt { kind, snr_db });
    if let Some(level_db) = checked("--level", settings.level_db, -60.0..=60.0, "dB")? {
        chain.level_db = level_db;
    }
    if settings.phone || settings.band.is_some() || settings.codec.is_some() {
        chain.line = Some(Line {
            band: settings.band.as_deref().map_or(Ok(Band::CLASSIC), band)?,
            codec: settings.codec.as_deref().map_or(Ok(Codec::MuLaw), codec)?,
        });
    }
    if let Some(rate) = checked("--loss", settings.loss, 0.0..=0.9, "a share of the packets")? {
        chain.loss = Chain::phone_loss(rate).loss;
    }
    Ok(chain)
}

fn checked(
    flag: &str,
    value: Option<f32>,
    range: RangeInclusive<f32>,
    unit: &str,
) -> anyhow::Result<Option<f32>> {
    if let Some(value) = value {
        let (low, high) = (range.start(), range.end());
        ensure!(range.contains(&value), "{flag} is {value}; give {unit} from {low} to {high}");
    }
    Ok(value)
}

fn band(text: &str) -> anyhow::Result<Band> {
    let edges = text.split_once('-').and_then(|(low, high)| {
        Some(Band { low_hz: low.trim().parse().ok()?, high_hz: high.trim().parse().ok()? })
    });
    edges
        .filter(|band| band.low_hz >= 1.0 && band.low_hz < band.high_hz && band.high_hz < 4_000.0)
        .with_context(|| {
            format!("'{text}' is no band; give LOW-HIGH in Hz below 4000, such as 300-3400")
        })
}

fn codec(name: &str) -> anyhow::Result<Codec> {
    match name {
        "mulaw" => Ok(Codec::MuLaw),
        "alaw" => Ok(Codec::ALaw),
        "opus" => Ok(Codec::Opus { bitrate_bps: OPUS_BPS }),
        _ => bail!("'{name}' is no codec; choose mulaw, alaw or opus"),
    }
}

/// The noise of this name; any other name is a recording's.
fn noise_kind(name: &str) -> NoiseKind {
    match name {
        "white" => NoiseKind::White,
        "pink" => NoiseKind::Pink,
        "hum" => NoiseKind::Hum { mains_hz: 50.0 },
        "babble" => NoiseKind::Babble { n_voices: N_BABBLING },
        _ => NoiseKind::Recorded { pick: 0 },
    }
}

/// What the noise is made of: the recording that was named, or for babble the voice itself, slower and
/// faster, each from another place on.
fn sounds(settings: &DegradeSettings, voice: &[f32]) -> anyhow::Result<Sounds> {
    let mut sounds = Sounds::default();
    match noise_kind(&settings.noise) {
        NoiseKind::Recorded { .. } => {
            let path = Path::new(&settings.noise);
            let noise = decode(path, Channel::Mix)
                .context("--noise is white, pink, hum, babble or a recording")?;
            ensure!(
                noise.samples.iter().any(|sample| *sample != 0.0),
                "{} is silent; choose another noise",
                path.display()
            );
            sounds.noises.push(at_stream_rate(&noise)?);
        }
        NoiseKind::Babble { .. } => {
            sounds.voices = BABBLE_SPEEDS_PERCENT
                .map(|percent| {
                    let mut other = voice.to_vec();
                    change_speed(&mut other, percent);
                    other
                })
                .into();
        }
        _ => {}
    }
    Ok(sounds)
}

/// The samples as a WAV file: mono, 16 bits, at the stream's rate.
fn wav(samples: &[f32]) -> anyhow::Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: STREAM_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        #[expect(clippy::cast_possible_truncation, reason = "limited to full scale before")]
        writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings that change nothing.
    fn nothing() -> DegradeSettings {
        DegradeSettings {
            input: "in.wav".into(),
            output: "out.wav".into(),
            channel: Channel::Mix,
            phone: false,
            band: None,
            codec: None,
            snr_db: None,
            noise: "pink".to_owned(),
            loss: None,
            room_s: None,
            level_db: None,
            speed: None,
            seed: 1,
            force: false,
        }
    }

    fn refusal(settings: &DegradeSettings) -> String {
        chain(settings).unwrap_err().to_string()
    }

    #[test]
    fn no_flags_change_nothing_and_phone_is_the_tests_own_telephone() {
        assert_eq!(chain(&nothing()).unwrap(), Chain::default());
        assert_eq!(chain(&DegradeSettings { phone: true, ..nothing() }).unwrap(), Chain::phone());
        let lossy = DegradeSettings { phone: true, loss: Some(0.03), ..nothing() };
        assert_eq!(chain(&lossy).unwrap(), Chain::phone_loss(0.03));
    }

    #[test]
    fn flags_become_the_stages_of_a_chain() {
        let settings = DegradeSettings {
            band: Some("200-3600".to_owned()),
            codec: Some("opus".to_owned()),
            snr_db: Some(5.0),
            noise: "street.wav".to_owned(),
            room_s: Some(0.3),
            level_db: Some(-20.0),
            speed: Some(1.05),
            ..nothing()
        };
        let chain = chain(&settings).unwrap();
        let band = Band { low_hz: 200.0, high_hz: 3_600.0 };
        assert_eq!(chain.line, Some(Line { band, codec: Codec::Opus { bitrate_bps: 9_000 } }));
        let kind = NoiseKind::Recorded { pick: 0 };
        assert_eq!(chain.noise, Some(NoiseAt { kind, snr_db: 5.0 }));
        assert_eq!(chain.room.map(|room| room.rt60_s), Some(0.3));
        assert_eq!((chain.level_db, chain.speed_percent), (-20.0, 105));
    }

    #[test]
    fn values_that_mean_nothing_are_refused_with_what_would() {
        let loss = DegradeSettings { loss: Some(1.5), ..nothing() };
        assert_eq!(refusal(&loss), "--loss is 1.5; give a share of the packets from 0 to 0.9");
        let speed = DegradeSettings { speed: Some(f32::NAN), ..nothing() };
        assert!(refusal(&speed).contains("from 0.5 to 2"));
        for text in ["300", "3400-300", "0-3400", "300-4000", "low-high", "-5-3000"] {
            let band = DegradeSettings { band: Some(text.to_owned()), ..nothing() };
            assert!(refusal(&band).contains("300-3400"), "{text}");
        }
        let codec = DegradeSettings { codec: Some("gsm".to_owned()), ..nothing() };
        assert!(refusal(&codec).contains("mulaw, alaw or opus"));
    }

    #[test]
    fn a_wav_file_holds_the_samples_of_16_bits() {
        let bytes = wav(&[0.0, 1.0, -0.5, -2.0]).unwrap();
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8_000, 1));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, 32_767, -16_384, -32_767]);
    }
}
