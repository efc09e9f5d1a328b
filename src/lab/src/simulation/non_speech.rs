//! Calls in which nobody speaks: silence, noise at several levels, tones, music, recorded sounds.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Tape;
use super::music::{Timbre, music};
use super::tones::CADENCES;
use crate::augment::{Line, NoiseAt, NoiseKind, Sounds};
use crate::evaluation::calls::Label;
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};

/// Most of one sound at a time, and the silence after it: longer than the pause after which the pipeline
/// forgets what it heard.
const SOUND_S: usize = 10;
const SILENCE_S: f32 = 2.0;

/// Levels of white and pink noise in dB of full scale: an idle line to a loud machine.
const NOISE_DB: [f32; 5] = [-60.0, -50.0, -40.0, -30.0, -20.0];

/// Levels that other sounds are brought to.
const SOUND_DB: [f32; 3] = [-20.0, -30.0, -40.0];

/// A sound to fill a call with.
#[derive(Clone, Debug)]
pub enum NonSpeechSound {
    /// Nothing at all.
    Silence,
    /// White noise at this level in dB of full scale.
    White(f32),
    /// Pink noise at this level in dB of full scale.
    Pink(f32),
    /// One of the network's tones, by its place among them.
    Tone(usize),
    /// Synthesised music with notes that die away.
    PluckedMusic,
    /// Synthesised music with notes that swell and tremble.
    BowedMusic,
    /// A recording at 8 kHz, with the name of its kind; a part of it is used.
    Recorded(String, Vec<f32>),
}

/// All sounds that need no recording.
#[must_use]
pub fn synthetic_sounds() -> Vec<NonSpeechSound> {
    let mut sounds = vec![NonSpeechSound::Silence];
    sounds.extend(NOISE_DB.map(NonSpeechSound::White));
    sounds.extend(NOISE_DB.map(NonSpeechSound::Pink));
    sounds.extend((0..CADENCES.len()).map(NonSpeechSound::Tone));
    sounds.extend([NonSpeechSound::PluckedMusic, NonSpeechSound::BowedMusic]);
    sounds
}

impl NonSpeechSound {
    /// What the labels call it.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            NonSpeechSound::Silence => "silence".into(),
            NonSpeechSound::White(level_db) => format!("white {level_db:.0} dB"),
            NonSpeechSound::Pink(level_db) => format!("pink {level_db:.0} dB"),
            NonSpeechSound::Tone(index) => CADENCES[*index].name.into(),
            NonSpeechSound::PluckedMusic => "music plucked".into(),
            NonSpeechSound::BowedMusic => "music bowed".into(),
            NonSpeechSound::Recorded(kind, _) => kind.clone(),
        }
    }

    /// At most ten seconds of it as the operator's side hears them, at 8 kHz.
    fn samples(&self, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let len = SOUND_S * STREAM_RATE_HZ as usize;
        let sound_db = SOUND_DB[rng.random_range(0..SOUND_DB.len())];
        let (mut samples, level_db) = match self {
            NonSpeechSound::Silence => return vec![0.0; len],
            NonSpeechSound::White(level_db) => (noise(NoiseKind::White, len, rng), *level_db),
            NonSpeechSound::Pink(level_db) => (noise(NoiseKind::Pink, len, rng), *level_db),
            NonSpeechSound::Tone(index) => (CADENCES[*index].samples(len), sound_db),
            NonSpeechSound::PluckedMusic => (music(Timbre::Plucked, len, rng), sound_db),
            NonSpeechSound::BowedMusic => (music(Timbre::Bowed, len, rng), sound_db),
            NonSpeechSound::Recorded(_, recording) => (part(recording, len, rng), sound_db),
        };
        bring_to(&mut samples, level_db);
        Line::CLASSIC.send(&mut samples, &[]);
        samples
    }
}

/// A call of these sounds in turn, from the one at place `first` on and round again, over a telephone, at
/// least this long. Without sounds it is empty.
#[must_use]
pub fn non_speech_call(
    sounds: &[NonSpeechSound],
    length: StreamTime,
    first: usize,
    rng: &mut ChaCha8Rng,
) -> Tape {
    let mut tape = Tape::new();
    for sound in sounds.iter().cycle().skip(first % sounds.len().max(1)) {
        if tape.length() >= length {
            break;
        }
        tape.append(&sound.samples(rng), Label::NonSpeech(sound.kind()));
        tape.append_silence(SILENCE_S);
    }
    tape
}

/// How many sounds fill a call of this length.
#[must_use]
pub fn n_sounds_in(length: StreamTime) -> usize {
    usize::try_from(length.0 / (SOUND_S as u64 * u64::from(STREAM_RATE_HZ))).unwrap_or(usize::MAX)
}

/// Noise of no particular level.
fn noise(kind: NoiseKind, len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    // Noise is only ever added to something: here to a click that is nothing beside it.
    let mut samples = vec![0.0; len];
    samples[0] = 1e-6;
    NoiseAt { kind, snr_db: -90.0 }.add(&mut samples, &Sounds::default(), rng);
    samples
}

/// A part of a recording from a random place on.
fn part(recording: &[f32], len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let start = rng.random_range(0..=recording.len().saturating_sub(len));
    recording[start..(start + len).min(recording.len())].to_vec()
}

/// Brings the mean power to a level in dB of full scale; what then passes full scale is clipped.
fn bring_to(samples: &mut [f32], level_db: f32) {
    #[expect(clippy::cast_precision_loss, reason = "seconds of samples")]
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
    if power > 0.0 {
        let gain = (10_f32.powf(level_db / 10.0) / power).sqrt();
        for sample in samples {
            *sample = (*sample * gain).clamp(-1.0, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeMap;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }

    #[test]
    fn every_sound_comes_in_turn_with_its_name_and_nothing_is_speech() {
        let mut sounds = synthetic_sounds();
        sounds.push(NonSpeechSound::Recorded("dog".into(), vec![0.1; 12_000]));
        let tape = non_speech_call(&sounds, StreamTime::from_ms(400_000), 3, &mut rng());
        let mut lengths: BTreeMap<String, u64> = BTreeMap::new();
        for stretch in tape.stretches() {
            let Label::NonSpeech(kind) = &stretch.label else { panic!("{stretch:?}") };
            *lengths.entry(kind.clone()).or_default() += stretch.to.since(stretch.from).0;
        }
        assert_eq!(lengths.len(), sounds.len());
        assert_eq!(lengths["dog"], 12_000, "a short recording is not repeated");
        assert_eq!(lengths["busy 425 Hz"], 80_000);
        assert!(tape.length() >= StreamTime::from_ms(400_000));
        assert_eq!(tape.stretches()[0].label, Label::NonSpeech(sounds[3].kind()));
    }

    #[test]
    fn noise_comes_at_the_level_that_it_is_named_after() {
        for level_db in [-50.0, -20.0] {
            let samples = NonSpeechSound::White(level_db).samples(&mut rng());
            let power: f32 = samples.iter().map(|sample| sample * sample).sum::<f32>() / 80_000.0;
            // The band lets three quarters of it through: 1.1 dB less.
            let measured_db = 10.0 * power.log10() + 1.1;
            assert!((measured_db - level_db).abs() < 0.5, "{measured_db}");
        }
    }

    #[test]
    fn no_sound_gives_no_call() {
        assert_eq!(non_speech_call(&[], StreamTime::from_ms(9_000), 0, &mut rng()), Tape::new());
    }
}
