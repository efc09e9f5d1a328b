//! A segment as if somebody else had said it into another microphone.
//!
//! In: frames of one voice. Out: frames of a voice that is in no corpus: another vocal tract (Jaitly & Hinton, "Vocal
//! tract length perturbation improves speech recognition", 2013), another pitch, another colour of the microphone.
//! Keeps the maps of the tracts, and at what pitch each speaker speaks.

use super::example::Example;
use super::recipe::{OtherVoices, TrainingRecipe};
use hearing::classifier::Baseline;
use hearing::features::{FrequencyWarp, Voice};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::HashMap;

/// Vocal tracts that are drawn from.
const N_TRACTS: u8 = 33;
/// Octaves that formants go up with each octave of a speaker's mean pitch: women's lie a sixth higher than men's, their
/// pitch three quarters of an octave (Hillenbrand et al., 1995).
const FORMANTS_WITH_PITCH: f32 = 0.27;
/// The shortest and the longest vocal tract that formants follow to.
const LONGEST_TRACT: f64 = 0.3;
/// Voiced frames from which on a speaker has a mean pitch.
const LEAST_VOICED: f32 = 20.0;
/// Coefficients, from the first after the level on, that a microphone colours: it is smooth over frequency.
const COLOURED: std::ops::Range<usize> = 1..9;

/// The voices that may be drawn.
pub struct Voices {
    settings: OtherVoices,
    n_mfcc: usize,
    /// From the longest to the shortest, evenly in octaves.
    tracts: Vec<FrequencyWarp>,
    /// Octaves that the shortest moves formants up.
    most_octaves: f32,
    /// Mean pitch of each speaker, in the octaves of the features.
    pitches: HashMap<String, f32>,
}

/// One voice.
pub struct OtherVoice<'a> {
    tract: &'a FrequencyWarp,
    octaves: f32,
    /// Added to the coloured coefficients.
    colour: Vec<f32>,
    n_mfcc: usize,
}

impl Voices {
    /// The voices of a recipe; none where it wants none, or its features have no coefficients and pitch of a stream.
    /// The examples tell at what pitch each speaker speaks.
    #[must_use]
    pub fn new(recipe: &TrainingRecipe, examples: &[Example]) -> Option<Self> {
        let settings = recipe.other_voices;
        if settings.share <= 0.0 || !recipe.features.has_voice() {
            return None;
        }
        let mfcc = recipe.features.mfcc();
        let follow = settings.pitch_hz.is_some();
        let most = if follow { settings.tract.max(LONGEST_TRACT) } else { settings.tract };
        let factor = |index: u8| {
            let place = f64::from(index) / f64::from(N_TRACTS - 1) * 2.0 - 1.0;
            (1.0 + most).powf(place)
        };
        let tracts = (0..N_TRACTS).map(|index| FrequencyWarp::new(&mfcc, factor(index))).collect();
        let pitches = if follow { mean_pitches(examples, mfcc.n_mfcc) } else { HashMap::new() };
        #[expect(clippy::cast_possible_truncation, reason = "less than an octave")]
        let most_octaves = (1.0 + most).log2() as f32;
        Some(Voices { settings, n_mfcc: mfcc.n_mfcc, tracts, most_octaves, pitches })
    }

    /// Another voice for a speaker's segment in the recipe's share of the draws. `deviation` is that of each feature
    /// over the training set.
    pub fn draw(
        &self,
        speaker: &str,
        deviation: &[f32],
        rng: &mut ChaCha8Rng,
    ) -> Option<OtherVoice<'_>> {
        if !rng.random_bool(self.settings.share) {
            return None;
        }
        let (octaves, follows) = match (self.settings.pitch_hz, self.pitches.get(speaker)) {
            (Some([lowest, highest]), Some(own)) => {
                let drawn: f32 = rng.random_range(lowest.log2()..=highest.log2());
                let octaves = drawn - Voice::from_features([*own, 1.0, 0.0]).pitch_hz.log2();
                (octaves, octaves * FORMANTS_WITH_PITCH)
            }
            _ => (within(self.settings.pitch_octaves, rng), 0.0),
        };
        #[expect(clippy::cast_possible_truncation, reason = "less than an octave")]
        let apart = within((1.0 + self.settings.tract).log2() as f32, rng);
        let tract = self.tract(follows + apart);
        let colour = COLOURED
            .map(|at| {
                let draw: f32 = StandardNormal.sample(rng);
                self.settings.colour * draw * deviation.get(at).copied().unwrap_or(1.0)
            })
            .collect();
        Some(OtherVoice { tract, octaves, colour, n_mfcc: self.n_mfcc })
    }

    /// The tract that moves formants up by so many octaves, or as far as one does.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    fn tract(&self, octaves: f32) -> &FrequencyWarp {
        let place = (octaves / self.most_octaves.max(f32::MIN_POSITIVE)).clamp(-1.0, 1.0);
        let place = f32::midpoint(place, 1.0) * f32::from(N_TRACTS - 1);
        &self.tracts[place.round() as usize]
    }
}

/// Anything between so far down and so far up.
fn within(most: f32, rng: &mut ChaCha8Rng) -> f32 {
    if most > 0.0 { rng.random_range(-most..=most) } else { 0.0 }
}

/// The mean pitch of each speaker's voiced frames, in the octaves of the features, over their clips as they are. Who has
/// none is left out.
fn mean_pitches(examples: &[Example], n_mfcc: usize) -> HashMap<String, f32> {
    let mut sums: HashMap<&str, [f32; 2]> = HashMap::new();
    for example in examples.iter().filter(|example| example.is_speech != Some(false)) {
        let [octaves, voiced] = sums.entry(&example.speaker).or_default();
        for frame in example.hearings[0].frames.chunks_exact(n_mfcc + Voice::N_FEATURES) {
            *octaves += frame[n_mfcc];
            *voiced += voiced_share(frame, n_mfcc);
        }
    }
    let spoke = |(speaker, [octaves, voiced]): (&str, [f32; 2])| {
        (voiced >= LEAST_VOICED).then(|| (speaker.to_owned(), octaves / voiced))
    };
    sums.into_iter().filter_map(spoke).collect()
}

/// How far a frame is voiced, in [0, 1].
fn voiced_share(frame: &[f32], n_mfcc: usize) -> f32 {
    Voice::from_features([frame[n_mfcc], frame[n_mfcc + 1], 0.0]).voiced()
}

impl OtherVoice<'_> {
    /// Changes frames `[n_frames, n_features]`.
    pub fn speak(&self, frames: &mut [f32], n_features: usize) {
        for frame in frames.chunks_exact_mut(n_features) {
            let voiced = voiced_share(frame, self.n_mfcc);
            self.change(frame, voiced);
        }
    }

    /// What is known of the one who speaks, had they this voice. Deviations stay as they are.
    #[must_use]
    pub fn known(&self, baseline: &Baseline) -> Baseline {
        baseline.with_mean(|mean| {
            let voiced = mean[self.n_mfcc + 1];
            self.change(mean, voiced);
        })
    }

    /// Changes one frame; `voiced` is the share of it with a pitch.
    fn change(&self, frame: &mut [f32], voiced: f32) {
        self.tract.apply(&mut frame[..self.n_mfcc]);
        for (value, colour) in frame[COLOURED].iter_mut().zip(&self.colour) {
            *value += colour;
        }
        frame[self.n_mfcc] += self.octaves * voiced;
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Hearing;
    use super::*;
    use rand::SeedableRng;
    use std::path::PathBuf;

    const SETTINGS: OtherVoices =
        OtherVoices { share: 1.0, tract: 0.12, pitch_octaves: 0.25, pitch_hz: None, colour: 0.3 };

    fn voices(settings: OtherVoices, examples: &[Example]) -> Option<Voices> {
        let mut recipe = TrainingRecipe::named("phone").expect("built in");
        recipe.other_voices = settings;
        Voices::new(&recipe, examples)
    }

    fn said_by(speaker: &str, is_speech: bool) -> Example {
        let hearing =
            Hearing { statistics: Baseline::default(), frames: frames(), places: Vec::new() };
        Example {
            label: None,
            is_speech: Some(is_speech),
            target: vec![0.0; 7],
            path: PathBuf::new(),
            taught: None,
            speaker: speaker.into(),
            corpus: "made up".into(),
            language: None,
            call: 0,
            hearings: vec![hearing],
        }
    }

    fn frames() -> Vec<f32> {
        let frame = |n: u16| {
            let mut frame: Vec<f32> =
                (0..43_u16).map(|k| (f32::from(n * 7 + k) * 0.9).sin()).collect();
            frame[40] = if n.is_multiple_of(2) { 0.0 } else { 0.4 };
            frame[41] = if n.is_multiple_of(2) { 0.0 } else { 1.0 };
            frame
        };
        (0..100).flat_map(frame).collect()
    }

    #[test]
    fn another_voice_has_another_tract_pitch_and_colour_and_the_same_level_and_voicing() {
        let voices = voices(SETTINGS, &[]).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let voice = voices.draw("a/1", &[1.0; 43], &mut rng).expect("always");
            let plain = frames();
            let mut other = plain.clone();
            voice.speak(&mut other, 43);
            for (plain, other) in plain.chunks_exact(43).zip(other.chunks_exact(43)) {
                assert_ne!(plain[..40], other[..40]);
                assert_eq!(plain[41..], other[41..]);
                let octaves = other[40] - plain[40];
                assert!(octaves.abs() <= 0.25 && (plain[40] != 0.0 || octaves == 0.0));
            }
        }
    }

    #[test]
    fn what_is_known_of_a_caller_changes_as_the_callers_frames_do() {
        let voices = voices(SETTINGS, &[]).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let voice = voices.draw("a/1", &[1.0; 43], &mut rng).expect("always");
        let mut frames = frames();
        let known = voice.known(&Baseline::of(&frames, 43)).normalisation();
        voice.speak(&mut frames, 43);
        let spoken = Baseline::of(&frames, 43).normalisation();
        for (known, spoken) in known.mean.iter().zip(&spoken.mean) {
            assert!((known - spoken).abs() < 1e-4, "{known} {spoken}");
        }
        assert_eq!(voice.known(&Baseline::default()), Baseline::default());
    }

    #[test]
    fn a_speaker_is_moved_to_any_mean_pitch_and_the_formants_follow() {
        let settings = OtherVoices { pitch_hz: Some([90.0, 260.0]), ..SETTINGS };
        let said = [said_by("a/1", true), said_by("a/noise", false)];
        let voices = voices(settings, &said).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        // The frames' voiced half lies 0.4 octaves above 160 Hz.
        let own_hz = 160.0 * 0.4_f32.exp2();
        let mut range = [f32::INFINITY, 0.0_f32];
        for _ in 0..500 {
            let voice = voices.draw("a/1", &[1.0; 43], &mut rng).expect("always");
            let mean_hz = own_hz * voice.octaves.exp2();
            assert!((89.9..=260.1).contains(&mean_hz), "{mean_hz}");
            range = [range[0].min(mean_hz), range[1].max(mean_hz)];
            // As far as the pitch wants it, but for what tracts differ by themselves.
            let place = voices.tracts.iter().position(|tract| std::ptr::eq(tract, voice.tract));
            let place = f32::from(u8::try_from(place.expect("one of them")).expect("33"));
            let formants = (place / 16.0 - 1.0) * 1.3_f32.log2();
            let apart = (formants - voice.octaves * 0.27).abs();
            assert!(apart <= 1.12_f32.log2() + 1.3_f32.log2() / 32.0 + 1e-4, "{apart}");
        }
        assert!(range[0] < 95.0 && range[1] > 250.0, "{range:?}");
        // Of whom no pitch is known, it moves as without a range.
        for speaker in ["a/noise", "a/unknown"] {
            for _ in 0..50 {
                let voice = voices.draw(speaker, &[1.0; 43], &mut rng).expect("always");
                assert!(voice.octaves.abs() <= 0.25);
            }
        }
    }

    #[test]
    fn as_many_are_drawn_as_the_recipe_says_and_none_without() {
        let with = |share| voices(OtherVoices { share, ..SETTINGS }, &[]);
        assert!(with(0.0).is_none());
        let voices = with(0.6).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let n = (0..2_000).filter(|_| voices.draw("a/1", &[1.0; 43], &mut rng).is_some()).count();
        assert!(n.abs_diff(1_200) < 90, "{n}");
    }
}
