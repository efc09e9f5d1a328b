//! From logits to probabilities, and from which of them on something is said: what training found out on voices that it
//! did not learn from.
//!
//! In: logits by emotion. Out: [`Scores`], and the [`Thresholds`] for them. Stands in the model's manifest.

use hearing::emotion::{Group, N_EMOTIONS, Scores, Thresholds};
use serde::{Deserialize, Serialize};

/// What turns logits into probabilities that mean what they say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The softmax's temperature, fitted on the dev speakers (Guo et al., 2017).
    pub temperature: f32,
    /// Added to the logit of each emotion after the temperature, in the order of [`Emotion::ALL`](hearing::emotion::Emotion::ALL): what the
    /// network says too readily is taken back (Alexandari et al., 2020).
    #[serde(default)]
    pub bias: [f32; N_EMOTIONS],
    /// Below this probability no emotion is said: a group is, or "uncertain".
    pub uncertain_below: f32,
    /// From this logit on a segment is taken for speech; chosen on the dev speakers.
    #[serde(default)]
    pub speech_from: f32,
    /// From which probabilities on groups of emotions are said where no emotion is; without them never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_from: Option<GroupThresholds>,
}

/// From which probability on each group is said; above 1, never.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupThresholds {
    /// Anger, disgust, fear or sadness.
    pub distressed: f32,
    /// Happiness or pleasant surprise.
    pub pleasant: f32,
    /// Neutral.
    pub calm: f32,
}

impl GroupThresholds {
    /// From one threshold a group.
    #[must_use]
    pub fn of(threshold: impl Fn(Group) -> f32) -> Self {
        let [distressed, pleasant, calm] = Group::ALL.map(threshold);
        GroupThresholds { distressed, pleasant, calm }
    }
}

impl Default for Calibration {
    /// Changes nothing and shows everything.
    fn default() -> Self {
        Calibration {
            temperature: 1.0,
            bias: [0.0; N_EMOTIONS],
            uncertain_below: 0.0,
            speech_from: f32::MIN,
            group_from: None,
        }
    }
}

impl Calibration {
    /// Probabilities from logits by emotion; an emotion whose logit is negative infinity gets 0.
    #[must_use]
    pub fn scores(&self, mut logits: [f32; N_EMOTIONS]) -> Scores {
        for (logit, bias) in logits.iter_mut().zip(self.bias) {
            *logit += bias * self.temperature;
        }
        Scores::softmax(&logits, self.temperature)
    }

    /// From which probabilities on something is said.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let emotions = Thresholds::emotions_from(self.uncertain_below);
        self.group_from.map_or(emotions, |GroupThresholds { distressed, pleasant, calm }| {
            Thresholds { groups: [distressed, pleasant, calm], ..emotions }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Calibration {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_manifest_without_groups_never_says_one() {
        let calibration = read("temperature = 1.0\nuncertain_below = 0.55");
        assert_eq!(calibration.thresholds(), Thresholds::emotions_from(0.55));
        assert!(!toml::to_string(&calibration).unwrap().contains("group_from"));
    }

    #[test]
    fn the_thresholds_of_groups_survive_the_manifest() {
        let text = "temperature = 1.0\nuncertain_below = 0.55\n[group_from]\ndistressed = 0.7\n\
                    pleasant = 2.0\ncalm = 0.6";
        let calibration = read(text);
        let expected = Thresholds { emotion: 0.55, groups: [0.7, 2.0, 0.6] };
        assert_eq!(calibration.thresholds(), expected);
        assert_eq!(read(&toml::to_string(&calibration).unwrap()), calibration);
        let unknown = text.replace("calm", "quiet");
        assert!(toml::from_str::<Calibration>(&unknown).is_err());
    }
}
