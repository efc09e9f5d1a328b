//! Samples in, frames of features out: what the network hears.
//!
//! In: mono samples at the recipe's rate, in blocks of any length. Out: frames of MFCCs (and the voice's pitch), row-major
//! `[n_frames, n_features]`. Kept between calls: the samples that the next frames still need.
//!
//! One second of sound goes through the files in this order: [`recipe`] says which numbers are used, `hum_filter`
//! takes off hum and offset, `frames` cuts and tapers, `spectrum` transforms, `mel` sums into bands, and `mfcc` takes
//! the logarithm and the cosine transform; `pitch` adds what the voice does. `warp` changes frames into those of another voice, for training. Training, replay and live audio all use
//! this [`Extractor`], and a model loads only with the recipe that it was trained on.

mod banded;
mod clip;
mod correlation;
mod frames;
#[cfg(test)]
mod golden;
mod hum_filter;
#[cfg(test)]
mod hum_tests;
mod logarithm;
mod mel;
mod mfcc;
mod pitch;
pub mod recipe;
mod spectrum;
mod warp;

pub use clip::clip_frames;
pub use correlation::Correlator;
pub use hum_filter::HumFilter;
pub use mfcc::{Mfcc, MfccSettings};
pub use pitch::{PitchTracker, Voice};
pub use recipe::{Recipe, UnknownRecipe};
pub use spectrum::PowerSpectrum;
pub use warp::FrequencyWarp;

use frames::FrameCutter;

/// Why a recipe gives no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// The recipe needs the whole clip before the first frame is known.
    #[error(
        "the recipe {recipe} cannot follow a stream, because its levels are cut off relative to the loudest \
         point of the whole clip; use it on clips only, and phone-v3 on streams"
    )]
    NeedsWholeClip {
        /// The recipe.
        recipe: Recipe,
    },
}

/// Samples that are filtered at once, on the stack.
const FILTERED_LEN: usize = 256;

/// Turns one voice's stream of samples into frames of features.
///
/// Frame `k` covers the samples `[k * hop_len, k * hop_len + taper_len)`, without padding: the first frame
/// comes with the last of its samples. Any split of the samples gives the same bytes.
pub struct Extractor {
    recipe: Recipe,
    hum: Option<HumFilter>,
    cutter: FrameCutter,
    mfcc: Mfcc,
    pitch: Option<PitchTracker>,
}

impl Extractor {
    /// An extractor at the start of a stream. Everything is allocated here.
    ///
    /// # Errors
    /// [`FeatureError::NeedsWholeClip`] for a recipe that is for clips: see [`clip_frames`].
    pub fn new(recipe: Recipe) -> Result<Self, FeatureError> {
        if !recipe.streams() {
            return Err(FeatureError::NeedsWholeClip { recipe });
        }
        Ok(Extractor {
            recipe,
            hum: recipe.hum_filter(),
            cutter: FrameCutter::new(recipe.taper_len(), recipe.hop_len()),
            mfcc: Mfcc::new(&recipe.mfcc()),
            pitch: recipe.least_voice().map(|least| PitchTracker::new(recipe.hop_len(), least)),
        })
    }

    /// The recipe of the frames.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// Takes the next `samples`, in [-1, 1] at the recipe's rate, and appends the frames that they complete
    /// to `frames`, row-major `[n_frames, n_features]`; nothing else allocates.
    ///
    /// A sample that is no number counts as silence: for the frames that it is in, or alone where the recipe filters.
    pub fn push(&mut self, samples: &[f32], frames: &mut Vec<f32>) {
        let Extractor { hum, cutter, mfcc, pitch, .. } = self;
        let mut append = |frame: &[f32]| {
            mfcc.append_frame(frame, frames);
            if let Some(pitch) = pitch {
                frames.extend(pitch.push(frame).features());
            }
        };
        let Some(hum) = hum else {
            cutter.push(samples, append);
            return;
        };
        let mut filtered = [0.0; FILTERED_LEN];
        for samples in samples.chunks(FILTERED_LEN) {
            let filtered = &mut filtered[..samples.len()];
            hum.apply(samples, filtered);
            cutter.push(filtered, &mut append);
        }
    }

    /// Back to the start: after a gap, no frame spans it, and the next sample is sample 0 of a new stream.
    pub fn reset(&mut self) {
        if let Some(hum) = &mut self.hum {
            hum.reset();
        }
        self.cutter.reset();
        if let Some(pitch) = &mut self.pitch {
            pitch.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(frames: &[f32]) -> Vec<u32> {
        frames.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn the_clip_recipe_is_refused_for_streams_and_says_why() {
        let error = Extractor::new(Recipe::SeedV1).err().unwrap();
        assert_eq!(error, FeatureError::NeedsWholeClip { recipe: Recipe::SeedV1 });
        assert!(error.to_string().contains("loudest point of the whole clip"), "{error}");
    }

    #[test]
    fn frames_come_with_the_last_of_their_samples() {
        let mut extractor = Extractor::new(Recipe::PhoneV1).unwrap();
        let mut frames = Vec::new();
        extractor.push(&[0.1; 199], &mut frames);
        assert_eq!(frames.len(), 0);
        extractor.push(&[0.1; 1], &mut frames);
        assert_eq!(frames.len(), 40);
        extractor.push(&[0.1; 79], &mut frames);
        assert_eq!(frames.len(), 40);
        extractor.push(&[0.1; 1], &mut frames);
        assert_eq!(frames.len(), 80);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_split_gives_the_same_bytes_also_after_a_reset(
            samples in prop::collection::vec(-1.0_f32..1.0, 0..4000),
            cuts in prop::collection::vec(0_usize..700, 0..12),
        ) {
            for recipe in [Recipe::PhoneV2, Recipe::PhoneV3] {
                let whole = clip_frames(recipe, &samples);
                prop_assert_eq!(whole.len(), recipe.n_frames(samples.len()) * 43);

                let mut extractor = Extractor::new(recipe).unwrap();
                let mut frames = Vec::new();
                extractor.push(&[0.3; 333], &mut frames);
                extractor.reset();
                frames.clear();
                let mut rest = &samples[..];
                for &cut in &cuts {
                    let (now, later) = rest.split_at(cut.min(rest.len()));
                    extractor.push(now, &mut frames);
                    rest = later;
                }
                extractor.push(rest, &mut frames);
                prop_assert_eq!(bits(&frames), bits(&whole));
            }
        }
    }
}
