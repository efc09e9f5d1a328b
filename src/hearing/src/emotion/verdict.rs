//! What is said of a voice, and how sure one has to be to say it: the one place where that is decided.
//!
//! In: [`Scores`] and a model's [`Thresholds`]. Out: a [`Verdict`]: an emotion where one is sure enough, else a
//! group of emotions, else "uncertain". Keeps nothing.

use super::group::{Group, N_GROUPS};
use super::{Emotion, Scores};
use serde::{Deserialize, Serialize};

/// What the operator is told about the last segment of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The most probable emotion, certain enough to be shown.
    Emotion(Emotion),
    /// No emotion is certain enough, but a group of them is.
    Group(Group),
    /// Nothing is certain enough.
    Uncertain,
}

impl Verdict {
    /// The word in files: an emotion's label, a group's, or `uncertain`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Verdict::Emotion(emotion) => emotion.label(),
            Verdict::Group(group) => group.label(),
            Verdict::Uncertain => "uncertain",
        }
    }

    /// The state in files: `emotion`, whichever it is, a group's label, or `uncertain`.
    #[must_use]
    pub fn state(self) -> &'static str {
        match self {
            Verdict::Emotion(_) => "emotion",
            other => other.label(),
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Emotion(emotion) => emotion.words(),
            other => other.label(),
        }
    }

    /// The emotion, if it is one.
    #[must_use]
    pub fn emotion(self) -> Option<Emotion> {
        match self {
            Verdict::Emotion(emotion) => Some(emotion),
            Verdict::Group(_) | Verdict::Uncertain => None,
        }
    }

    /// The group, if it is one.
    #[must_use]
    pub fn group(self) -> Option<Group> {
        match self {
            Verdict::Group(group) => Some(group),
            Verdict::Emotion(_) | Verdict::Uncertain => None,
        }
    }

    /// The probability of what is said; where nothing is, that of the most probable emotion.
    #[must_use]
    pub fn probability(self, scores: &Scores) -> f32 {
        match self {
            Verdict::Emotion(emotion) => scores.of(emotion),
            Verdict::Group(group) => scores.of_group(group),
            Verdict::Uncertain => scores.top().1,
        }
    }

    /// Whether that is true of a voice that expresses this emotion: a group is, if the emotion is in it.
    #[must_use]
    pub fn is_right(self, truth: Emotion) -> bool {
        match self {
            Verdict::Emotion(emotion) => emotion == truth,
            Verdict::Group(group) => group.has(truth),
            Verdict::Uncertain => false,
        }
    }
}

/// From which probabilities on something is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// An emotion.
    pub emotion: f32,
    /// A group where no emotion is said, in the order of [`Group::ALL`].
    pub groups: [f32; N_GROUPS],
}

impl Thresholds {
    /// No probability reaches this: what has it as its threshold is never said.
    pub const NEVER: f32 = 2.0;

    /// Emotions are said from a probability on, and groups never.
    #[must_use]
    pub fn emotions_from(emotion: f32) -> Self {
        Thresholds { emotion, groups: [Thresholds::NEVER; N_GROUPS] }
    }

    /// What is said: the most probable emotion if it reaches its threshold; else the group that is furthest above
    /// its own, the first of equals; else nothing.
    #[must_use]
    pub fn verdict(&self, scores: &Scores) -> Verdict {
        let (emotion, certainty) = scores.top();
        if certainty >= self.emotion {
            return Verdict::Emotion(emotion);
        }
        let above = |group: Group| scores.of_group(group) - self.groups[group.index()];
        let sure = Group::ALL.into_iter().map(|group| (group, above(group)));
        let best = sure.filter(|(_, above)| *above >= 0.0).fold(None, |best, next| match best {
            Some((_, above)) if above >= next.1 => best,
            _ => Some(next),
        });
        best.map_or(Verdict::Uncertain, |(group, _)| Verdict::Group(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::N_EMOTIONS;

    const THRESHOLDS: Thresholds = Thresholds { emotion: 0.55, groups: [0.7, 0.6, 0.5] };

    fn verdict(scores: [f32; N_EMOTIONS]) -> Verdict {
        THRESHOLDS.verdict(&Scores(scores))
    }

    #[test]
    fn a_sure_emotion_goes_before_its_group() {
        let said = verdict([0.6, 0.2, 0.1, 0.1, 0.0, 0.0, 0.0]);
        assert_eq!(said, Verdict::Emotion(Emotion::Anger));
        let at_the_threshold = verdict([0.55, 0.45, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(at_the_threshold, Verdict::Emotion(Emotion::Anger));
    }

    #[test]
    fn where_no_emotion_is_sure_a_group_is_said() {
        let distressed = verdict([0.2, 0.05, 0.3, 0.05, 0.0, 0.25, 0.15]);
        assert_eq!(distressed, Verdict::Group(Group::Distressed));
        let pleasant = verdict([0.1, 0.1, 0.1, 0.4, 0.3, 0.0, 0.0]);
        assert_eq!(pleasant, Verdict::Group(Group::Pleasant));
        let calm = verdict([0.1, 0.1, 0.1, 0.0, 0.0, 0.18, 0.52]);
        assert_eq!(calm, Verdict::Group(Group::Calm));
    }

    #[test]
    fn where_no_group_is_sure_nothing_is_said() {
        assert_eq!(verdict([0.2, 0.0, 0.3, 0.1, 0.1, 0.1, 0.2]), Verdict::Uncertain);
        let silent = Thresholds::emotions_from(0.55);
        let scores = Scores([0.25, 0.25, 0.25, 0.0, 0.0, 0.25, 0.0]);
        assert_eq!(silent.verdict(&scores), Verdict::Uncertain, "groups are never said");
    }

    #[test]
    fn of_two_groups_the_one_further_above_its_threshold_is_said() {
        let low = Thresholds { emotion: 0.9, groups: [0.4, 0.2, 0.4] };
        let scores = Scores([0.15, 0.1, 0.1, 0.3, 0.1, 0.1, 0.15]);
        assert_eq!(low.verdict(&scores), Verdict::Group(Group::Pleasant));
    }

    #[test]
    fn a_group_is_right_of_each_of_its_members() {
        let said = Verdict::Group(Group::Distressed);
        assert!(said.is_right(Emotion::Sadness) && !said.is_right(Emotion::Neutral));
        assert!(Verdict::Emotion(Emotion::Fear).is_right(Emotion::Fear));
        assert!(!Verdict::Emotion(Emotion::Fear).is_right(Emotion::Anger));
        assert!(!Verdict::Uncertain.is_right(Emotion::Neutral));
    }

    #[test]
    fn the_probability_is_that_of_what_is_said() {
        let scores = Scores([0.2, 0.1, 0.3, 0.1, 0.0, 0.2, 0.1]);
        let of = |verdict: Verdict| verdict.probability(&scores);
        assert!((of(Verdict::Group(Group::Distressed)) - 0.8).abs() < 1e-6);
        assert!((of(Verdict::Emotion(Emotion::Sadness)) - 0.2).abs() < 1e-6);
        assert!((of(Verdict::Uncertain) - 0.3).abs() < 1e-6);
    }
}
