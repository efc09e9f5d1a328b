//! Recordings of people without an emotion's label: voices for a teacher to judge, and sounds that are no speech.
//!
//! In: the file `unlabelled.csv` of a data folder, with the columns `path`, `corpus` and `speaker` and, where wanted,
//! `intensity`, which says what kind of sound it is. Out: an [`Unlabelled`] for each row. Keeps nothing.

use super::CorpusError;
use crate::table::{self, Rows};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file's name.
const FILE: &str = "unlabelled.csv";

/// Sounds of people in which nobody says or feels anything: a cough is not disgust.
const NO_SPEECH: [&str; 10] = [
    "coughing",
    "lip-popping",
    "lip-smacking",
    "nose-blowing",
    "panting",
    "sneezing",
    "teeth-chattering",
    "teeth-grinding",
    "throat-clearing",
    "tongue-clicking",
];
/// Sounds between speech and none.
const NO_WORDS: [&str; 6] = ["crying", "laughing", "moaning", "screaming", "sighing", "yawning"];

/// One recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlabelled {
    /// The file, as it can be opened from the working directory.
    pub path: PathBuf,
    /// The corpus, one lower-case word.
    pub corpus: String,
    /// The speaker's name over all corpora, `corpus/speaker`.
    pub speaker_key: String,
    /// Whether it is speech, where that can be said: a laugh is neither.
    pub is_speech: Option<bool>,
}

#[derive(Deserialize)]
struct Row {
    path: PathBuf,
    corpus: String,
    speaker: String,
    #[serde(default)]
    intensity: String,
}

/// The recordings that `unlabelled.csv` in a data folder lists; none without such a file.
///
/// # Errors
/// [`CorpusError`] for a file that cannot be read, and for the first recording that is not there.
pub fn read(folder: &Path) -> Result<Vec<Unlabelled>, CorpusError> {
    let manifest = folder.join(FILE);
    if !manifest.is_file() {
        return Ok(Vec::new());
    }
    let not_csv = |source| CorpusError::Csv { path: manifest.clone(), source };
    let mut reader = table::open(&manifest, Rows::Even)
        .map_err(|source| CorpusError::Read { path: manifest.clone(), source })?;
    let mut found = Vec::new();
    let header = reader.headers().map_err(not_csv)?.clone();
    for row in table::rows(&mut reader) {
        let row = row.map_err(not_csv)?;
        let line = table::line_of(&row);
        let Row { path, corpus, speaker, intensity } =
            row.deserialize(Some(&header)).map_err(not_csv)?;
        let clip = folder.join(path);
        if !clip.is_file() {
            return Err(CorpusError::MissingClip { path: manifest, line, clip, n_others: 0 });
        }
        let is_speech = match intensity.as_str() {
            kind if NO_SPEECH.contains(&kind) => Some(false),
            kind if NO_WORDS.contains(&kind) => None,
            _ => Some(true),
        };
        let speaker_key = format!("{corpus}/{speaker}");
        found.push(Unlabelled { path: clip, corpus, speaker_key, is_speech });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn rows_say_who_and_whether_it_is_speech_and_a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        for name in ["a.ogg", "b.ogg", "c.ogg"] {
            fs::write(folder.path().join(name), b"not decoded here").unwrap();
        }
        let rows = "path,corpus,speaker,sex,intensity\na.ogg,baved,1,,high\n\
                    b.ogg,nonverbal,1,,sneezing\nc.ogg,nonverbal,2,,laughing\n";
        fs::write(folder.path().join(FILE), rows).unwrap();
        let found = read(folder.path()).unwrap();
        let told: Vec<_> =
            found.iter().map(|one| (one.speaker_key.as_str(), one.is_speech)).collect();
        assert_eq!(
            told,
            [("baved/1", Some(true)), ("nonverbal/1", Some(false)), ("nonverbal/2", None)]
        );
        fs::remove_file(folder.path().join("b.ogg")).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("b.ogg") && error.contains("line 3"), "{error}");
    }
}
