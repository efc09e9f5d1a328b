//! How a clip is heard: as it was recorded, or changed first.
//!
//! In: a clip and its samples. Out: the samples that the features are made of, at the rate of the line.
//! Chance in a change is seeded by the clip, so that a clip is always changed in the same way.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::Degradation;
use crate::augment::{Perturbation, Sounds, trim_silence};
use crate::corpus::Clip;
use hearing::stream_time::STREAM_RATE_HZ;
use model::artifact::InputForm;
use resample::{ResampleError, resample_all};

/// How clips are heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Over a line.
    Degraded(Degradation),
    /// Prepared as for a small change, but unchanged: what changed clips are compared with.
    Unperturbed,
    /// With a small change or a disturbance.
    Perturbed(Perturbation),
}

impl Condition {
    /// Whether a clip is heard as it was recorded.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Condition::Degraded(Degradation::None)
    }

    fn label(self) -> &'static str {
        match self {
            Condition::Degraded(degradation) => degradation.label(),
            Condition::Unperturbed => "",
            Condition::Perturbed(perturbation) => perturbation.name(),
        }
    }

    /// Changes the speech of a clip (see [`speech`]).
    pub fn change(self, samples: &mut Vec<f32>, clip: &Clip, sounds: &Sounds) {
        let mut rng = seeded_by(clip, self.label());
        match self {
            Condition::Degraded(degradation) => {
                degradation.chain().apply(samples, sounds, &mut rng);
            }
            Condition::Unperturbed => {}
            Condition::Perturbed(perturbation) => perturbation.apply(samples, sounds, &mut rng),
        }
    }
}

/// The part of a clip that is changed, at [`STREAM_RATE_HZ`]: without the silence at its ends, so that
/// the level of noise is told from the speech. A model of [`InputForm::CoefficientMeans`] counts from the
/// clip's beginning, so there the silence stays.
///
/// # Errors
/// A resampler that cannot be made for this rate.
pub fn speech(samples: &[f32], rate_hz: u32, input: InputForm) -> Result<Vec<f32>, ResampleError> {
    let samples = resample_all(samples, rate_hz, STREAM_RATE_HZ)?;
    Ok(match input {
        InputForm::Frames => trim_silence(&samples, STREAM_RATE_HZ).to_vec(),
        InputForm::CoefficientMeans => samples,
    })
}

/// Chance for one clip, the same wherever its corpus lies, and another for each purpose.
#[must_use]
pub fn seeded_by(clip: &Clip, purpose: &str) -> ChaCha8Rng {
    let file = clip.path.file_name().unwrap_or_default().to_string_lossy();
    let words = [&clip.speaker_key(), &*file, purpose].join("/");
    ChaCha8Rng::from_seed(Sha256::digest(words.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn clip(path: &str) -> Clip {
        Clip::new(path, Emotion::Fear, "mine", "1")
    }

    /// A second of a sine with silence of a second on both sides, at 8 kHz.
    fn recording() -> Vec<f32> {
        let silence = vec![0.0; 8_000];
        let sine = (0_u16..8_000).map(|n| 0.3 * (f32::from(n) * 0.3).sin()).collect();
        [silence.clone(), sine, silence].concat()
    }

    fn heard(degradation: Degradation, path: &str) -> Vec<f32> {
        let mut samples = speech(&recording(), STREAM_RATE_HZ, InputForm::Frames).unwrap();
        let condition = Condition::Degraded(degradation);
        condition.change(&mut samples, &clip(path), &Sounds::default());
        samples
    }

    #[test]
    fn a_clip_is_changed_in_the_same_way_wherever_it_lies_and_another_in_another() {
        let once = heard(Degradation::PhoneNoise, "here/a.wav");
        assert_eq!(heard(Degradation::PhoneNoise, "there/a.wav"), once);
        assert_ne!(heard(Degradation::PhoneNoise, "here/b.wav"), once);
    }

    #[test]
    fn undegraded_speech_stays_and_silence_goes_only_where_the_model_does_not_count_from_it() {
        assert!(Condition::Degraded(Degradation::None).is_none());
        let speech = |input| speech(&recording(), STREAM_RATE_HZ, input).unwrap();
        assert_eq!(heard(Degradation::None, "a.wav"), speech(InputForm::Frames));
        assert_eq!(speech(InputForm::Frames).len(), 8_800);
        assert_eq!(speech(InputForm::CoefficientMeans).len(), 24_000);
    }
}
