//! From logits to probabilities that mean what they say, fitted on the dev speakers.
//!
//! In: a trained model and the dev clips, as they are and over a random line. Out: the model's
//! [`Calibration`]. Keeps nothing.

use super::example::Example;
use super::{TrainingError, parallel};
use crate::emotion::{Emotion, N_EMOTIONS, Scores};
use crate::model::artifact::{Artifact, Calibration, InputForm};
use crate::model::device::Backend;
use crate::model::{Baseline, LstmClassifier, ModelError};

/// The share of shown answers that shall be right.
const SHOWN_RIGHT: f32 = 0.7;
/// Least share of answers that are shown all the same, in per cent.
const LEAST_SHOWN: usize = 60;
/// Share of the dev speakers' segments that may be taken for something else than speech.
const SPEECH_LOST: f64 = 0.02;
/// Temperatures that are tried: 0.5 to 3.5 in steps of 5 %, and 1.
const TEMPERATURES: u8 = 40;

/// Fits temperature, reject threshold and the threshold of speech.
///
/// The temperature minimises the negative log likelihood (Guo et al., 2017). The reject threshold is the lowest
/// at which answers that are shown are right in 70 % of cases, or the one that shows 60 % of them where that
/// cannot be had. The threshold of speech lets 98 % of the speech through.
///
/// # Errors
/// What the model says.
pub fn calibrated(mut artifact: Artifact, dev: &[Example]) -> Result<Artifact, TrainingError> {
    let heard: Vec<Heard> = parallel::map(dev, |_, example| hear(&artifact, example), || {})
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let loss = |temperature: f32| -> f64 {
        heard
            .iter()
            .map(|one| -f64::from(one.scores(temperature).of(one.truth).max(1e-9).ln()))
            .sum()
    };
    let mut temperatures: Vec<f32> =
        (0..=TEMPERATURES).map(|step| 0.5 * 1.05_f32.powi(step.into())).collect();
    temperatures.push(1.0);
    temperatures.sort_by(f32::total_cmp);
    let best = temperatures.iter().copied().min_by(|a, b| loss(*a).total_cmp(&loss(*b)));
    let temperature = best.unwrap_or(1.0);
    let answers = heard.iter().map(|one| {
        let (emotion, certainty) = one.scores(temperature).top();
        (certainty, emotion == one.truth)
    });
    artifact.manifest.calibration = Calibration {
        temperature,
        uncertain_below: reject_threshold(answers.collect()),
        speech_from: speech_threshold(heard.iter().filter_map(|one| one.speech).collect()),
    };
    Ok(artifact)
}

/// What the network says of one hearing.
struct Heard {
    truth: Emotion,
    logits: [f32; N_EMOTIONS],
    speech: Option<f32>,
}

impl Heard {
    fn scores(&self, temperature: f32) -> Scores {
        Scores::softmax(&self.logits, temperature)
    }
}

/// The network's word on a clip's hearings, of the newest of a longest segment's frames.
fn hear(artifact: &Artifact, example: &Example) -> Result<Vec<Heard>, ModelError> {
    let mut classifier = LstmClassifier::new(artifact, Backend::cpu())?;
    let manifest = &artifact.manifest;
    let longest = match manifest.input {
        InputForm::CoefficientMeans => usize::MAX,
        InputForm::Frames => {
            manifest.recipe.frames_in_ms(manifest.segment.max_ms) * manifest.network.n_features
        }
    };
    let Some(truth) = example.label.and_then(|label| manifest.labels.get(label)).copied() else {
        return Ok(Vec::new());
    };
    let word = |frames: &[f32]| {
        let newest = &frames[frames.len().saturating_sub(longest)..];
        let outputs = classifier.logits(newest, &Baseline::default())?;
        let mut logits = [f32::NEG_INFINITY; N_EMOTIONS];
        for (label, logit) in manifest.labels.iter().zip(&outputs) {
            logits[label.index()] = *logit;
        }
        Ok(Heard { truth, logits, speech: outputs.get(manifest.labels.len()).copied() })
    };
    example.hearings.iter().map(|hearing| hearing.frames.as_slice()).map(word).collect()
}

fn reject_threshold(mut answers: Vec<(f32, bool)>) -> f32 {
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let least = answers.len() * LEAST_SHOWN / 100;
    let mut right = 0;
    let mut threshold = answers.get(least).map_or(0.0, |answer| answer.0);
    for (shown, (certainty, is_right)) in answers.iter().enumerate() {
        right += usize::from(*is_right);
        #[expect(clippy::cast_precision_loss, reason = "counts of clips")]
        let accuracy = right as f32 / (shown + 1) as f32;
        if shown >= least && accuracy >= SHOWN_RIGHT {
            threshold = *certainty;
        }
    }
    threshold
}

/// The logit below which the lost share of the speech lies; 0 without any.
fn speech_threshold(mut logits: Vec<f32>) -> f32 {
    logits.sort_by(f32::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of clips"
    )]
    let lost = (logits.len() as f64 * SPEECH_LOST) as usize;
    logits.get(lost).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reject_threshold_shows_as_much_as_is_right_often_enough() {
        let answers = |right_from: f32| {
            (0..100_u8).map(f32::from).map(|n| (n / 100.0, n / 100.0 >= right_from)).collect()
        };
        let threshold = reject_threshold(answers(0.35));
        assert!((threshold - 0.08).abs() < 0.011, "{threshold}");
        let least = reject_threshold(answers(0.9));
        assert!((least - 0.39).abs() < 0.011, "{least}");
    }

    #[test]
    fn the_speech_threshold_loses_two_in_a_hundred() {
        let logits: Vec<f32> = (0..1000_u16).map(f32::from).collect();
        assert!((speech_threshold(logits) - 20.0).abs() < 1e-6);
        assert!(speech_threshold(Vec::new()).abs() < 1e-6);
    }
}
