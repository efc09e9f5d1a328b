//! Training examples: clips that were decoded, brought to the recipe's rate and turned into frames.
//!
//! In: labelled clips. Out: an [`Example`] each, with the frames of one or several hearings (as it is,
//! over a telephone, with noise). Files that do not decode are named, never skipped silently.

use super::TrainingError;
use super::recipe::TrainingRecipe;
use crate::augment::{Chain, Sounds};
use crate::corpus::Clip;
use crate::emotion::Emotion;
use crate::evaluation::clip::{clip_frames, clip_samples};
use crate::model::artifact::Normalisation;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

/// One clip, ready to be learned from.
#[derive(Clone, Debug)]
pub struct Example {
    /// What the speaker expresses.
    pub emotion: Emotion,
    /// The speaker, unique over all corpora.
    pub speaker: String,
    /// The corpus.
    pub corpus: String,
    /// Frames `[n_frames, n_features]` of each hearing; the first is the clip as it is.
    pub hearings: Vec<Vec<f32>>,
}

/// What came of a list of clips.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The usable clips, in the order given.
    pub examples: Vec<Example>,
    /// Files that could not be used, with the reason.
    pub refused: Vec<(PathBuf, String)>,
}

/// Decodes clips and computes their frames. `done` is told after each clip; `n_hearings` 1 takes it only as it is.
///
/// # Errors
/// [`TrainingError::NothingUsable`] when no clip can be used.
pub fn prepare(
    clips: &[Clip],
    recipe: &TrainingRecipe,
    n_hearings: usize,
    mut done: impl FnMut(),
) -> Result<Prepared, TrainingError> {
    let mut prepared = Prepared::default();
    for (index, clip) in clips.iter().enumerate() {
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed ^ (index as u64) << 20);
        match hearings(clip, recipe, n_hearings, &mut rng) {
            Ok(hearings) => prepared.examples.push(Example {
                emotion: clip.emotion,
                speaker: clip.speaker_key(),
                corpus: clip.corpus.clone(),
                hearings,
            }),
            Err(reason) => prepared.refused.push((clip.path.clone(), reason)),
        }
        done();
    }
    if prepared.examples.is_empty() {
        let (path, reason) = prepared.refused.first().cloned().unwrap_or_default();
        return Err(TrainingError::NothingUsable { n_clips: clips.len(), path, reason });
    }
    Ok(prepared)
}

fn hearings(
    clip: &Clip,
    recipe: &TrainingRecipe,
    n_hearings: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Vec<f32>>, String> {
    let decoded =
        crate::audio::recording::decode(&clip.path, crate::audio::recording::Channel::Mix)
            .map_err(|error| error.to_string())?;
    let samples =
        clip_samples(&decoded.samples, decoded.sample_rate_hz, recipe.features, recipe.input)
            .map_err(|error| error.to_string())?;
    let frames_of = |samples: &[f32]| clip_frames(samples, recipe.features, recipe.input);
    let clean = frames_of(&samples);
    if clean.len() < recipe.network.n_inputs() {
        return Err(format!("too short: {} samples of speech", samples.len()));
    }
    let mut hearings = vec![clean];
    for _ in 1..n_hearings {
        let mut heard = samples.clone();
        Chain::random(rng).apply(&mut heard, &Sounds::default(), rng);
        let frames = frames_of(&heard);
        if frames.len() >= recipe.network.n_inputs() {
            hearings.push(frames);
        }
    }
    Ok(hearings)
}

/// Mean and standard deviation of each coefficient over all frames of all hearings.
#[must_use]
pub fn normalisation(examples: &[Example], n_features: usize) -> Normalisation {
    let mut count = 0.0_f64;
    let mut sums = vec![0.0_f64; n_features];
    let mut squares = vec![0.0_f64; n_features];
    for frame in examples
        .iter()
        .flat_map(|example| &example.hearings)
        .flat_map(|frames| frames.chunks_exact(n_features))
    {
        count += 1.0;
        for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(frame) {
            *sum += f64::from(value);
            *square += f64::from(value) * f64::from(value);
        }
    }
    let count = count.max(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "statistics of f32 values")]
    let (mean, deviation) = sums
        .iter()
        .zip(&squares)
        .map(|(sum, square)| {
            let mean = sum / count;
            let variance = (square / count - mean * mean).max(1e-8);
            (mean as f32, variance.sqrt() as f32)
        })
        .unzip();
    Normalisation { mean, deviation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalisation_is_the_mean_and_deviation_of_every_frame() {
        let example = Example {
            emotion: Emotion::Fear,
            speaker: "a/1".into(),
            corpus: "a".into(),
            hearings: vec![vec![1.0, 10.0, 3.0, 10.0], vec![5.0, 10.0, 7.0, 10.0]],
        };
        let normalisation = normalisation(&[example], 2);
        assert!((normalisation.mean[0] - 4.0).abs() < 1e-6);
        assert!((normalisation.deviation[0] - 5.0_f32.sqrt()).abs() < 1e-5);
        assert!((normalisation.mean[1] - 10.0).abs() < 1e-6);
    }
}
