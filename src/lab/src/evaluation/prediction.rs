//! What a classifier said about one labelled clip.

use crate::corpus::Clip;
use hearing::emotion::{Emotion, Scores};

/// What a classifier said about one labelled clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The clip's label.
    pub truth: Emotion,
    /// The classifier's probabilities.
    pub scores: Scores,
    /// The corpus that the clip is from.
    pub corpus: String,
    /// The speaker, unique over all corpora: [`Clip::speaker_key`].
    pub speaker: String,
    /// The speaker's sex, where known: `female` or `male`.
    pub sex: Option<String>,
    /// The speaker's age in years, where known.
    pub age: Option<u32>,
}

impl Prediction {
    /// The prediction for a clip.
    #[must_use]
    pub fn new(clip: &Clip, scores: Scores) -> Self {
        Prediction {
            truth: clip.emotion,
            scores,
            corpus: clip.corpus.clone(),
            speaker: clip.speaker_key(),
            sex: clip.sex.clone(),
            age: clip.age,
        }
    }

    /// The same prediction, less certain (above 1) or more certain (below 1): its scores to the power
    /// of `1 / temperature`, scaled to sum to 1 (Guo et al., 2017). What was impossible stays so.
    #[must_use]
    pub fn at_temperature(&self, temperature: f32) -> Self {
        let scores = Scores::softmax(&self.scores.0.map(f32::ln), temperature);
        Prediction { scores, ..self.clone() }
    }

    /// The most probable of some emotions (the first of equals), and its probability among them.
    pub(super) fn top_among(&self, labels: &[Emotion]) -> Judgement {
        let probability = |label: Emotion| f64::from(self.scores.of(label));
        let sum: f64 = labels.iter().map(|label| probability(*label)).sum();
        let mut heard = labels[0];
        for label in labels {
            if probability(*label) > probability(heard) {
                heard = *label;
            }
        }
        // All of these labels may have been rounded to nothing: then each is as probable.
        #[expect(clippy::cast_precision_loss, reason = "seven labels at most")]
        let confidence =
            if sum > 0.0 { probability(heard) / sum } else { 1.0 / labels.len() as f64 };
        Judgement { truth: self.truth, heard, confidence }
    }
}

/// A prediction reduced to the labels of its corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) truth: Emotion,
    pub(super) heard: Emotion,
    /// Probability of `heard` among the labels of the corpus, in [0, 1].
    pub(super) confidence: f64,
}

impl Judgement {
    pub(super) fn is_right(&self) -> bool {
        self.heard == self.truth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(scores: [f32; 7]) -> Prediction {
        Prediction {
            truth: Emotion::Fear,
            scores: Scores(scores),
            corpus: "mine".into(),
            speaker: "1".into(),
            sex: None,
            age: None,
        }
    }

    #[test]
    fn a_label_that_the_corpus_lacks_is_not_heard_and_the_rest_sums_to_one() {
        let judgement = prediction([0.1, 0.0, 0.3, 0.0, 0.6, 0.0, 0.0])
            .top_among(&[Emotion::Anger, Emotion::Fear]);
        assert_eq!((judgement.truth, judgement.heard), (Emotion::Fear, Emotion::Fear));
        assert!((judgement.confidence - 0.75).abs() < 1e-7);
    }

    #[test]
    fn labels_of_no_probability_at_all_are_equally_probable() {
        let judgement = prediction([0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0])
            .top_among(&[Emotion::Anger, Emotion::Fear]);
        assert_eq!(judgement.heard, Emotion::Anger);
        assert!((judgement.confidence - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_temperature_of_one_changes_nothing_and_of_two_takes_the_root() {
        let plain = prediction([0.8, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0]);
        let roots = 0.8_f32.sqrt() + 0.2_f32.sqrt();
        for (temperature, expected) in [(1.0, 0.8), (2.0, 0.8_f32.sqrt() / roots)] {
            let scores = plain.at_temperature(temperature).scores;
            assert!((scores.of(Emotion::Anger) - expected).abs() < 1e-6, "{scores:?}");
            assert!(scores.of(Emotion::Disgust).abs() < 1e-6, "{scores:?}");
        }
    }
}
