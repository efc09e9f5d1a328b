//! Which clips are for training, which for choosing a model, which for the last test.
//!
//! In: clips. Out: the same clips in two parts, or the proof that no voice stands in two splits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Clip, CorpusError};

/// What a clip is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// To learn from.
    Train,
    /// To choose among models and epochs by, and to calibrate.
    Dev,
    /// To measure with, once.
    Test,
}

impl Split {
    /// The word in manifests and flags.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Dev => "dev",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A word that is no split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a split; known are train, dev, test")]
pub struct UnknownSplit(pub String);

impl FromStr for Split {
    type Err = UnknownSplit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "train" => Ok(Split::Train),
            "dev" => Ok(Split::Dev),
            "test" => Ok(Split::Test),
            _ => Err(UnknownSplit(text.to_owned())),
        }
    }
}

/// Checks that no speaker stands in two splits: otherwise a score is partly of voices trained on.
///
/// Clips without a split are left out of the check.
///
/// # Errors
/// [`CorpusError::SharedSpeakers`] with each such speaker and the splits.
pub fn speaker_disjoint(clips: &[Clip]) -> Result<(), CorpusError> {
    let mut splits: BTreeMap<String, BTreeSet<Split>> = BTreeMap::new();
    for clip in clips {
        if let Some(split) = clip.split {
            splits.entry(clip.speaker_key()).or_default().insert(split);
        }
    }
    let shared = splits.into_iter().filter(|(_, splits)| splits.len() > 1);
    let speakers: Vec<String> = shared
        .map(|(speaker, splits)| {
            let labels: Vec<&str> = splits.into_iter().map(Split::label).collect();
            format!("{speaker} ({})", labels.join(", "))
        })
        .collect();
    if speakers.is_empty() { Ok(()) } else { Err(CorpusError::SharedSpeakers { speakers }) }
}

/// The clips to train on and the last `fraction` in [0, 1] of the rows, unshuffled: what
/// `validation_split` of Keras holds out. The first part has `floor(n * (1 - fraction))` rows.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to 0..=n, and a corpus is far shorter than 2^53 clips"
)]
pub fn last_fraction(mut clips: Vec<Clip>, fraction: f64) -> (Vec<Clip>, Vec<Clip>) {
    let n_first = (clips.len() as f64 * (1.0 - fraction.clamp(0.0, 1.0))).floor() as usize;
    let held_out = clips.split_off(n_first);
    (clips, held_out)
}

/// The clips to train on and a random `fraction` in [0, 1]: the same for the same clips and seed.
///
/// Voices stand on both sides: this is the split that flatters.
#[must_use]
pub fn random_fraction(mut clips: Vec<Clip>, fraction: f64, seed: u64) -> (Vec<Clip>, Vec<Clip>) {
    clips.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    last_fraction(clips, fraction)
}

/// The clips of all other voices, and those of the speakers held out: each by its
/// [`Clip::speaker_key`], or by its name, which then means the speaker of that name in every corpus.
#[must_use]
pub fn by_speaker(clips: Vec<Clip>, held_out: &[&str]) -> (Vec<Clip>, Vec<Clip>) {
    clips.into_iter().partition(|clip| {
        let is_held_out = |name: &&str| *name == clip.speaker || *name == clip.speaker_key();
        !held_out.iter().any(is_held_out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn clip(number: usize, corpus: &str, split: Option<Split>) -> Clip {
        Clip {
            split,
            ..Clip::new(
                format!("{number}.wav"),
                Emotion::Neutral,
                corpus,
                &(number % 2).to_string(),
            )
        }
    }

    fn clips(n: usize) -> Vec<Clip> {
        (0..n).map(|number| clip(number, "mine", None)).collect()
    }

    #[test]
    fn a_speaker_in_two_splits_is_named_but_a_namesake_of_another_corpus_is_not() {
        let apart = [clip(0, "a", Some(Split::Train)), clip(0, "b", Some(Split::Test))];
        assert!(speaker_disjoint(&apart).is_ok());
        let shared = [
            clip(1, "a", Some(Split::Test)),
            clip(1, "a", Some(Split::Train)),
            clip(1, "a", None),
            clip(0, "a", Some(Split::Train)),
        ];
        let error = speaker_disjoint(&shared).unwrap_err().to_string();
        assert!(error.contains("a/1 (train, test)"), "{error}");
        assert!(!error.contains("a/0"), "{error}");
    }

    #[test]
    fn the_last_fifth_of_2800_rows_is_560_rows() {
        let (train, held_out) = last_fraction(clips(2_800), 0.2);
        assert_eq!((train.len(), held_out.len()), (2_240, 560));
        assert_eq!(held_out[0].path.to_str(), Some("2240.wav"));
    }

    #[test]
    fn a_random_fraction_repeats_with_its_seed_and_loses_nothing() {
        let (train, held_out) = random_fraction(clips(100), 0.2, 7);
        assert_eq!((train.len(), held_out.len()), (80, 20));
        assert_eq!(random_fraction(clips(100), 0.2, 7).1, held_out);
        assert_ne!(random_fraction(clips(100), 0.2, 8).1, held_out);
        let all: BTreeSet<_> = train.iter().chain(&held_out).map(|clip| &clip.path).collect();
        assert_eq!(all.len(), 100);
    }

    #[test]
    fn a_speaker_is_held_out_whole() {
        for name in ["mine/1", "1"] {
            let (train, held_out) = by_speaker(clips(10), &[name]);
            assert_eq!((train.len(), held_out.len()), (5, 5));
            assert!(held_out.iter().all(|clip| clip.speaker == "1"));
            assert!(train.iter().all(|clip| clip.speaker == "0"));
        }
    }
}
