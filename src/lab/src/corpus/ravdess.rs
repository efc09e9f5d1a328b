//! RAVDESS, the Ryerson audio-visual database (Livingstone & Russo, 2018): 24 actors, speech and song.
//!
//! In: files named `03-01-05-01-01-01-12.wav`, in the original's folders or in one; the seven numbers
//! are modality, channel, emotion, intensity, statement, repetition, actor. Out: clips of corpus
//! `ravdess`; songs are not used. Calm counts as neutral.

use std::path::Path;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use hearing::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`].
pub const NAME: &str = "ravdess";

/// The code of the emotion "calm".
const CALM: u32 = 2;

/// The clip that a file name tells of; none if the file is not named as in this corpus.
pub(super) fn clip(path: &Path) -> Result<Option<Named>, CorpusError> {
    let Some([_, channel, emotion, _, _, _, actor]) = codes(path) else { return Ok(None) };
    let unknown = |label: u32| CorpusError::UnknownLabel {
        clip: path.to_owned(),
        label: format!("{label:02}"),
        corpus: "RAVDESS (channel 01 or 02, emotion 01 to 08, actor 01 to 24)",
    };
    match channel {
        1 => {}
        2 => return Ok(Some(Named::NotUsed("a song, not speech".to_owned()))),
        _ => return Err(unknown(channel)),
    }
    let is_calm = emotion == CALM;
    let emotion = emotion_of(emotion).ok_or_else(|| unknown(emotion))?;
    if !(1..=24).contains(&actor) {
        return Err(unknown(actor));
    }
    let sex = if actor % 2 == 1 { "male" } else { "female" };
    Ok(Some(Named::Clip(Clip {
        is_calm,
        sex: Some(sex.to_owned()),
        language: Some("en-US".to_owned()),
        ..Clip::new(path, emotion, NAME, &format!("{actor:02}"))
    })))
}

/// The seven two-digit numbers of a name.
fn codes(path: &Path) -> Option<[u32; 7]> {
    let parts: Vec<&str> = stem(path).split('-').collect();
    if parts.iter().any(|part| part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

fn emotion_of(code: u32) -> Option<Emotion> {
    match code {
        1 | CALM => Some(Emotion::Neutral),
        3 => Some(Emotion::Happiness),
        4 => Some(Emotion::Sadness),
        5 => Some(Emotion::Anger),
        6 => Some(Emotion::Fear),
        7 => Some(Emotion::Disgust),
        8 => Some(Emotion::Surprise),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_ravdess_does_not_have_is_an_error_with_the_file() {
        for (name, code) in [
            ("03-01-09-01-01-01-12.wav", "09"),
            ("03-07-05-01-01-01-12.wav", "07"),
            ("03-01-05-01-01-01-25.wav", "25"),
        ] {
            let error = clip(Path::new(name)).err().unwrap().to_string();
            assert!(error.contains(name) && error.contains(code), "{error}");
        }
    }

    #[test]
    fn a_date_is_not_taken_for_a_name_of_this_corpus() {
        let is_taken = |name: &str| clip(Path::new(name)).unwrap().is_some();
        assert!(!is_taken("2024-01-05.wav"));
        assert!(!is_taken("03-01-05-01-01-01.wav"));
        assert!(is_taken("03-01-05-01-01-01-12.ogg"));
    }
}
