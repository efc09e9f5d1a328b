//! CREMA-D, the crowd-sourced emotional multimodal actors dataset (Cao et al., 2014): 7,442 clips by 91 actors.
//!
//! In: files named `1001_DFA_ANG_XX.wav`, in the original's `AudioWAV` or in any folder; the parts are
//! actor, sentence, emotion, intensity. Out: clips of corpus `crema_d`. The original's
//! `VideoDemographics.csv`, in the folder of the recordings or the one above, tells sex and age.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use crate::table::{self, Rows};
use hearing::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`].
pub const NAME: &str = "crema_d";

/// The file of the original with a row for each actor.
const DEMOGRAPHICS: &str = "VideoDemographics.csv";

/// Actors 1001 to 1091.
const ACTORS: std::ops::RangeInclusive<u32> = 1001..=1091;

/// One row of [`DEMOGRAPHICS`]; its other columns are not read.
#[derive(Clone, Deserialize)]
struct Actor {
    #[serde(rename = "ActorID")]
    name: String,
    #[serde(rename = "Age")]
    age: u32,
    #[serde(rename = "Sex")]
    sex: String,
}

/// The clip that a file name tells of; none if the file is not named as in this corpus.
pub(super) fn clip(path: &Path) -> Result<Option<Named>, CorpusError> {
    let parts: Vec<&str> = stem(path).split('_').collect();
    let [actor, sentence, label, _intensity] = parts[..] else { return Ok(None) };
    let is_actor = actor.parse().is_ok_and(|number| ACTORS.contains(&number));
    if !is_actor || sentence.len() != 3 || !sentence.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(None);
    }
    let emotion = emotion_of(label).ok_or_else(|| CorpusError::UnknownLabel {
        clip: path.to_owned(),
        label: label.to_owned(),
        corpus: "CREMA-D (ANG, DIS, FEA, HAP, NEU, SAD)",
    })?;
    Ok(Some(Named::Clip(Clip {
        language: Some("en-US".to_owned()),
        ..Clip::new(path, emotion, NAME, actor)
    })))
}

/// Fills sex and age of this corpus' clips where the original's table lies beside them.
pub(super) fn fill_demographics(clips: &mut [Clip]) -> Result<(), CorpusError> {
    let mut tables: HashMap<PathBuf, HashMap<String, Actor>> = HashMap::new();
    for clip in clips.iter_mut().filter(|clip| clip.corpus == NAME) {
        let folder = clip.path.parent().unwrap_or(Path::new(""));
        if !tables.contains_key(folder) {
            tables.insert(folder.to_owned(), demographics(folder)?);
        }
        if let Some(actor) = tables[folder].get(&clip.speaker) {
            clip.age = Some(actor.age);
            clip.sex = Some(actor.sex.to_lowercase());
        }
    }
    Ok(())
}

/// The table of a folder or of the one above, by actor; empty if there is none.
fn demographics(folder: &Path) -> Result<HashMap<String, Actor>, CorpusError> {
    let above = folder.parent().unwrap_or(Path::new(""));
    let found = [folder, above].map(|folder| folder.join(DEMOGRAPHICS));
    let Some(path) = found.into_iter().find(|path| path.is_file()) else {
        return Ok(HashMap::new());
    };
    let table = table::open(&path, Rows::Even);
    table
        .map_err(|source| CorpusError::Read { path: path.clone(), source })?
        .deserialize()
        .map(|row| row.map(|actor: Actor| (actor.name.clone(), actor)))
        .collect::<Result<_, _>>()
        .map_err(|source| CorpusError::Csv { path, source })
}

fn emotion_of(label: &str) -> Option<Emotion> {
    match label {
        "ANG" => Some(Emotion::Anger),
        "DIS" => Some(Emotion::Disgust),
        "FEA" => Some(Emotion::Fear),
        "HAP" => Some(Emotion::Happiness),
        "NEU" => Some(Emotion::Neutral),
        "SAD" => Some(Emotion::Sadness),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use std::fs;

    #[test]
    fn a_label_that_crema_d_does_not_have_is_an_error_with_the_file() {
        let error = clip(Path::new("1001_DFA_SUR_XX.wav")).err().unwrap().to_string();
        assert!(error.contains("1001_DFA_SUR_XX.wav") && error.contains("'SUR'"), "{error}");
    }

    #[test]
    fn names_that_only_resemble_this_corpus_are_not_taken() {
        for name in ["1092_DFA_ANG_XX.wav", "1001_dfa_ANG_XX.wav", "1001_DFA_ANG.wav", "call.wav"] {
            assert!(clip(Path::new(name)).unwrap().is_none(), "{name}");
        }
    }

    #[test]
    fn the_originals_table_tells_sex_and_age_from_the_folder_above() {
        let root = tempfile::tempdir().unwrap();
        let audio = root.path().join("AudioWAV");
        fs::create_dir(&audio).unwrap();
        for name in ["1001_IEO_HAP_LO.wav", "1002_ITH_NEU_XX.wav"] {
            fs::write(audio.join(name), b"not decoded here").unwrap();
        }
        fs::write(
            root.path().join(DEMOGRAPHICS),
            "\"ActorID\",\"Age\",\"Sex\",\"Race\",\"Ethnicity\"\n1001,51,\"Male\",\"Caucasian\",\"Not Hispanic\"\n",
        )
        .unwrap();
        for folder in [root.path(), &audio] {
            let clips = read(folder).unwrap();
            let told: Vec<_> = clips
                .iter()
                .map(|clip| (clip.speaker_key(), clip.emotion, clip.sex.as_deref(), clip.age))
                .collect();
            assert_eq!(
                told,
                [
                    ("crema_d/1001".to_owned(), Emotion::Happiness, Some("male"), Some(51)),
                    ("crema_d/1002".to_owned(), Emotion::Neutral, None, None),
                ]
            );
        }
        fs::write(audio.join(DEMOGRAPHICS), "ActorID,Age,Sex\n1001,old,Male\n").unwrap();
        assert!(matches!(read(&audio), Err(CorpusError::Csv { .. })));
    }
}
