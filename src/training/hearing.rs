//! One clip as it may be heard: as it is, and over lines, in rooms and with noises.
//!
//! In: a clip's file. Out: the frames of each hearing. Hearings of one speaker that belong to one pretended
//! call share its room, noise and line, so that a caller's own voice can be learned from the call's other
//! clips. Kept: the frames of each clip, in a folder, for the next training with the same features.

use super::recipe::TrainingRecipe;
use crate::audio::recording::{Channel, decode};
use crate::augment::{Chain, Sounds, change_speed, random_speed_percent};
use crate::evaluation::clip::{clip_frames, clip_samples};
use crate::model::artifact::{InputForm, sha256_hex};
use crate::output_file::{IfExists, ReadableBy, save};
use crate::speech::{CHUNK_LEN, SpeechGate};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// Pretended calls that a speaker's clips are spread over.
const CALLS_PER_SPEAKER: u64 = 8;

/// Share of the changed hearings that lose what the speech gate would not let through, as in a live call;
/// the others only lose the silence at their ends, as in `evaluate`.
const GATED: f64 = 0.5;

/// Share of the lines that are left in hearings without noise, and their least level.
const QUIET_LINES: f64 = 0.5;
const QUIET_LEVEL_DB: f32 = -6.0;

/// Part of the key of kept frames: another number whenever hearings are made in another way.
const VERSION: u32 = 4;

/// What all hearings have in common.
pub struct Listener<'a> {
    /// The recipe.
    pub recipe: &'a TrainingRecipe,
    /// Noises and voices to mix in.
    pub sounds: &'a Sounds,
    /// Where frames are kept between trainings.
    pub kept_in: Option<&'a Path>,
    /// A fingerprint of the sounds, since they are in the frames.
    sounds_digest: String,
}

/// The pretended call that a clip belongs to: its number among the speaker's.
#[must_use]
pub fn call_of(path: &Path) -> u64 {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    seed_of(&[&name]) % CALLS_PER_SPEAKER
}

/// A seed from words: the same on every machine.
#[must_use]
pub fn seed_of(words: &[&str]) -> u64 {
    u64::from_str_radix(&sha256_hex(words.join("\n").as_bytes())[..16], 16).unwrap_or_default()
}

impl<'a> Listener<'a> {
    /// Hears clips as a recipe wants them, with these sounds mixed in.
    #[must_use]
    pub fn new(recipe: &'a TrainingRecipe, sounds: &'a Sounds, kept_in: Option<&'a Path>) -> Self {
        let between = Vec::new();
        let all = sounds.noises.iter().chain([&between]).chain(&sounds.voices);
        let mut bytes = Vec::new();
        for sound in all {
            bytes.extend((sound.len() as u64).to_le_bytes());
            bytes.extend(sound.iter().flat_map(|sample| sample.to_le_bytes()));
        }
        Listener { recipe, sounds, kept_in, sounds_digest: sha256_hex(&bytes) }
    }

    /// The frames `[n_frames, n_features]` of so many hearings of a clip, the first as it is.
    ///
    /// # Errors
    /// Words about a file that does not decode or is too short.
    pub fn hear(&self, path: &Path, speaker: &str, n: usize) -> Result<Vec<Vec<f32>>, String> {
        let kept = self.kept_in.map(|folder| folder.join(self.key(path, speaker, n)));
        let usable =
            |hearings: &Vec<Vec<f32>>| hearings.iter().all(|frames| self.is_enough(frames));
        if let Some(hearings) = kept.as_deref().and_then(read).filter(usable) {
            return Ok(hearings);
        }
        let decoded = decode(path, Channel::Mix).map_err(|error| error.to_string())?;
        let (features, input) = (self.recipe.features, self.recipe.input);
        let samples = clip_samples(&decoded.samples, decoded.sample_rate_hz, features, input)
            .map_err(|error| error.to_string())?;
        let hearings = self.hearings(&samples, path, speaker, n)?;
        if let Some(kept) = kept {
            // Frames that cannot be kept are made again next time.
            let _ = write(&kept, &hearings);
        }
        Ok(hearings)
    }

    /// The frames of so many hearings of samples at the recipe's rate, seeded by a name and a speaker.
    ///
    /// # Errors
    /// Words about samples that are too short.
    pub fn hearings(
        &self,
        samples: &[f32],
        path: &Path,
        speaker: &str,
        n: usize,
    ) -> Result<Vec<Vec<f32>>, String> {
        let clean = self.frames(samples);
        if !self.is_enough(&clean) {
            return Err(format!("too short: {} samples of speech", samples.len()));
        }
        let mut hearings = vec![clean];
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let seed = self.recipe.seed.to_string();
        for number in 1..n {
            let (number, call) = (number.to_string(), call_of(path).to_string());
            let of_call = seed_of(&[&seed, speaker, &call, &number]);
            let of_clip = seed_of(&[&seed, speaker, &name, &number]);
            let chain = self.chain(&mut ChaCha8Rng::seed_from_u64(of_call));
            let mut rng = ChaCha8Rng::seed_from_u64(of_clip);
            let mut heard = samples.to_vec();
            change_speed(&mut heard, random_speed_percent(&mut rng));
            chain.apply(&mut heard, self.sounds, &mut rng);
            let mut frames = self.frames(&heard);
            if rng.random_bool(GATED) {
                let passed = self.passed(&heard, &frames);
                if passed.len() * 2 >= frames.len() {
                    frames = passed;
                }
            }
            if self.is_enough(&frames) {
                hearings.push(frames);
            }
        }
        Ok(hearings)
    }

    /// What a call does to a voice.
    fn chain(&self, rng: &mut ChaCha8Rng) -> Chain {
        // The clips of a call differ in speed, each has its own.
        let chain = Chain { speed_percent: 100, ..Chain::random(rng) };
        if !self.recipe.quiet {
            return chain;
        }
        let line = chain.line.filter(|_| rng.random_bool(QUIET_LINES));
        let level_db = chain.level_db.max(QUIET_LEVEL_DB);
        Chain { level_db, line, ..Chain::default() }
    }

    fn frames(&self, samples: &[f32]) -> Vec<f32> {
        clip_frames(samples, self.recipe.features, self.recipe.input)
    }

    fn is_enough(&self, frames: &[f32]) -> bool {
        let network = &self.recipe.network;
        network.lstm_steps(frames.len() / network.n_features) > 0
    }

    /// The frames whose middle the speech gate lets through.
    fn passed(&self, samples: &[f32], frames: &[f32]) -> Vec<f32> {
        let (recipe, mut decisions) = (self.recipe.features, Vec::new());
        let Ok(mut gate) = SpeechGate::new() else { return Vec::new() };
        gate.push(samples, &mut decisions);
        gate.finish(&mut decisions);
        let middle = |number: usize| number * recipe.hop_len() + recipe.taper_len() / 2;
        let frames = frames.chunks_exact(recipe.n_features()).enumerate();
        frames
            .filter(|(number, _)| decisions.get(middle(*number) / CHUNK_LEN) == Some(&true))
            .flat_map(|(_, frame)| frame)
            .copied()
            .collect()
    }

    /// The name of a clip's file of kept frames: another one for everything that changes them.
    fn key(&self, path: &Path, speaker: &str, n: usize) -> String {
        let recipe = self.recipe;
        let size = std::fs::metadata(path).map_or(0, |file| file.len());
        let rest =
            [recipe.seed, n as u64, size, u64::from(VERSION)].map(|number| number.to_string());
        let form = if recipe.input == InputForm::Frames { "frames" } else { "means" };
        let form = if recipe.quiet { "quiet frames" } else { form };
        let path = path.to_string_lossy();
        let sounds = &self.sounds_digest;
        let words =
            [recipe.features.name(), form, speaker, &path, sounds, &rest.join(" ")].join("\n");
        sha256_hex(words.as_bytes())[..32].to_owned()
    }
}

/// Hearings as they are kept: the length of each, then its numbers, little-endian.
fn write(path: &Path, hearings: &[Vec<f32>]) -> Result<(), std::io::Error> {
    let mut bytes = Vec::with_capacity(hearings.iter().map(|frames| 8 + 4 * frames.len()).sum());
    for frames in hearings {
        bytes.extend((frames.len() as u64).to_le_bytes());
        bytes.extend(frames.iter().flat_map(|value| value.to_le_bytes()));
    }
    save(path, IfExists::Replace, ReadableBy::Everyone, &bytes)
        .map_err(|error| std::io::Error::other(error.to_string()))
}

fn read(path: &Path) -> Option<Vec<Vec<f32>>> {
    let bytes = std::fs::read(path).ok()?;
    let mut rest = bytes.as_slice();
    let mut hearings = Vec::new();
    while !rest.is_empty() {
        let (len, after) = rest.split_first_chunk::<8>()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
        let (values, after) = after.split_at_checked(len.checked_mul(4)?)?;
        let number = |bytes: &[u8]| bytes.try_into().map_or(0.0, f32::from_le_bytes);
        hearings.push(values.chunks_exact(4).map(number).collect());
        rest = after;
    }
    (!hearings.is_empty()).then_some(hearings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_hearings_read_back_and_a_cut_file_is_made_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kept");
        let hearings = vec![vec![1.5, -2.0], vec![0.25]];
        write(&path, &hearings).expect("the folder can be written");
        assert_eq!(read(&path), Some(hearings));
        let bytes = std::fs::read(&path).expect("it was written");
        std::fs::write(&path, &bytes[..bytes.len() - 2]).expect("the folder can be written");
        assert_eq!(read(&path), None);
    }

    #[test]
    fn hearings_depend_on_the_clip_and_the_seed_alone_and_the_first_is_the_clip() {
        let recipe = TrainingRecipe::named("phone").expect("built in");
        let sounds = Sounds::default();
        let listener = Listener::new(&recipe, &sounds, None);
        let samples: Vec<f32> = (0..16_000_u16)
            .map(|n| 0.2 * (f32::from(n) * 0.11).sin() * (f32::from(n) * 0.003).sin())
            .collect();
        let hear = |name: &str| {
            listener.hearings(&samples, Path::new(name), "a/1", 4).expect("it is long enough")
        };
        assert_eq!(hear("one.wav"), hear("one.wav"));
        assert_ne!(hear("one.wav")[1..], hear("two.wav")[1..]);
        assert_eq!(hear("one.wav")[0], listener.frames(&samples));
        assert!(listener.hearings(&samples[..300], Path::new("x"), "a/1", 1).is_err());
    }
}
