//! What a model says of clips at its own thresholds, and how much of that is right.
//!
//! In: truths with the probabilities of all seven emotions, as an operator would get them, and the model's
//! thresholds. Out: a [`Shown`]. Keeps nothing.
//!
//! Other than in the rest of a report, emotions that a corpus lacks are not left out: who is told "surprise" is told
//! so whether or not somebody could have shown it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::counts::ratio;
use super::table::{Table, percent};
use hearing::emotion::{Emotion, Group, Scores, Thresholds, Verdict};

/// What is said at a model's thresholds. Shares are of all answers, in [0, 1].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shown {
    /// An emotion is said.
    pub emotion: ShownPart,
    /// No emotion, but a group is.
    pub group: ShownPart,
    /// One of both.
    pub together: ShownPart,
    /// The share of answers of which nothing is said.
    pub uncertain: f64,
    /// Each group that is said at all.
    pub by_group: BTreeMap<Group, ShownPart>,
}

/// A part of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ShownPart {
    /// How many answers.
    pub n: u64,
    /// Their share.
    pub share: f64,
    /// The share of them that is right, a group where the emotion is in it; none of none.
    pub right: Option<f64>,
}

/// Answers of a kind, and those of them that are right.
#[derive(Clone, Copy, Default)]
struct Count {
    n: u64,
    right: u64,
}

impl Count {
    fn add(&mut self, is_right: bool) {
        self.n += 1;
        self.right += u64::from(is_right);
    }

    fn of(self, all: u64) -> ShownPart {
        let right = (self.n > 0).then(|| ratio(self.right, self.n));
        ShownPart { n: self.n, share: ratio(self.n, all), right }
    }
}

impl Shown {
    /// What is said of answers, each with its truth.
    #[must_use]
    pub fn of(
        answers: impl IntoIterator<Item = (Emotion, Scores)>,
        thresholds: &Thresholds,
    ) -> Self {
        let (mut n, mut emotion, mut together) = (0, Count::default(), Count::default());
        let mut groups: BTreeMap<Group, Count> = BTreeMap::new();
        for (truth, scores) in answers {
            n += 1;
            let verdict = thresholds.verdict(&scores);
            let is_right = verdict.is_right(truth);
            match verdict {
                Verdict::Emotion(_) => emotion.add(is_right),
                Verdict::Group(group) => groups.entry(group).or_default().add(is_right),
                Verdict::Uncertain => continue,
            }
            together.add(is_right);
        }
        let group = Count { n: together.n - emotion.n, right: together.right - emotion.right };
        Shown {
            emotion: emotion.of(n),
            group: group.of(n),
            together: together.of(n),
            uncertain: ratio(n - together.n, n),
            by_group: groups.into_iter().map(|(group, count)| (group, count.of(n))).collect(),
        }
    }

    /// A table with a row for each name: shares and what of them is right, in per cent.
    #[must_use]
    pub fn table<'a>(rows: impl IntoIterator<Item = (&'a str, &'a Shown)>) -> Table {
        let head =
            ["shown %", "emotion", "right", "group", "right", "together", "right", "uncertain"];
        rows.into_iter().fold(Table::new(head), |table, (name, shown)| {
            let part = |part: &ShownPart| {
                let right = part.right.map_or_else(|| "-".to_owned(), percent);
                [percent(part.share), right]
            };
            let parts = [&shown.emotion, &shown.group, &shown.together];
            let cells = parts.into_iter().flat_map(part).chain([percent(shown.uncertain)]);
            table.with(name, cells)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear, Happiness, Neutral, Sadness};

    const THRESHOLDS: Thresholds = Thresholds { emotion: 0.6, groups: [0.7, 0.7, 0.55] };

    fn answers() -> Vec<(Emotion, Scores)> {
        let sure_of_fear = Scores([0.1, 0.0, 0.7, 0.0, 0.0, 0.1, 0.1]);
        let distressed = Scores([0.3, 0.1, 0.3, 0.1, 0.0, 0.1, 0.1]);
        let nothing = Scores([0.2, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1]);
        let calm = Scores([0.1, 0.1, 0.1, 0.1, 0.0, 0.02, 0.58]);
        vec![
            (Fear, sure_of_fear),
            (Anger, sure_of_fear),
            (Fear, sure_of_fear),
            (Sadness, distressed),
            (Anger, distressed),
            (Happiness, distressed),
            (Neutral, calm),
            (Neutral, nothing),
        ]
    }

    #[test]
    fn shares_and_what_of_them_is_right_are_those_by_hand() {
        let shown = Shown::of(answers(), &THRESHOLDS);
        assert_eq!((shown.emotion.n, shown.group.n, shown.together.n), (3, 4, 7));
        let close = |part: ShownPart, share: f64, right: f64| {
            assert!((part.share - share).abs() < 1e-12, "{part:?}");
            assert!((part.right.unwrap() - right).abs() < 1e-12, "{part:?}");
        };
        close(shown.emotion, 3.0 / 8.0, 2.0 / 3.0);
        close(shown.group, 4.0 / 8.0, 3.0 / 4.0);
        close(shown.together, 7.0 / 8.0, 5.0 / 7.0);
        close(shown.by_group[&Group::Distressed], 3.0 / 8.0, 2.0 / 3.0);
        close(shown.by_group[&Group::Calm], 1.0 / 8.0, 1.0);
        assert!((shown.uncertain - 0.125).abs() < 1e-12);
        assert!(!shown.by_group.contains_key(&Group::Pleasant));
    }

    #[test]
    fn of_no_answers_nothing_is_right_and_nothing_wrong() {
        let shown = Shown::of([], &THRESHOLDS);
        assert_eq!((shown.together.right, shown.together.n), (None, 0));
        let unsure = Shown::of(answers(), &Thresholds::emotions_from(0.99));
        assert_eq!(unsure.group.right, None);
        assert!((unsure.uncertain - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_table_has_a_row_for_each_name() {
        let shown = Shown::of(answers(), &THRESHOLDS);
        let expected = [
            "shown %            emotion     right     group     right  together     right uncertain",
            "mine                  37.5      66.7      50.0      75.0      87.5      71.4      12.5",
            "",
        ];
        assert_eq!(Shown::table([("mine", &shown)]).text(), expected.join("\n"));
    }
}
