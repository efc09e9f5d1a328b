//! The frames of a whole clip.
//!
//! In: all samples of a clip at the recipe's rate. Out: all its frames. Kept between calls: nothing.

use super::frames::FrameCutter;
use super::mfcc::Mfcc;
use super::{Extractor, Recipe};

/// librosa's `top_db`: how far below the clip's loudest band a band may lie.
const SEED_V1_RANGE_DB: f32 = 80.0;

/// Decibels of a power whose natural logarithm is 1.
const DB_PER_NEPER: f32 = 10.0 / std::f32::consts::LN_10;

/// The frames of a clip, row-major `[n_frames, n_features]`; `samples` in [-1, 1] at the recipe's rate.
///
/// With the phone recipes these are the frames that an [`Extractor`] gives for the same samples; a clip that is
/// shorter than a frame gives none. An empty clip gives none with either recipe.
#[must_use]
pub fn clip_frames(recipe: Recipe, samples: &[f32]) -> Vec<f32> {
    let mut frames = Vec::with_capacity(recipe.n_frames(samples.len()) * recipe.n_features());
    match Extractor::new(recipe) {
        Ok(mut extractor) => extractor.push(samples, &mut frames),
        Err(_) if samples.is_empty() => {}
        Err(_) => append_levelled_frames(recipe, samples, &mut frames),
    }
    frames
}

/// librosa's way: zeros at both ends, bands in dB, cut off relative to the clip's loudest band.
fn append_levelled_frames(recipe: Recipe, samples: &[f32], frames: &mut Vec<f32>) {
    let mut mfcc = Mfcc::new(&recipe.mfcc());
    let mut levels_db = Vec::with_capacity(recipe.n_frames(samples.len()) * recipe.n_mels());
    let mut cutter = FrameCutter::new(recipe.taper_len(), recipe.hop_len());
    let zeros = vec![0.0; recipe.taper_len() / 2];
    for part in [&zeros, samples, &zeros] {
        cutter.push(part, |frame| {
            levels_db.extend(mfcc.mel_logarithms(frame).iter().map(|ln| ln * DB_PER_NEPER));
        });
    }
    let floor_db = levels_db.iter().copied().fold(f32::NEG_INFINITY, f32::max) - SEED_V1_RANGE_DB;
    for frame_db in levels_db.chunks_exact_mut(recipe.n_mels()) {
        for level_db in frame_db.iter_mut() {
            *level_db = level_db.max(floor_db);
        }
        mfcc.append_cosines_of(frame_db, frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gives_no_frames() {
        for recipe in Recipe::ALL {
            assert!(clip_frames(recipe, &[]).is_empty());
        }
    }

    #[test]
    fn a_seed_frame_comes_for_every_hop_even_of_the_shortest_clip() {
        for n_samples in [1, 511, 512, 3000] {
            let frames = clip_frames(Recipe::SeedV1, &vec![0.1; n_samples]);
            assert_eq!(frames.len(), Recipe::SeedV1.n_frames(n_samples) * 40);
            assert!(frames.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn a_silent_seed_clip_is_at_the_floor_of_100_db() {
        let frames = clip_frames(Recipe::SeedV1, &[0.0; 2048]);
        assert!((frames[0] - -100.0 * 128.0_f32.sqrt()).abs() < 1e-3, "{}", frames[0]);
        assert!(frames[1..40].iter().all(|value| value.abs() < 1e-4));
    }
}
