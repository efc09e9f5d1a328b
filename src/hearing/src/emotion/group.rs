//! Groups of emotions: what can still be said of a voice where no single emotion is sure enough.
//!
//! In: [`Scores`]. Out: a [`Group`] with its probability, the sum of its members'. Keeps nothing.
//!
//! Each emotion is in exactly one group, so the groups' probabilities sum to 1 as the emotions' do. A model is
//! asked for emotions only; anger, fear and sadness are taken for each other far more often than for happiness,
//! and their sum is right where each alone is a guess.

use super::{Emotion, Scores};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Number of groups.
pub const N_GROUPS: usize = 3;

/// The two likeliest members are named where they hold this share of the group's probability: of three or four
/// that are equally likely two would be a guess.
const MOST: f32 = 2.0 / 3.0;

/// Some of the emotions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Anger, disgust, fear or sadness.
    Distressed,
    /// Happiness or pleasant surprise.
    Pleasant,
    /// Neutral.
    Calm,
}

impl Group {
    /// All groups, in the order of thresholds and counts.
    pub const ALL: [Group; N_GROUPS] = [Group::Distressed, Group::Pleasant, Group::Calm];

    /// The group of an emotion.
    #[must_use]
    pub fn of(emotion: Emotion) -> Self {
        match emotion {
            Emotion::Anger | Emotion::Disgust | Emotion::Fear | Emotion::Sadness => {
                Group::Distressed
            }
            Emotion::Happiness | Emotion::Surprise => Group::Pleasant,
            Emotion::Neutral => Group::Calm,
        }
    }

    /// Its emotions, in the order of [`Emotion::ALL`].
    pub fn members(self) -> impl Iterator<Item = Emotion> {
        Emotion::ALL.into_iter().filter(move |emotion| self.has(*emotion))
    }

    /// Whether an emotion is in it.
    #[must_use]
    pub fn has(self, emotion: Emotion) -> bool {
        Group::of(emotion) == self
    }

    /// The word in files and on screen: how a voice *sounds*, never what a person is.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Group::Distressed => "distressed",
            Group::Pleasant => "pleasant",
            Group::Calm => "calm",
        }
    }

    /// One letter that neither another group nor an emotion has.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Group::Distressed => 'T',
            Group::Pleasant => 'L',
            Group::Calm => 'C',
        }
    }

    /// Position in [`Group::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its two likeliest members, the likelier first, where they hold most of its probability between them; none
    /// where three or more share it, and in a group of one.
    #[must_use]
    pub fn likeliest(self, scores: &Scores) -> Option<[Emotion; 2]> {
        let mut members: Vec<Emotion> = self.members().collect();
        members.sort_by(|one, other| scores.of(*other).total_cmp(&scores.of(*one)));
        let [first, second, ..] = members[..] else { return None };
        let both = scores.of(first) + scores.of(second);
        (both > 0.0 && both >= MOST * scores.of_group(self)).then_some([first, second])
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A word that is no group's label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a group of emotions; known are distressed, pleasant, calm")]
pub struct UnknownGroup(pub String);

impl FromStr for Group {
    type Err = UnknownGroup;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Group::ALL.into_iter().find(|group| group.label() == text);
        named.ok_or_else(|| UnknownGroup(text.to_owned()))
    }
}

impl Scores {
    /// The probability of a group: the sum of its members'.
    #[must_use]
    pub fn of_group(&self, group: Group) -> f32 {
        group.members().map(|emotion| self.of(emotion)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_emotion_is_in_one_group_and_labels_read_back() {
        for emotion in Emotion::ALL {
            assert_eq!(Group::ALL.iter().filter(|group| group.has(emotion)).count(), 1);
        }
        for group in Group::ALL {
            assert_eq!(group.label().parse::<Group>(), Ok(group));
            assert_eq!(Group::ALL[group.index()], group);
        }
        let unknown = "upset".parse::<Group>().unwrap_err().to_string();
        assert!(unknown.contains("'upset'") && unknown.contains("distressed"), "{unknown}");
    }

    #[test]
    fn letters_are_those_of_no_emotion_and_of_no_other_group() {
        let emotions = Emotion::ALL.iter().map(|emotion| emotion.letter());
        let letters: HashSet<char> = emotions.chain(Group::ALL.map(Group::letter)).collect();
        assert_eq!(letters.len(), Emotion::ALL.len() + N_GROUPS);
    }

    #[test]
    fn the_probabilities_of_the_groups_sum_to_one() {
        let scores = Scores([0.1, 0.05, 0.3, 0.05, 0.1, 0.2, 0.2]);
        let groups = Group::ALL.map(|group| scores.of_group(group));
        for (group, expected) in groups.into_iter().zip([0.65, 0.15, 0.2]) {
            assert!((group - expected).abs() < 1e-6, "{groups:?}");
        }
    }

    #[test]
    fn two_members_are_named_where_they_hold_two_thirds_between_them() {
        use Emotion::{Fear, Happiness, Sadness, Surprise};
        let named = |scores, group: Group| group.likeliest(&Scores(scores));
        let clear = [0.1, 0.05, 0.2, 0.05, 0.1, 0.3, 0.2];
        assert_eq!(named(clear, Group::Distressed), Some([Sadness, Fear]));
        assert_eq!(named(clear, Group::Pleasant), Some([Surprise, Happiness]));
        assert_eq!(named(clear, Group::Calm), None, "there is one");
        let shared = [0.2, 0.2, 0.2, 0.0, 0.0, 0.2, 0.2];
        assert_eq!(named(shared, Group::Distressed), None);
        assert_eq!(named(shared, Group::Pleasant), None, "nothing is likely");
    }
}
