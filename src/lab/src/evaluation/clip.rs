//! One whole clip: its samples, its frames and its probabilities, the same in training and evaluation.

use crate::augment::trim_silence;
use hearing::classifier::{Baseline, Classifier, Spoken};
use hearing::emotion::{N_EMOTIONS, Scores};
use hearing::features;
use hearing::features::recipe::Recipe;
use model::artifact::InputForm;
use model::classifier::coefficient_means;
use model::{LstmClassifier, ModelError};
use resample::{ResampleError, resample_all};

/// Segments that are read at once: a device is well used, and an hour's clip needs little memory.
const AT_ONCE: usize = 64;

/// The samples of a clip that its frames are made of, at the recipe's rate.
///
/// Clips for [`InputForm::CoefficientMeans`] are cut as the original notebook cuts them (3 s from 0.5 s on);
/// others lose the silence around the speech.
///
/// # Errors
/// A resampler that cannot be made for these rates.
pub fn clip_samples(
    samples: &[f32],
    rate_hz: u32,
    recipe: Recipe,
    input: InputForm,
) -> Result<Vec<f32>, ResampleError> {
    let to_hz = recipe.sample_rate_hz();
    let samples = resample_all(samples, rate_hz, to_hz)?;
    Ok(match input {
        InputForm::Frames => trim_silence(&samples, to_hz).to_vec(),
        InputForm::CoefficientMeans => {
            let second = to_hz as usize;
            let start = (second / 2).min(samples.len());
            samples[start..(start + 3 * second).min(samples.len())].to_vec()
        }
    })
}

/// What the network is given of a clip: its frames `[n_frames, n_features]`, or their means.
#[must_use]
pub fn clip_frames(samples: &[f32], recipe: Recipe, input: InputForm) -> Vec<f32> {
    let frames = features::clip_frames(recipe, samples);
    match input {
        InputForm::Frames => frames,
        InputForm::CoefficientMeans => coefficient_means(&frames, recipe.n_features()),
    }
}

/// Probabilities of a whole clip: the mean over segments of the model's longest length, half a segment
/// apart, the last of which ends with the clip; a shorter clip is one segment. `baseline` is what is known of
/// the speaker's voice beforehand.
///
/// # Errors
/// What the classifier says.
pub fn clip_scores(
    classifier: &mut LstmClassifier,
    frames: &[f32],
    baseline: &Baseline,
) -> Result<Scores, ModelError> {
    let manifest = classifier.manifest();
    if manifest.input == InputForm::CoefficientMeans {
        return Ok(classifier.classify(frames, baseline)?.scores);
    }
    let width = manifest.network.n_features;
    let longest = manifest.recipe.frames_in_ms(manifest.segment.max_ms) * width;
    if frames.len() <= longest {
        return Ok(classifier.classify(frames, baseline)?.scores);
    }
    let hop = (longest / width / 2).max(1) * width;
    let last = frames.len() - longest;
    let segments = (0..last).step_by(hop).chain([last]);
    let spoken: Vec<Spoken<'_>> = segments
        .map(|start| Spoken { frames: &frames[start..start + longest], baseline })
        .collect();
    let mut answers = Vec::with_capacity(spoken.len());
    for some in spoken.chunks(AT_ONCE) {
        classifier.classify_all(some, &mut answers)?;
    }
    let mut sum = [0.0_f32; N_EMOTIONS];
    for answer in &answers {
        sum.iter_mut().zip(answer.scores.0).for_each(|(sum, score)| *sum += score);
    }
    #[expect(clippy::cast_precision_loss, reason = "segments of a clip")]
    let n_segments = answers.len() as f32;
    Ok(Scores(sum.map(|total| total / n_segments)))
}
