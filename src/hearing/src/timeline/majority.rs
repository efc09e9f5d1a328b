//! What many readings come to in one cell of a timeline.
//!
//! In: the readings of a time. Out: the [`Cell`] that says what most of them say. Keeps nothing.

use super::history::Cell;
use super::{Reading, Verdict};
use crate::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS};

/// The verdict of most readings, with the mean of its scores; what says less wins among equals.
///
/// Where no emotion has the most, a group may have it together with its emotions, if it was ever shown.
pub(super) fn majority<'a>(readings: impl IntoIterator<Item = &'a Reading>) -> Cell {
    let (mut number, mut uncertain) = (0_u32, 0_u32);
    let mut votes = [0_u32; N_EMOTIONS];
    let mut group_votes = [0_u32; N_GROUPS];
    let mut sums = [0.0_f64; N_EMOTIONS];
    for reading in readings {
        number += 1;
        match reading.verdict {
            Verdict::Uncertain => uncertain += 1,
            Verdict::Emotion(emotion) => votes[emotion.index()] += 1,
            Verdict::Group(group) => group_votes[group.index()] += 1,
        }
        for (emotion, score) in reading.scores.iter() {
            sums[emotion.index()] += f64::from(score);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values")]
    let mean = |sum: f64| (sum / f64::from(number)) as f32;
    let first = Emotion::ALL[0];
    let best = Emotion::ALL.into_iter().fold(first, |best, next| {
        let rank = |emotion: Emotion| (votes[emotion.index()], sums[emotion.index()]);
        if rank(next) > rank(best) { next } else { best }
    });
    let most = group_votes.into_iter().fold(uncertain, u32::max);
    if votes[best.index()] > most {
        return Cell::Emotion(best, mean(sums[best.index()]));
    }
    let with_members = |group: Group| {
        let members: u32 = group.members().map(|emotion| votes[emotion.index()]).sum();
        group_votes[group.index()] + members
    };
    let shown = Group::ALL.into_iter().filter(|group| group_votes[group.index()] > 0);
    match shown.max_by_key(|group| with_members(*group)) {
        Some(group) if with_members(group) > uncertain => {
            Cell::Group(group, mean(group.members().map(|emotion| sums[emotion.index()]).sum()))
        }
        _ => Cell::Uncertain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Scores;
    use crate::stream_time::StreamTime;

    fn read(verdict: Verdict, scores: Scores) -> Reading {
        Reading { at: StreamTime::ZERO, scores, verdict }
    }

    fn sure(emotion: Emotion) -> Reading {
        let rest = 0.4 / 6.0;
        let scores = Emotion::ALL.map(|other| if other == emotion { 0.6 } else { rest });
        read(Verdict::Emotion(emotion), Scores(scores))
    }

    fn grouped(group: Group) -> Reading {
        read(Verdict::Group(group), Scores::UNIFORM)
    }

    #[test]
    fn a_cell_shows_the_group_where_no_emotion_has_the_most() {
        use Emotion::{Anger, Fear, Happiness};
        let (fear, anger, joy) = (sure(Fear), sure(Anger), sure(Happiness));
        let distressed = grouped(Group::Distressed);
        let unsure = read(Verdict::Uncertain, Scores::UNIFORM);
        let shown = |readings: &[Reading]| match majority(readings) {
            Cell::Emotion(emotion, _) => emotion.label(),
            Cell::Group(group, _) => group.label(),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown(&[fear, fear, distressed]), "fear", "an emotion with the most goes first");
        assert_eq!(shown(&[fear, distressed]), "distressed", "among equals the one that says less");
        assert_eq!(shown(&[fear, anger, distressed, unsure, unsure]), "distressed");
        assert_eq!(shown(&[joy, joy, distressed]), "happiness");
        assert_eq!(majority(&[distressed, unsure]), Cell::Uncertain);
        assert_eq!(majority(&[fear, anger, unsure, unsure]), Cell::Uncertain, "it was never shown");
    }

    #[test]
    fn the_mean_of_a_groups_cell_is_of_all_its_readings() {
        let scores = Scores([0.3, 0.0, 0.3, 0.0, 0.0, 0.2, 0.2]);
        let one = read(Verdict::Group(Group::Distressed), scores);
        let Cell::Group(Group::Distressed, mean) = majority(&[one, grouped(Group::Distressed)])
        else {
            panic!("no group")
        };
        assert!((mean - f32::midpoint(0.8, 4.0 / 7.0)).abs() < 1e-6, "{mean}");
    }
}
