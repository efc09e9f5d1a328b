//! What a classifier said about one labelled clip.

use std::path::PathBuf;

use crate::corpus::Clip;
use crate::emotion::{Emotion, Scores};

/// What a classifier said about one labelled clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The clip's file, to name it by.
    pub path: PathBuf,
    /// The clip's label.
    pub truth: Emotion,
    /// The classifier's probabilities.
    pub scores: Scores,
    /// The corpus that the clip is from.
    pub corpus: String,
    /// The speaker's name within the corpus.
    pub speaker: String,
}

impl Prediction {
    /// The prediction for a clip.
    #[must_use]
    pub fn new(clip: &Clip, scores: Scores) -> Self {
        Prediction {
            path: clip.path.clone(),
            truth: clip.emotion,
            scores,
            corpus: clip.corpus.clone(),
            speaker: clip.speaker.clone(),
        }
    }

    /// Whether all scores are in [0, 1], not all of them 0.
    pub(super) fn has_probabilities(&self) -> bool {
        self.scores.0.iter().all(|score| (0.0..=1.0).contains(score))
            && self.scores.0.iter().any(|score| *score > 0.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(scores: [f32; 7]) -> Prediction {
        Prediction {
            path: "a.wav".into(),
            truth: Emotion::Fear,
            scores: Scores(scores),
            corpus: "mine".into(),
            speaker: "1".into(),
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
}
