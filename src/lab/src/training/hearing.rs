//! One clip as it may be heard: as it is, and over lines, in rooms and with noises.
//!
//! In: a clip's file. Out: the frames of each hearing. Hearings of one speaker that belong to one pretended
//! call share its room, noise and line, so that a caller's own voice can be learned from the call's other
//! clips. They share its ears as well: in most pretended calls the frames are those that the pipeline collects from the
//! same samples ([`utterances`]), so that what is known of a caller is made of such frames too. Kept: the frames of
//! each clip, in a folder, for the next training with the same features. Beside each frame stands where in the clip it
//! lies, so that a teacher's word on that moment is found.

use super::recipe::TrainingRecipe;
use crate::augment::{Chain, Sounds, change_speed, random_speed_percent};
use crate::evaluation::clip::{clip_frames, clip_samples};
use hearing::pipeline::PipelineSettings;
use hearing::speech::{Utterance, utterances};
use model::artifact::{InputForm, sha256_hex};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use record::output_file::{IfExists, ReadableBy, save};
use sound::recording::{Channel, decode};
use std::path::Path;

/// Pretended calls that a speaker's clips are spread over.
const CALLS_PER_SPEAKER: u64 = 8;

/// Share of the pretended calls that are heard through the speech gate, as live; clips of the others only lose the
/// silence at their ends, as in `evaluate`, and as the first hearing always does.
const GATED: f64 = 0.75;

/// Silence before and after a clip that is heard through the gate, with the call's noise in it: a call does not begin
/// with a word, and the gate stays open for 256 ms after the last.
const LEAD_MS: std::ops::RangeInclusive<u32> = 200..=600;
const TAIL_MS: u32 = 400;

/// Share of the lines that are left in hearings without noise, and their least level.
const QUIET_LINES: f64 = 0.5;
const QUIET_LEVEL_DB: f32 = -6.0;

/// Part of the key of kept frames: another number whenever hearings are made in another way.
const VERSION: u32 = 7;

/// A teacher hears the middle of a clip, at most so long (`scripts/teacher/sound.py`).
const TAUGHT_S: u32 = 4;

/// Places in a second.
const PLACES_PER_S: u32 = 100;

/// The place of a frame that lies outside what a teacher hears.
pub const NOWHERE: u16 = u16::MAX;

/// What is heard of a clip at one hearing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Frames `[n_frames, n_features]`.
    pub frames: Vec<f32>,
    /// Where the middle of each frame lies in what a teacher hears of the clip, in steps of 10 ms; or [`NOWHERE`].
    pub places: Vec<u16>,
}

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

    /// So many hearings of a clip, the first as it is.
    ///
    /// # Errors
    /// Words about a file that does not decode or is too short.
    pub fn hear(&self, path: &Path, speaker: &str, n: usize) -> Result<Vec<Heard>, String> {
        let kept = self.kept_in.map(|folder| folder.join(self.key(path, speaker, n)));
        let usable =
            |hearings: &Vec<Heard>| hearings.iter().all(|heard| self.is_enough(&heard.frames));
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

    /// So many hearings of samples at the recipe's rate, seeded by a name and a speaker.
    ///
    /// # Errors
    /// Words about samples that are too short.
    pub fn hearings(
        &self,
        samples: &[f32],
        path: &Path,
        speaker: &str,
        n: usize,
    ) -> Result<Vec<Heard>, String> {
        let placing = Placing { clip_len: samples.len(), speed_percent: 100 };
        let clean = self.heard(samples, placing);
        if !self.is_enough(&clean.frames) {
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
            let mut of_call = ChaCha8Rng::seed_from_u64(of_call);
            let chain = self.chain(&mut of_call);
            let is_gated = of_call.random_bool(GATED) && self.recipe.input == InputForm::Frames;
            let mut rng = ChaCha8Rng::seed_from_u64(of_clip);
            let mut changed = samples.to_vec();
            let placing = Placing { speed_percent: random_speed_percent(&mut rng), ..placing };
            change_speed(&mut changed, placing.speed_percent);
            let heard = if is_gated {
                self.heard_in_call(changed, placing, chain, &mut rng)
            } else {
                chain.apply(&mut changed, self.sounds, &mut rng);
                self.heard(&changed, placing)
            };
            if self.is_enough(&heard.frames) {
                hearings.push(heard);
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

    /// All frames of a clip.
    fn heard(&self, samples: &[f32], placing: Placing) -> Heard {
        let recipe = self.recipe;
        let frames = clip_frames(samples, recipe.features, recipe.input);
        if recipe.input != InputForm::Frames {
            return Heard { frames, places: Vec::new() };
        }
        let (hop_len, taper_len) = (recipe.features.hop_len(), recipe.features.taper_len());
        let n_frames = frames.len() / recipe.network.n_features;
        let ends = (0..n_frames).map(|index| index * hop_len + taper_len);
        let places = ends.map(|end| self.place(end, 0, placing)).collect();
        Heard { frames, places }
    }

    /// The place of a frame that ends so many samples after the beginning, of which the first `lead_len` come before
    /// the clip.
    fn place(&self, end: usize, lead_len: usize, placing: Placing) -> u16 {
        let rate_hz = self.recipe.features.sample_rate_hz() as usize;
        let middle = end.saturating_sub(self.recipe.features.taper_len() / 2);
        let Some(middle) = middle.checked_sub(lead_len) else { return NOWHERE };
        let taught_len = TAUGHT_S as usize * rate_hz;
        let skipped = placing.clip_len.saturating_sub(taught_len) / 2;
        let in_clip = middle * placing.speed_percent as usize / 100;
        match in_clip.checked_sub(skipped) {
            Some(sample) if sample < taught_len.min(placing.clip_len) => {
                u16::try_from(sample * PLACES_PER_S as usize / rate_hz).unwrap_or(NOWHERE)
            }
            _ => NOWHERE,
        }
    }

    fn is_enough(&self, frames: &[f32]) -> bool {
        let network = &self.recipe.network;
        network.lstm_steps(frames.len() / network.n_features) > 0
    }

    /// The frames of a clip that a call brings and the gate lets through; all of them where it lets hardly any through,
    /// since nothing would be read of those.
    fn heard_in_call(
        &self,
        clip: Vec<f32>,
        placing: Placing,
        mut chain: Chain,
        rng: &mut ChaCha8Rng,
    ) -> Heard {
        let per_ms = self.recipe.features.sample_rate_hz() / 1000;
        let lead_len = (rng.random_range(LEAD_MS) * per_ms) as usize;
        let (clip_len, tail_len) = (clip.len(), (TAIL_MS * per_ms) as usize);
        let mut heard = [vec![0.0; lead_len], clip, vec![0.0; tail_len]].concat();
        if let Some(noise) = &mut chain.noise {
            // Its ratio is to the mean power of all, of which some is silence now.
            #[expect(clippy::cast_precision_loss, reason = "a short clip")]
            let share = clip_len as f32 / heard.len() as f32;
            noise.snr_db += 10.0 * share.log10();
        }
        chain.apply(&mut heard, self.sounds, rng);
        let all = self.heard(&heard[lead_len..lead_len + clip_len], placing);
        let passed = self.longest_utterance(&heard);
        let least = self.recipe.features.frames_in_ms(self.recipe.segment.min_ms);
        if passed.ends.len() < least.min(all.places.len() / 2) {
            return all;
        }
        let end = |&end| usize::try_from(end).unwrap_or(usize::MAX);
        let places = passed.ends.iter().map(end).map(|end| self.place(end, lead_len, placing));
        Heard { places: places.collect(), frames: passed.frames }
    }

    /// The frames that a call with the product's settings would collect from these samples before a long pause.
    fn longest_utterance(&self, samples: &[f32]) -> Utterance {
        let features = self.recipe.features;
        let pause_frames = features.frames_in_ms(PipelineSettings::default().pause_ms);
        let all = utterances(features, samples, pause_frames).unwrap_or_default();
        all.into_iter().max_by_key(|utterance| utterance.ends.len()).unwrap_or_default()
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

/// How a clip was changed before it was heard.
#[derive(Clone, Copy)]
struct Placing {
    /// Samples of the clip as it is.
    clip_len: usize,
    /// How fast it is played.
    speed_percent: u32,
}

/// Hearings as they are kept: how many numbers and places each has, then both, little-endian.
fn write(path: &Path, hearings: &[Heard]) -> Result<(), std::io::Error> {
    let mut bytes = Vec::new();
    for Heard { frames, places } in hearings {
        bytes.extend((frames.len() as u64).to_le_bytes());
        bytes.extend((places.len() as u64).to_le_bytes());
        bytes.extend(frames.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    }
    save(path, IfExists::Replace, ReadableBy::Everyone, &bytes)
        .map_err(|error| std::io::Error::other(error.to_string()))
}

fn read(path: &Path) -> Option<Vec<Heard>> {
    let bytes = std::fs::read(path).ok()?;
    let mut rest = bytes.as_slice();
    let mut hearings = Vec::new();
    while !rest.is_empty() {
        let [n_values, n_places] = [next_length(&mut rest)?, next_length(&mut rest)?];
        let values = rest.split_off(..n_values.checked_mul(4)?)?;
        let places = rest.split_off(..n_places.checked_mul(2)?)?;
        let frames = values.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        let places = places.as_chunks().0.iter().map(|&two| u16::from_le_bytes(two)).collect();
        hearings.push(Heard { frames, places });
    }
    (!hearings.is_empty()).then_some(hearings)
}

fn next_length(rest: &mut &[u8]) -> Option<usize> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    usize::try_from(u64::from_le_bytes(*length)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_hearings_read_back_and_a_cut_file_is_made_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kept");
        let hearings = vec![
            Heard { frames: vec![1.5, -2.0], places: vec![7, NOWHERE] },
            Heard { frames: vec![0.25], places: Vec::new() },
        ];
        write(&path, &hearings).expect("the folder can be written");
        assert_eq!(read(&path), Some(hearings));
        let bytes = std::fs::read(&path).expect("it was written");
        std::fs::write(&path, &bytes[..bytes.len() - 2]).expect("the folder can be written");
        assert_eq!(read(&path), None);
    }

    #[test]
    fn a_hearing_through_the_gate_is_what_a_call_collects_of_a_clip_with_silence_around_it() {
        let recipe = TrainingRecipe::named("phone").expect("built in");
        let sounds = Sounds::default();
        let listener = Listener::new(&recipe, &sounds, None);
        let clip: Vec<f32> = (0..16_000_u16)
            .map(|n| {
                let phase = f32::from(n) * 0.1 + (f32::from(n) * 0.000_5).sin() * 30.0;
                0.05 * (3..20_u8).map(|k| (phase * f32::from(k)).sin()).sum::<f32>()
            })
            .collect();
        let rng = || ChaCha8Rng::seed_from_u64(3);
        let placing = Placing { clip_len: clip.len(), speed_percent: 100 };
        let heard_in_call =
            listener.heard_in_call(clip.clone(), placing, Chain::default(), &mut rng());
        let lead_len = 8 * rng().random_range(LEAD_MS) as usize;
        let heard = [vec![0.0; lead_len], clip, vec![0.0; 8 * TAIL_MS as usize]].concat();
        let pause_frames = 150;
        let call = utterances(recipe.features, &heard, pause_frames).expect("it streams");
        assert_eq!(call.len(), 1);
        assert_eq!(heard_in_call.frames, call[0].frames);
        let n_frames = heard_in_call.places.len();
        assert_eq!(n_frames, heard_in_call.frames.len() / recipe.features.n_features());
        // A frame's place is where its middle lies in the clip, whatever silence came before.
        for (&end, &place) in call[0].ends.iter().zip(&heard_in_call.places) {
            let middle = usize::try_from(end).expect("a short clip") - 100;
            let in_clip = middle.checked_sub(lead_len).filter(|&sample| sample < 16_000);
            assert_eq!(usize::from(place), in_clip.map_or(NOWHERE.into(), |sample| sample / 80));
        }
        assert!(heard_in_call.places.contains(&150) && heard_in_call.places.contains(&NOWHERE));
        // Without what comes before the gate opens, with the 256 ms that it stays open.
        assert!((190..=226).contains(&n_frames), "{n_frames}");
    }

    #[test]
    fn a_frames_place_is_where_it_lies_in_the_middle_four_seconds_of_the_clip_as_it_is() {
        let recipe = TrainingRecipe::named("phone").expect("built in");
        let sounds = Sounds::default();
        let listener = Listener::new(&recipe, &sounds, None);
        // 6 s, of which a teacher hears the second to the fifth.
        let placing = Placing { clip_len: 48_000, speed_percent: 100 };
        let place = |middle: usize, placing| listener.place(middle + 100, 0, placing);
        assert_eq!(place(7_999, placing), NOWHERE);
        assert_eq!(place(8_000, placing), 0);
        assert_eq!(place(39_999, placing), 399);
        assert_eq!(place(40_000, placing), NOWHERE);
        // Played a tenth faster: what is heard after 2 s is what stood at 2.2 s.
        let faster = Placing { clip_len: 24_000, speed_percent: 110 };
        assert_eq!(place(16_000, faster), 220);
        assert_eq!(listener.place(16_100, 4_000, faster), 165);
        assert_eq!(listener.place(4_050, 4_000, faster), NOWHERE, "before the clip");
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
        let placing = Placing { clip_len: samples.len(), speed_percent: 100 };
        assert_eq!(hear("one.wav")[0], listener.heard(&samples, placing));
        assert!(listener.hearings(&samples[..300], Path::new("x"), "a/1", 1).is_err());
    }
}
