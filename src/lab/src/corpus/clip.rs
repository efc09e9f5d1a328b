//! One labelled recording.

use std::path::PathBuf;

use super::Split;
use hearing::emotion::{Emotion, N_EMOTIONS};

/// One labelled recording of one voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// The file, as it can be opened from the working directory.
    pub path: PathBuf,
    /// What the speaker expresses; calm counts as neutral.
    pub emotion: Emotion,
    /// The label is "calm": neutral among the seven, a class of its own in RAVDESS' eight.
    pub is_calm: bool,
    /// The share of listeners that chose each emotion when they heard the sound alone, in the order of
    /// [`Emotion::ALL`], summing to 1; where a `votes.csv` beside the recording tells it.
    pub votes: Option<[f32; N_EMOTIONS]>,
    /// The speaker's name within the corpus; see [`Clip::speaker_key`].
    pub speaker: String,
    /// The corpus, one lower-case word: `tess`.
    pub corpus: String,
    /// `female` or `male`, where known.
    pub sex: Option<String>,
    /// The speaker's age in years, where known.
    pub age: Option<u32>,
    /// A language tag such as `en-CA`, where known.
    pub language: Option<String>,
    /// What the clip is for, where the manifest says so.
    pub split: Option<Split>,
    /// The speaker fold of a published protocol, where the manifest gives one.
    pub fold: Option<u32>,
}

impl Clip {
    /// A recording of a speaker of a corpus, of whom nothing else is known.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, emotion: Emotion, corpus: &str, speaker: &str) -> Self {
        Clip {
            path: path.into(),
            emotion,
            is_calm: false,
            votes: None,
            speaker: speaker.to_owned(),
            corpus: corpus.to_owned(),
            sex: None,
            age: None,
            language: None,
            split: None,
            fold: None,
        }
    }

    /// The speaker's name over all corpora, `corpus/speaker`: two corpora may both have a speaker "1".
    #[must_use]
    pub fn speaker_key(&self) -> String {
        format!("{}/{}", self.corpus, self.speaker)
    }
}
