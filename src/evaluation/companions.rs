//! What is known of a speaker before a clip is judged: some of that speaker's other clips, as if they had
//! been said earlier in the same call.
//!
//! In: clips with the lengths of their speech. Out: for one of them which others are known. Chance is seeded
//! by the clip.

use std::fmt;
use std::str::FromStr;

use rand::seq::SliceRandom;

use super::condition::rng;
use crate::corpus::Clip;
use crate::emotion::Emotion;

/// Which of a speaker's other clips are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompanionKind {
    /// Any, in whatever emotion.
    #[default]
    Mixed,
    /// Those in the very emotion that is judged: a caller who has felt nothing else so far. A model that
    /// compares a voice with itself loses the emotion here.
    Same,
    /// Neutral ones: a caller who began calmly.
    Neutral,
}

impl CompanionKind {
    /// All kinds.
    pub const ALL: [CompanionKind; 3] =
        [CompanionKind::Mixed, CompanionKind::Same, CompanionKind::Neutral];

    /// The word for flags and files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            CompanionKind::Mixed => "mixed",
            CompanionKind::Same => "same",
            CompanionKind::Neutral => "neutral",
        }
    }

    fn includes(self, judged: &Clip, other: &Clip) -> bool {
        match self {
            CompanionKind::Mixed => true,
            CompanionKind::Same => other.emotion == judged.emotion,
            CompanionKind::Neutral => other.emotion == Emotion::Neutral,
        }
    }
}

impl fmt::Display for CompanionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A word that names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no kind of baseline; choose mixed, same or neutral")]
pub struct UnknownKind(String);

impl FromStr for CompanionKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = CompanionKind::ALL.into_iter().find(|kind| kind.label() == text);
        named.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// Which of `clips` are known when clip number `judged` is: random others of its speaker until their speech
/// lasts `wanted_s` seconds, or all where they do not last as long.
///
/// `speech_s` holds the seconds of speech of each clip, 0 for one that cannot be used.
#[must_use]
pub fn companions(
    judged: usize,
    clips: &[Clip],
    speech_s: &[f64],
    kind: CompanionKind,
    wanted_s: f64,
) -> Vec<usize> {
    let clip = &clips[judged];
    let is_known = |(number, other): &(usize, &Clip)| {
        let is_other = *number != judged && speech_s[*number] > 0.0;
        is_other && other.speaker_key() == clip.speaker_key() && kind.includes(clip, other)
    };
    let known = clips.iter().enumerate().filter(is_known);
    let mut known: Vec<usize> = known.map(|(number, _)| number).collect();
    known.shuffle(&mut rng(clip, kind.label()));
    let mut heard_s = 0.0;
    let n_enough = known.iter().position(|number| {
        heard_s += speech_s[*number];
        heard_s >= wanted_s
    });
    known.truncate(n_enough.map_or(known.len(), |last| last + 1));
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten clips of speaker 1, alternately neutral and fearful, and then one of speaker 2.
    fn clips() -> Vec<Clip> {
        let clip = |number: usize| Clip {
            path: format!("{number}.wav").into(),
            emotion: if number.is_multiple_of(2) { Emotion::Neutral } else { Emotion::Fear },
            is_calm: false,
            votes: None,
            speaker: if number < 10 { "1" } else { "2" }.into(),
            corpus: "mine".into(),
            sex: None,
            age: None,
            language: None,
            split: None,
            fold: None,
        };
        (0..11).map(clip).collect()
    }

    fn known(kind: CompanionKind, wanted_s: f64) -> Vec<usize> {
        companions(3, &clips(), &[1.5; 11], kind, wanted_s)
    }

    #[test]
    fn so_many_others_of_the_speaker_are_known_as_last_so_long() {
        assert_eq!(known(CompanionKind::Mixed, 4.5).len(), 3);
        assert_eq!(known(CompanionKind::Mixed, 4.6).len(), 4);
        let mut all = known(CompanionKind::Mixed, 100.0);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 4, 5, 6, 7, 8, 9], "neither the clip itself nor a stranger's");
        assert!(companions(10, &clips(), &[1.5; 11], CompanionKind::Mixed, 9.0).is_empty());
    }

    #[test]
    fn kinds_choose_by_emotion() {
        let mut same = known(CompanionKind::Same, 100.0);
        let mut neutral = known(CompanionKind::Neutral, 100.0);
        same.sort_unstable();
        neutral.sort_unstable();
        assert_eq!((same, neutral), (vec![1, 5, 7, 9], vec![0, 2, 4, 6, 8]));
    }

    #[test]
    fn the_choice_repeats_and_differs_from_clip_to_clip() {
        assert_eq!(known(CompanionKind::Mixed, 4.5), known(CompanionKind::Mixed, 4.5));
        let of = |judged| companions(judged, &clips(), &[1.5; 11], CompanionKind::Mixed, 100.0);
        let orders: Vec<Vec<usize>> = (0..10)
            .map(|judged| of(judged).into_iter().filter(|other| *other > 4).collect())
            .collect();
        assert!(orders[..5].windows(2).any(|pair| pair[0] != pair[1]), "{orders:?}");
    }

    #[test]
    fn a_clip_that_cannot_be_used_is_not_known_and_words_read_back() {
        let mut speech_s = [1.5; 11];
        speech_s[1] = 0.0;
        let same = companions(3, &clips(), &speech_s, CompanionKind::Same, 100.0);
        assert!(!same.contains(&1) && same.len() == 3);
        for kind in CompanionKind::ALL {
            assert_eq!(kind.label().parse(), Ok(kind));
        }
        assert!("calm".parse::<CompanionKind>().unwrap_err().to_string().contains("neutral"));
    }
}
