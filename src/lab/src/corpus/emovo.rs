//! EMOVO, emotional speech in Italian (Costantini et al., 2014): 588 clips by six actors.
//!
//! In: files named `dis-f1-b1.wav`, in the original's folders (`f1` to `m3`) or in one; the parts are
//! emotion, actor, sentence. Out: clips of corpus `emovo`.

use std::path::Path;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use hearing::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`].
pub const NAME: &str = "emovo";

/// The actors with their sex.
const ACTORS: [(&str, &str); 6] = [
    ("f1", "female"),
    ("f2", "female"),
    ("f3", "female"),
    ("m1", "male"),
    ("m2", "male"),
    ("m3", "male"),
];

/// The clip that a file name tells of; none if the file is not named as in this corpus.
pub(super) fn clip(path: &Path) -> Result<Option<Named>, CorpusError> {
    let parts: Vec<&str> = stem(path).split('-').collect();
    let [label, speaker, _sentence] = parts[..] else { return Ok(None) };
    let Some(&(_, sex)) = ACTORS.iter().find(|(name, _)| *name == speaker) else {
        return Ok(None);
    };
    let emotion = emotion_of(label).ok_or_else(|| CorpusError::UnknownLabel {
        clip: path.to_owned(),
        label: label.to_owned(),
        corpus: "EMOVO (dis, gio, neu, pau, rab, sor, tri)",
    })?;
    Ok(Some(Named::Clip(Clip {
        sex: Some(sex.to_owned()),
        language: Some("it".to_owned()),
        ..Clip::new(path, emotion, NAME, speaker)
    })))
}

/// The emotion of an Italian label: disgusto, gioia, neutro, paura, rabbia, sorpresa, tristezza.
fn emotion_of(label: &str) -> Option<Emotion> {
    match label {
        "dis" => Some(Emotion::Disgust),
        "gio" => Some(Emotion::Happiness),
        "neu" => Some(Emotion::Neutral),
        "pau" => Some(Emotion::Fear),
        "rab" => Some(Emotion::Anger),
        "sor" => Some(Emotion::Surprise),
        "tri" => Some(Emotion::Sadness),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_speaker_and_emotion() {
        let Some(Named::Clip(clip)) = clip(Path::new("EMOVO/m2/gio-m2-l3.wav")).unwrap() else {
            panic!("not used")
        };
        assert_eq!((clip.speaker_key().as_str(), clip.emotion), ("emovo/m2", Emotion::Happiness));
        assert_eq!(clip.sex.as_deref(), Some("male"));
    }

    #[test]
    fn a_strange_label_is_an_error_and_a_strange_name_is_not_taken() {
        let error = clip(Path::new("noi-f1-b1.wav")).err().unwrap().to_string();
        assert!(error.contains("noi-f1-b1.wav") && error.contains("'noi'"), "{error}");
        for name in ["dis-f4-b1.wav", "dis-f1.wav", "2024-01-05.wav"] {
            assert!(clip(Path::new(name)).unwrap().is_none(), "{name}");
        }
    }
}
