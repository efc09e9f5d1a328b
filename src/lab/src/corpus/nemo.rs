//! nEMO, emotional speech in Polish (Christop, 2024): 4,481 clips by nine actors.
//!
//! In: files named `EB0_anger_14.wav`, in the original's `samples` or in any folder; the parts are speaker,
//! emotion, sentence. Out: clips of corpus `nemo`.

use std::path::Path;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use hearing::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`].
pub const NAME: &str = "nemo";

/// The actors with sex and age in years, as in the original's `data.tsv`.
const ACTORS: [(&str, &str, u32); 9] = [
    ("EB0", "female", 27),
    ("IC0", "female", 28),
    ("KD0", "female", 28),
    ("KS0", "male", 23),
    ("MK0", "female", 23),
    ("MP0", "male", 24),
    ("SM0", "male", 24),
    ("TP0", "male", 26),
    ("WR0", "male", 23),
];

/// The clip that a file name tells of; none if the file is not named as in this corpus.
pub(super) fn clip(path: &Path) -> Result<Option<Named>, CorpusError> {
    let parts: Vec<&str> = stem(path).split('_').collect();
    let [speaker, label, sentence] = parts[..] else { return Ok(None) };
    let actor = ACTORS.iter().find(|(name, ..)| *name == speaker);
    let Some(&(_, sex, age)) = actor.filter(|_| sentence.parse::<u32>().is_ok()) else {
        return Ok(None);
    };
    let emotion = label.parse::<Emotion>().map_err(|_| CorpusError::UnknownLabel {
        clip: path.to_owned(),
        label: label.to_owned(),
        corpus: "nEMO (anger, fear, happiness, neutral, sadness, surprised)",
    })?;
    Ok(Some(Named::Clip(Clip {
        sex: Some(sex.to_owned()),
        age: Some(age),
        language: Some("pl".to_owned()),
        ..Clip::new(path, emotion, NAME, speaker)
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_speaker_and_emotion() {
        let Some(Named::Clip(clip)) = clip(Path::new("samples/IC0_surprised_7.wav")).unwrap()
        else {
            panic!("not used")
        };
        assert_eq!((clip.speaker_key().as_str(), clip.emotion), ("nemo/IC0", Emotion::Surprise));
        assert_eq!((clip.sex.as_deref(), clip.age), (Some("female"), Some(28)));
    }

    #[test]
    fn a_strange_label_is_an_error_and_a_strange_name_is_not_taken() {
        let error = clip(Path::new("IC0_bored_7.wav")).err().unwrap().to_string();
        assert!(error.contains("IC0_bored_7.wav") && error.contains("'bored'"), "{error}");
        for name in ["XX0_anger_7.wav", "IC0_anger_x.wav", "OAF_back_angry.wav"] {
            assert!(clip(Path::new(name)).unwrap().is_none(), "{name}");
        }
    }
}
