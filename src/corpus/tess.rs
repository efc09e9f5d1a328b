//! The Toronto Emotional Speech Set (Pichora-Fuller & Dupuis, 2020): 2,800 clips by two actresses.
//!
//! In: files named `OAF_back_angry.wav`, in the original's folders or in one. Out: clips of corpus
//! `tess`. The speaker is the part before the first `_`, the label the part after the last.

use std::path::Path;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use crate::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`].
pub const NAME: &str = "tess";

/// The two actresses with their ages in years, as the corpus' own page states them.
const ACTRESSES: [(&str, u32); 2] = [("OAF", 64), ("YAF", 26)];

/// Speaker of one file of the original, `OA_bite_neutral.wav`, that lacks a letter.
const MISNAMED: (&str, &str) = ("OA", "OAF");

/// Whether a file is named as in this corpus.
pub(super) fn is_named_so(path: &Path) -> bool {
    speaker(path).is_some()
}

/// The clip that a file name tells of.
pub(super) fn clip(path: &Path) -> Result<Named, CorpusError> {
    let Some((speaker, age)) = speaker(path) else {
        return Ok(Named::NotUsed("the name is not of the form OAF_back_angry".to_owned()));
    };
    let label = stem(path).rsplit('_').next().unwrap_or_default();
    let emotion = emotion(label).ok_or_else(|| CorpusError::UnknownLabel {
        clip: path.to_owned(),
        label: label.to_owned(),
        corpus: "TESS (angry, disgust, fear, happy, neutral, ps, sad)",
    })?;
    Ok(Named::Clip(Clip {
        path: path.to_owned(),
        emotion,
        speaker: speaker.to_owned(),
        corpus: NAME.to_owned(),
        sex: Some("female".to_owned()),
        age: Some(age),
        language: Some("en-CA".to_owned()),
        split: None,
        fold: None,
    }))
}

fn speaker(path: &Path) -> Option<(&'static str, u32)> {
    let (token, _) = stem(path).split_once('_')?;
    let token = if token == MISNAMED.0 { MISNAMED.1 } else { token };
    ACTRESSES.into_iter().find(|(name, _)| *name == token)
}

fn emotion(label: &str) -> Option<Emotion> {
    match label.to_ascii_lowercase().as_str() {
        "angry" => Some(Emotion::Anger),
        "disgust" => Some(Emotion::Disgust),
        "fear" => Some(Emotion::Fear),
        "happy" => Some(Emotion::Happiness),
        "neutral" => Some(Emotion::Neutral),
        "ps" => Some(Emotion::Surprise),
        "sad" => Some(Emotion::Sadness),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_misnamed_file_belongs_to_the_older_actress() {
        let Named::Clip(clip) = clip(Path::new("OA_bite_neutral.wav")).unwrap() else {
            panic!("not used")
        };
        assert_eq!((clip.speaker.as_str(), clip.age), ("OAF", Some(64)));
    }

    #[test]
    fn a_label_that_tess_does_not_have_is_an_error_with_the_file() {
        let error = clip(Path::new("deep/OAF_back_joyful.wav")).err().unwrap().to_string();
        assert!(error.contains("deep/OAF_back_joyful.wav") && error.contains("joyful"), "{error}");
    }
}
