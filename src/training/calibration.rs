//! From logits to probabilities that mean what they say, fitted on the dev speakers.
//!
//! In: a trained model and the dev clips, as they are and over a random line. Out: the model's
//! [`Calibration`]. Keeps nothing.

use super::example::Example;
use super::{TrainingError, parallel, scaling};
use crate::emotion::{Emotion, N_EMOTIONS};
use crate::model::artifact::{Artifact, Calibration, InputForm};
use crate::model::device::Backend;
use crate::model::{Baseline, LstmClassifier, ModelError};

/// The share of shown answers that shall be right.
const SHOWN_RIGHT: f32 = 0.7;
/// Least share of answers that are shown all the same, in per cent.
const LEAST_SHOWN: usize = 30;
/// Share of the dev speakers' longest segments, half of them over a random line, that may be taken for something
/// else than speech: silence on music and noise is worth more than every reading.
const SPEECH_LOST: f64 = 0.05;

/// Fits temperature, bias, reject threshold and the threshold of speech.
///
/// Temperature and bias are those of `scaling`. The reject threshold is the lowest
/// at which answers that are shown are right in 70 % of cases, first answers after the shortest speech among
/// them, or the one that shows 30 % of them where that cannot be had. The threshold of speech lets 95 % of the longest segments through.
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
    let whole: Vec<&Heard> = heard.iter().filter(|one| !one.is_early).collect();
    let (temperature, bias) = scaling::fitted(&whole);
    let scaled = Calibration { temperature, bias, uncertain_below: 0.0, speech_from: 0.0 };
    let answers = heard.iter().map(|one| {
        let (emotion, certainty) = scaled.scores(one.logits).top();
        (certainty, emotion == one.truth)
    });
    artifact.manifest.calibration = Calibration {
        uncertain_below: reject_threshold(answers.collect()),
        speech_from: speech_threshold(whole.iter().filter_map(|one| one.speech).collect()),
        ..scaled
    };
    Ok(artifact)
}

/// What the network says of one hearing.
pub(super) struct Heard {
    /// What is expressed.
    pub(super) truth: Emotion,
    /// The corpus that the clip is of.
    pub(super) corpus: String,
    /// The speaker, unique over all corpora.
    pub(super) speaker: String,
    /// Logits by emotion; negative infinity for those that the model has no output for.
    pub(super) logits: [f32; N_EMOTIONS],
    /// Logit of its being speech, where the network says so.
    pub(super) speech: Option<f32>,
    /// Whether it is of the beginning alone, as much as a first reading has.
    pub(super) is_early: bool,
}

/// The network's word on a clip's hearings: of the newest of a longest segment's frames, and of the first of a
/// shortest's.
fn hear(artifact: &Artifact, example: &Example) -> Result<Vec<Heard>, ModelError> {
    let mut classifier = LstmClassifier::new(artifact, Backend::cpu())?;
    let manifest = &artifact.manifest;
    let values_in = |ms| manifest.recipe.frames_in_ms(ms) * manifest.network.n_features;
    let (shortest, longest) = match manifest.input {
        InputForm::CoefficientMeans => (usize::MAX, usize::MAX),
        InputForm::Frames => {
            (values_in(manifest.segment.min_ms), values_in(manifest.segment.max_ms))
        }
    };
    let Some(truth) = example.label.and_then(|label| manifest.labels.get(label)).copied() else {
        return Ok(Vec::new());
    };
    let mut word = |frames: &[f32], is_early: bool| {
        let outputs = classifier.logits(frames, &Baseline::default())?;
        let mut logits = [f32::NEG_INFINITY; N_EMOTIONS];
        for (label, logit) in manifest.labels.iter().zip(&outputs) {
            logits[label.index()] = *logit;
        }
        Ok(Heard {
            truth,
            corpus: example.corpus.clone(),
            speaker: example.speaker.clone(),
            logits,
            speech: outputs.get(manifest.labels.len()).copied(),
            is_early,
        })
    };
    let mut heard = Vec::with_capacity(2 * example.hearings.len());
    for hearing in &example.hearings {
        let frames = hearing.frames.as_slice();
        heard.push(word(&frames[frames.len().saturating_sub(longest)..], false)?);
        if frames.len() > shortest {
            heard.push(word(&frames[..shortest], true)?);
        }
    }
    Ok(heard)
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
        assert!((least - 0.69).abs() < 0.011, "{least}");
    }

    #[test]
    fn the_speech_threshold_loses_five_in_a_hundred() {
        let logits: Vec<f32> = (0..1000_u16).map(f32::from).collect();
        assert!((speech_threshold(logits) - 50.0).abs() < 1e-6);
        assert!(speech_threshold(Vec::new()).abs() < 1e-6);
    }
}
