//! The emotions that Undertone tells apart, and a probability for each.
//!
//! In: nothing. Out: [`Emotion`] (a label with a fixed order) and [`Scores`] (one probability a label); below it
//! [`Group`]s of emotions, and the [`Verdict`] of what is sure enough to be said.
//! The order of a *model's* outputs is not this order: it stands in the model's manifest, and
//! `model` maps it to [`Emotion`] by name.

mod group;
mod verdict;

pub use group::{Group, N_GROUPS, UnknownGroup};
pub use verdict::{Thresholds, Verdict};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Number of emotions, and so the length of [`Scores`].
pub const N_EMOTIONS: usize = 7;

/// One emotion, in the product's fixed order.
///
/// The seven are those of the Toronto Emotional Speech Set (Pichora-Fuller & Dupuis, 2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Emotion {
    /// Anger.
    Anger,
    /// Disgust.
    Disgust,
    /// Fear.
    Fear,
    /// Happiness.
    Happiness,
    /// Pleasant surprise.
    Surprise,
    /// Sadness.
    Sadness,
    /// None of the others; calm speech counts as neutral.
    Neutral,
}

impl Emotion {
    /// All emotions in the order of [`Scores`].
    pub const ALL: [Emotion; N_EMOTIONS] = [
        Emotion::Anger,
        Emotion::Disgust,
        Emotion::Fear,
        Emotion::Happiness,
        Emotion::Surprise,
        Emotion::Sadness,
        Emotion::Neutral,
    ];

    /// The label in files: one lower-case English word.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Emotion::Anger => "anger",
            Emotion::Disgust => "disgust",
            Emotion::Fear => "fear",
            Emotion::Happiness => "happiness",
            Emotion::Surprise => "surprise",
            Emotion::Sadness => "sadness",
            Emotion::Neutral => "neutral",
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Emotion::Surprise => "pleasant surprise",
            other => other.label(),
        }
    }

    /// One letter, different for each emotion, so that the timeline reads without colour.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Emotion::Anger => 'A',
            Emotion::Disgust => 'D',
            Emotion::Fear => 'F',
            Emotion::Happiness => 'H',
            Emotion::Surprise => 'P',
            Emotion::Sadness => 'S',
            Emotion::Neutral => 'N',
        }
    }

    /// Position in [`Emotion::ALL`] and in [`Scores`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A word that is no emotion's label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not an emotion; known are anger, disgust, fear, happiness, surprise, sadness, neutral"
)]
pub struct UnknownEmotion(pub String);

impl FromStr for Emotion {
    type Err = UnknownEmotion;

    /// Reads a label, and the synonyms that the corpora use (`angry`, `ps`, `calm`, ...), in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_lowercase().as_str() {
            "anger" | "angry" => Ok(Emotion::Anger),
            "disgust" | "disgusted" => Ok(Emotion::Disgust),
            "fear" | "fearful" => Ok(Emotion::Fear),
            "happiness" | "happy" => Ok(Emotion::Happiness),
            "surprise" | "surprised" | "ps" | "pleasant surprise" => Ok(Emotion::Surprise),
            "sadness" | "sad" => Ok(Emotion::Sadness),
            "neutral" | "calm" => Ok(Emotion::Neutral),
            _ => Err(UnknownEmotion(text.to_owned())),
        }
    }
}

/// One probability in [0, 1] for each emotion, in the order of [`Emotion::ALL`]; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores(pub [f32; N_EMOTIONS]);

impl Scores {
    /// The same probability for every emotion: nothing is known.
    pub const UNIFORM: Scores = Scores([1.0 / 7.0; N_EMOTIONS]);

    /// The softmax of unscaled scores at a temperature (Guo et al., 2017): above 1 less certain.
    ///
    /// An emotion whose logit is negative infinity gets probability 0.
    #[must_use]
    pub fn softmax(logits: &[f32; N_EMOTIONS], temperature: f32) -> Self {
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = logits.map(|logit| ((logit - max) / temperature).exp());
        let sum: f32 = powers.iter().sum();
        Scores(powers.map(|power| power / sum))
    }

    /// The probability of one emotion.
    #[must_use]
    pub fn of(&self, emotion: Emotion) -> f32 {
        self.0[emotion.index()]
    }

    /// The most probable emotion and its probability; the first of equals.
    #[must_use]
    pub fn top(&self) -> (Emotion, f32) {
        Emotion::ALL.into_iter().map(|emotion| (emotion, self.of(emotion))).fold(
            (Emotion::Anger, f32::NEG_INFINITY),
            |best, next| if next.1 > best.1 { next } else { best },
        )
    }

    /// Emotions with their probabilities, in the fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Emotion, f32)> + '_ {
        Emotion::ALL.into_iter().zip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_reads_back_as_its_emotion() {
        for emotion in Emotion::ALL {
            assert_eq!(emotion.label().parse::<Emotion>(), Ok(emotion));
            assert_eq!(Emotion::ALL[emotion.index()], emotion);
        }
    }

    #[test]
    fn letters_are_all_different() {
        let letters: std::collections::HashSet<char> =
            Emotion::ALL.iter().map(|emotion| emotion.letter()).collect();
        assert_eq!(letters.len(), N_EMOTIONS);
    }

    #[test]
    fn softmax_sums_to_one_and_a_high_temperature_flattens_it() {
        let logits = [3.0, 1.0, 0.0, -1.0, 2.0, 0.5, -2.0];
        let sharp = Scores::softmax(&logits, 1.0);
        let flat = Scores::softmax(&logits, 3.0);
        assert!((sharp.0.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(sharp.top().0, Emotion::Anger);
        assert!(flat.top().1 < sharp.top().1);
    }

    #[test]
    fn an_unknown_word_is_refused_by_name() {
        assert_eq!("joy!".parse::<Emotion>(), Err(UnknownEmotion("joy!".into())));
    }
}
