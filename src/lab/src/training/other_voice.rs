//! A segment as if somebody else had said it into another microphone.
//!
//! In: frames of one voice. Out: frames of a voice that is in no corpus: another vocal tract (Jaitly & Hinton, "Vocal
//! tract length perturbation improves speech recognition", 2013), another pitch, another colour of the microphone.
//! Keeps the maps of the tracts.

use super::recipe::{OtherVoices, TrainingRecipe};
use hearing::classifier::Baseline;
use hearing::features::FrequencyWarp;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Vocal tracts that are drawn from.
const N_TRACTS: u8 = 17;
/// Coefficients, from the first after the level on, that a microphone colours: it is smooth over frequency.
const COLOURED: std::ops::Range<usize> = 1..9;

/// The voices that may be drawn.
pub struct Voices {
    settings: OtherVoices,
    n_mfcc: usize,
    tracts: Vec<FrequencyWarp>,
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
    #[must_use]
    pub fn new(recipe: &TrainingRecipe) -> Option<Self> {
        let settings = recipe.other_voices;
        if settings.share <= 0.0 || !recipe.features.has_voice() {
            return None;
        }
        let mfcc = recipe.features.mfcc();
        let factor = |index: u8| {
            let place = f64::from(index) / f64::from(N_TRACTS - 1) * 2.0 - 1.0;
            (1.0 + settings.tract).powf(place)
        };
        let tracts = (0..N_TRACTS).map(|index| FrequencyWarp::new(&mfcc, factor(index))).collect();
        Some(Voices { settings, n_mfcc: mfcc.n_mfcc, tracts })
    }

    /// Another voice in the recipe's share of the draws. `deviation` is that of each feature over the training set.
    pub fn draw(&self, deviation: &[f32], rng: &mut ChaCha8Rng) -> Option<OtherVoice<'_>> {
        if !rng.random_bool(self.settings.share) {
            return None;
        }
        let tract = &self.tracts[rng.random_range(0..self.tracts.len())];
        let most = self.settings.pitch_octaves;
        let octaves = if most > 0.0 { rng.random_range(-most..=most) } else { 0.0 };
        let colour = COLOURED
            .map(|at| {
                let draw: f32 = StandardNormal.sample(rng);
                self.settings.colour * draw * deviation.get(at).copied().unwrap_or(1.0)
            })
            .collect();
        Some(OtherVoice { tract, octaves, colour, n_mfcc: self.n_mfcc })
    }
}

impl OtherVoice<'_> {
    /// Changes frames `[n_frames, n_features]`.
    pub fn speak(&self, frames: &mut [f32], n_features: usize) {
        for frame in frames.chunks_exact_mut(n_features) {
            self.change(frame, 1.0);
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
        // Without a voice the pitch is exactly 0.
        let octaves = &mut frame[self.n_mfcc];
        if *octaves != 0.0 {
            *octaves += self.octaves * voiced;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn voices(share: f64) -> Option<Voices> {
        let mut recipe = TrainingRecipe::named("phone").expect("built in");
        recipe.other_voices = OtherVoices { share, tract: 0.12, pitch_octaves: 0.25, colour: 0.3 };
        Voices::new(&recipe)
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
        let voices = voices(1.0).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let voice = voices.draw(&[1.0; 43], &mut rng).expect("always");
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
        let voices = voices(1.0).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let voice = voices.draw(&[1.0; 43], &mut rng).expect("always");
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
    fn as_many_are_drawn_as_the_recipe_says_and_none_without() {
        assert!(voices(0.0).is_none());
        let voices = voices(0.6).expect("some");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let n = (0..2_000).filter(|_| voices.draw(&[1.0; 43], &mut rng).is_some()).count();
        assert!(n.abs_diff(1_200) < 90, "{n}");
    }
}
