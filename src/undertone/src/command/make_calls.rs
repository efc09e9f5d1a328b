//! `undertone make-calls`: simulated calls with known labels, for `undertone evaluate --calls`.
//!
//! In: labelled clips of speakers outside training, recorded noises, a seed. Out: a folder with a WAV (8 kHz,
//! 16 bit) and a CSV of labels for each call, and `manifest.csv`. The same data and seed give the same files;
//! a call does not depend on how many others there are.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::material::{recordings_in, samples};
use super::progress;
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};
use lab::augment::trim_silence;
use lab::corpus::sounds::{self, Group, Sound};
use lab::corpus::{self, Clip, Split};
use lab::evaluation::calls::Label;
use lab::simulation::{
    CallKind, Line, NonSpeechSound, Tape, Voice, lasting_call, mixed_call, n_sounds_in,
    non_speech_call, synthetic_sounds,
};
use record::output_file::{IfExists, ReadableBy, save};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct MakeCallsSettings {
    /// Folder or manifest of labelled clips; recorded noises are looked for in its `noise` folder.
    pub data: PathBuf,
    /// Only clips and noises of this split.
    pub split: Split,
    /// What the calls are like.
    pub kind: CallKind,
    /// How many.
    pub count: usize,
    /// How long each is at least.
    pub minutes: f64,
    /// Seed of every choice.
    pub seed: u64,
    /// Folders of further recordings without speech, such as hold music.
    pub extra: Vec<PathBuf>,
    /// Folder for the calls.
    pub output: PathBuf,
    /// Replace calls that are there.
    pub force: bool,
}

/// The manifest within the folder.
const MANIFEST: &str = "manifest.csv";

/// Levels of the speech on the line in dB of full scale, in turn over the calls.
const SPEECH_DB: [f32; 5] = [-26.0, -32.0, -20.0, -29.0, -23.0];

/// Noise at the caller's side, in turn over the calls.
const NOISE_SNR_DB: [Option<f32>; 3] = [None, Some(30.0), Some(20.0)];

/// A speaker with fewer clips has too little to say for a call.
const LEAST_CLIPS: usize = 10;

/// Stream of the random generator that chooses the speakers; the calls have those from 0 on.
const SPEAKER_STREAM: u64 = u64::MAX;

/// Makes the calls.
///
/// # Errors
/// Unreadable clips, a split without any, a folder that holds calls already, files that cannot be written.
pub fn run(settings: &MakeCallsSettings) -> anyhow::Result<()> {
    ensure!(settings.count > 0, "--count is 0; give the number of calls to make");
    ensure!(
        settings.minutes > 0.0 && settings.minutes <= 600.0,
        "--minutes is {}; give a length above 0 and up to 600",
        settings.minutes
    );
    let manifest = settings.output.join(MANIFEST);
    ensure!(
        settings.force || !manifest.exists(),
        "{} is there already; choose another folder, or replace it with --force",
        manifest.display()
    );
    let calls = Calls::open(settings)?;
    std::fs::create_dir_all(&settings.output)
        .with_context(|| format!("cannot create {}", settings.output.display()))?;
    let bar = progress::counting(settings.count, "calls");
    let mut rows = vec!["audio,labels,kind,speaker,language,line".to_owned()];
    for index in 0..settings.count {
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        rng.set_stream(index as u64);
        let made = calls.make(settings, index, &mut rng)?;
        let name = format!("{}-{:02}", settings.kind.label(), index + 1);
        write_call(&settings.output, &name, &made.tape)?;
        let kind = settings.kind.label();
        let Made { speaker, language, line, .. } = made;
        rows.push(format!("{name}.wav,{name}.csv,{kind},{speaker},{language},{line}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let text = rows.join("\n") + "\n";
    Ok(save(&manifest, IfExists::Replace, ReadableBy::Everyone, text.as_bytes())?)
}

/// What the calls are made of.
enum Calls {
    /// One speaker's clips for each call, in turn.
    OfSpeakers(Vec<(String, Vec<Clip>)>),
    /// Sounds in a random order.
    OfSounds(Vec<NonSpeechSound>),
}

/// A finished call and what the manifest says of it.
struct Made {
    tape: Tape,
    speaker: String,
    /// A tag, or nothing where it is not known.
    language: String,
    line: String,
}

impl Calls {
    fn open(settings: &MakeCallsSettings) -> anyhow::Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        rng.set_stream(SPEAKER_STREAM);
        if settings.kind == CallKind::NonSpeech {
            let mut sounds = all_sounds(settings)?;
            sounds.shuffle(&mut rng);
            return Ok(Calls::OfSounds(sounds));
        }
        let mut clips = corpus::read(&settings.data)?;
        clips.retain(|clip| clip.split == Some(settings.split));
        ensure!(
            !clips.is_empty(),
            "no clip of {} is in the split '{}'; give a manifest with a split column",
            settings.data.display(),
            settings.split.label()
        );
        let speakers = speakers_in_turn(clips, &mut rng);
        ensure!(
            !speakers.is_empty(),
            "no speaker of {} has {LEAST_CLIPS} clips in the split '{}', which a call needs",
            settings.data.display(),
            settings.split.label()
        );
        Ok(Calls::OfSpeakers(speakers))
    }

    fn make(
        &self,
        settings: &MakeCallsSettings,
        index: usize,
        rng: &mut ChaCha8Rng,
    ) -> anyhow::Result<Made> {
        let length = StreamTime::from_seconds(60.0 * settings.minutes);
        let (speaker, clips) = match self {
            Calls::OfSounds(sounds) => {
                let first = index * n_sounds_in(length);
                let tape = non_speech_call(sounds, length, first, rng);
                let (speaker, line) = ("none".into(), "phone".into());
                return Ok(Made { tape, speaker, language: String::new(), line });
            }
            Calls::OfSpeakers(speakers) => &speakers[index % speakers.len()],
        };
        let voice = read_voice(clips)?;
        let mut tape = match settings.kind {
            CallKind::Lasting => {
                // Each call takes up where the one before left off among the emotions.
                let blocks = (settings.minutes * 60.0 - 20.0) / 120.0;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "600 minutes at most"
                )]
                let blocks = blocks.max(1.0) as usize;
                lasting_call(&voice, length, index * blocks, rng)
            }
            _ => mixed_call(&voice, length, rng),
        };
        let line = Line {
            speech_db: SPEECH_DB[index % SPEECH_DB.len()],
            noise_snr_db: NOISE_SNR_DB[index % NOISE_SNR_DB.len()],
        };
        line.carry(&mut tape, rng);
        let language = clips.iter().find_map(|clip| clip.language.clone()).unwrap_or_default();
        Ok(Made { tape, speaker: speaker.clone(), language, line: line.words() })
    }
}

/// Speakers with their clips, one of each corpus in turn, within a corpus in random order; without those who have
/// too few for a call.
fn speakers_in_turn(clips: Vec<Clip>, rng: &mut ChaCha8Rng) -> Vec<(String, Vec<Clip>)> {
    let mut corpora: BTreeMap<String, BTreeMap<String, Vec<Clip>>> = BTreeMap::new();
    for clip in clips {
        let speakers = corpora.entry(clip.corpus.clone()).or_default();
        speakers.entry(clip.speaker_key()).or_default().push(clip);
    }
    let mut queues: Vec<Vec<(String, Vec<Clip>)>> = corpora
        .into_values()
        .map(|speakers| {
            let mut speakers: Vec<_> =
                speakers.into_iter().filter(|(_, clips)| clips.len() >= LEAST_CLIPS).collect();
            speakers.shuffle(rng);
            speakers
        })
        .collect();
    let mut in_turn = Vec::new();
    while queues.iter().any(|queue| !queue.is_empty()) {
        in_turn.extend(queues.iter_mut().filter_map(Vec::pop));
    }
    in_turn
}

/// A speaker's clips at the stream's rate, without silence at their ends.
fn read_voice(clips: &[Clip]) -> anyhow::Result<Voice> {
    let read = |clip: &Clip| {
        let samples = samples(&clip.path)?;
        anyhow::Ok((clip.emotion, trim_silence(&samples, STREAM_RATE_HZ).to_vec()))
    };
    Ok(Voice::new(clips.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?))
}

/// What can be heard when nobody speaks: synthesised sounds, the recorded noises of the split, the extra ones.
fn all_sounds(settings: &MakeCallsSettings) -> anyhow::Result<Vec<NonSpeechSound>> {
    let mut all = synthetic_sounds();
    if settings.data.join("noise").is_dir() {
        let noises = sounds::non_speech(&settings.data)?;
        for sound in noises.iter().filter(|sound| sound.split == settings.split) {
            all.push(NonSpeechSound::Recorded(kind_of(sound), samples(&sound.path)?));
        }
    }
    for (file, samples) in recordings_in(&settings.extra)? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.push(NonSpeechSound::Recorded(format!("extra {name}"), samples));
    }
    Ok(all)
}

/// What the labels call a recorded noise. The numbered ones are one kind, but for the crowds among them, in
/// which voices can be heard.
fn kind_of(sound: &Sound) -> String {
    let number = sound.category.strip_prefix('n').and_then(|number| number.parse::<u32>().ok());
    match (sound.group, number) {
        (Group::Esc10, _) => format!("esc10 {}", sound.category),
        (Group::Nonspeech, Some(1..=17)) => "crowd".into(),
        (Group::Nonspeech, _) => "nonspeech".into(),
    }
}

/// Writes the recording and its labels.
fn write_call(folder: &Path, name: &str, tape: &Tape) -> anyhow::Result<()> {
    let write = |extension: &str, bytes: &[u8]| {
        let path = folder.join(format!("{name}.{extension}"));
        save(&path, IfExists::Replace, ReadableBy::Everyone, bytes)
    };
    write("wav", &wav_bytes(tape.samples())?)?;
    Ok(write("csv", labels_csv(tape).as_bytes())?)
}

fn wav_bytes(samples: &[f32]) -> anyhow::Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: STREAM_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(2 * samples.len() + 64));
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        #[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits by the cast")]
        writer.write_sample((sample * 32_768.0).round() as i16)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

/// Six decimals tell every sample at 8 kHz.
fn labels_csv(tape: &Tape) -> String {
    let mut text = "start_s,end_s,emotion,kind\n".to_owned();
    for stretch in tape.stretches() {
        let (label, kind) = match &stretch.label {
            Label::Speech(emotion) => (emotion.label(), ""),
            Label::NonSpeech(kind) if kind == "silence" => ("silence", ""),
            Label::NonSpeech(kind) => ("noise", kind.as_str()),
        };
        let (from, to) = (stretch.from.seconds(), stretch.to.seconds());
        let _ = writeln!(text, "{from:.6},{to:.6},{label},{kind}");
    }
    text
}
