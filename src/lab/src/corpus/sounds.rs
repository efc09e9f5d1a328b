//! Recordings of noise without speech: to mix with speech, and to learn and test what is no speech.
//!
//! In: a data folder with `noise/esc10` and `noise/nonspeech`. Out: a [`Sound`] for each recording, in the
//! order of the paths; each belongs to one split, so that none is used both to train and to judge. Neutral
//! voices (for babble) are clips of corpus `neutral_speech`, not sounds.

use std::path::{Path, PathBuf};

use super::folder::{recordings, stem};
use super::{CorpusError, Split};

/// The folder of noises within a data folder.
pub const FOLDER: &str = "noise";

/// Splits by the last digit of a number, modulo 5: three fifths to train on, one to choose by, one to
/// measure with. ESC's own folds 1 to 5 are its number.
const FIFTHS: [Split; 5] = [Split::Test, Split::Train, Split::Train, Split::Train, Split::Dev];

/// A collection of noises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// ESC-10 (Piczak, 2015): ten classes of 40 recordings, `004-Babycry_1-22694-A.ogg`.
    Esc10,
    /// G. Hu's 100 nonspeech sounds, `n1.ogg` to `n100.ogg`, and noises of NOISEX-92 (Varga &
    /// Steeneken, 1993), `leopard.ogg`. Sounds 1 to 17 are crowds, in which voices can be heard.
    Nonspeech,
}

impl Group {
    /// All collections.
    pub const ALL: [Group; 2] = [Group::Esc10, Group::Nonspeech];

    /// The name of the collection and of its folder.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Group::Esc10 => "esc10",
            Group::Nonspeech => "nonspeech",
        }
    }
}

/// One recording of noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The file, as it can be opened from the working directory.
    pub path: PathBuf,
    /// The collection.
    pub group: Group,
    /// What is heard, from the file's name, in lower case: `babycry`; of nonspeech sounds `n12` or `leopard`.
    pub category: String,
    /// What the recording is for. All pieces of one original recording have one split.
    pub split: Split,
}

/// All recordings of noise of a data folder.
///
/// ESC's folds 1 to 3 are for training, 4 is dev, 5 is test. Of the numbered nonspeech sounds those whose
/// number leaves 4 when divided by 5 are dev, 0 test, the others training; those of NOISEX-92 are training.
///
/// # Errors
/// [`CorpusError`] when one of the folders cannot be read or is empty, or a file is not named as expected.
pub fn non_speech(data: &Path) -> Result<Vec<Sound>, CorpusError> {
    let mut sounds = Vec::new();
    for group in Group::ALL {
        let folder = data.join(FOLDER).join(group.label());
        let found = recordings(&folder)?;
        if found.is_empty() {
            return Err(CorpusError::Empty { path: folder });
        }
        for path in found {
            let Some((category, split)) = named(group, stem(&path)) else {
                return Err(CorpusError::UnknownLabel {
                    label: stem(&path).to_owned(),
                    clip: path,
                    corpus: "the noises (001-Dogbark_1-100032-A of ESC-10, n12 or leopard of nonspeech)",
                });
            };
            sounds.push(Sound { path, group, category, split });
        }
    }
    Ok(sounds)
}

/// Category and split that a file name tells of.
fn named(group: Group, stem: &str) -> Option<(String, Split)> {
    match group {
        Group::Esc10 => {
            let (class, recording) = stem.split_once('_')?;
            let (_, category) = class.split_once('-')?;
            let (fold, _) = recording.split_once('-')?;
            let fold: usize = fold.parse().ok().filter(|fold| (1..=FIFTHS.len()).contains(fold))?;
            Some((category.to_lowercase(), FIFTHS[fold % FIFTHS.len()]))
        }
        Group::Nonspeech => {
            let category = stem.to_lowercase();
            let number = category.strip_prefix('n').and_then(|number| number.parse::<usize>().ok());
            let split = number.map_or(Split::Train, |number| FIFTHS[number % FIFTHS.len()]);
            (!category.is_empty()).then_some((category, split))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    fn data_with(files: &[&str]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        for file in files {
            let path = data.path().join(FOLDER).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"not decoded here").unwrap();
        }
        data
    }

    #[test]
    fn a_fold_or_a_number_decides_what_a_noise_is_for() {
        let data = data_with(&[
            "esc10/004-Babycry_3-22694-A.ogg",
            "esc10/004-Babycry_4-22695-A.ogg",
            "esc10/004-Babycry_5-22696-B.ogg",
            "nonspeech/leopard.ogg",
            "nonspeech/n100.ogg",
            "nonspeech/N12.wav",
            "nonspeech/n4.ogg",
        ]);
        let sounds = non_speech(data.path()).unwrap();
        let told: BTreeSet<_> = sounds
            .iter()
            .map(|sound| (sound.group.label(), sound.category.as_str(), sound.split.label()))
            .collect();
        let expected = BTreeSet::from([
            ("esc10", "babycry", "train"),
            ("esc10", "babycry", "dev"),
            ("esc10", "babycry", "test"),
            ("nonspeech", "leopard", "train"),
            ("nonspeech", "n100", "test"),
            ("nonspeech", "n12", "train"),
            ("nonspeech", "n4", "dev"),
        ]);
        assert_eq!(told, expected);
    }

    #[test]
    fn a_folder_that_is_missing_or_empty_and_a_strange_name_are_told() {
        let data = data_with(&["esc10/004-Babycry_3-22694-A.ogg"]);
        let error = non_speech(data.path()).unwrap_err().to_string();
        assert!(error.contains("nonspeech"), "{error}");
        let data = data_with(&["esc10/readme.txt"]);
        assert!(matches!(non_speech(data.path()), Err(CorpusError::Empty { .. })));
        for name in ["esc10/dog.wav", "esc10/004-Babycry_6-22694-A.ogg"] {
            let error = non_speech(data_with(&[name]).path()).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    /// Runs where the noises are beside the project.
    #[test]
    fn the_noises_beside_the_project_are_split_by_original_recording() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !data.join(FOLDER).is_dir() {
            return;
        }
        let sounds = non_speech(&data).unwrap();
        let mut counts = BTreeMap::new();
        let mut splits_of: BTreeMap<String, BTreeSet<Split>> = BTreeMap::new();
        for sound in &sounds {
            *counts.entry((sound.group, sound.split)).or_insert(0) += 1;
            if sound.group == Group::Esc10 {
                let recording = stem(&sound.path).split('-').nth(2).unwrap().to_owned();
                splits_of.entry(recording).or_default().insert(sound.split);
            }
        }
        assert_eq!(
            counts,
            BTreeMap::from([
                ((Group::Esc10, Split::Train), 240),
                ((Group::Esc10, Split::Dev), 80),
                ((Group::Esc10, Split::Test), 80),
                ((Group::Nonspeech, Split::Train), 63),
                ((Group::Nonspeech, Split::Dev), 20),
                ((Group::Nonspeech, Split::Test), 20),
            ])
        );
        assert!(splits_of.len() > 100);
        assert!(splits_of.values().all(|splits| splits.len() == 1));
    }
}
