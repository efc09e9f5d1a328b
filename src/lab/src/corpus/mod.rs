//! Labelled clips: which recording carries which emotion, by whose voice.
//!
//! In: a manifest CSV, or the folder of a public corpus. Out: a [`Clip`] for each recording that is
//! used, and a reason for each that is not; beside them, recordings of noise ([`sounds`]). Nothing is
//! decoded here. Keeps nothing between calls.

mod clip;
pub mod crema_d;
pub mod emovo;
mod error;
mod folder;
pub mod manifest;
pub mod nemo;
pub mod ravdess;
pub mod sounds;
pub mod speechocean;
mod split;
pub mod tess;
pub mod unlabelled;
mod votes;

use std::path::{Path, PathBuf};

pub use clip::Clip;
pub use error::CorpusError;
pub use folder::recordings;
pub use split::{Split, by_speaker, last_fraction, random_fraction, speaker_disjoint};
pub use unlabelled::Unlabelled;

/// The manifest that a folder of several corpora holds.
const FOLDER_MANIFEST: &str = "splits.csv";

/// The corpora whose files are known by their names. No name is of two.
const READERS: [folder::ReadName; 6] =
    [tess::clip, ravdess::clip, crema_d::clip, nemo::clip, emovo::clip, speechocean::clip];

/// What a manifest or a folder holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corpus {
    /// The clips: in the manifest's order, or of a folder in the order of their paths.
    pub clips: Vec<Clip>,
    /// Recordings that were found but are not used: to be told, never dropped silently.
    pub not_used: Vec<NotUsed>,
}

/// A recording that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUsed {
    /// The file.
    pub path: PathBuf,
    /// Why, as a phrase: "a song, not speech".
    pub reason: String,
}

/// The clips of a manifest CSV or of a corpus folder; see [`open`] for what was left out.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> Result<Vec<Clip>, CorpusError> {
    open(path).map(|corpus| corpus.clips)
}

/// The clips of a manifest CSV or of a corpus folder, with the recordings that are not used.
///
/// A file is a manifest ([`manifest::read`]). A folder that holds a `splits.csv` is that manifest.
/// Any other folder is searched to its depths and each recording recognised by its name: [`tess`],
/// [`ravdess`], [`crema_d`], [`nemo`], [`emovo`] and [`speechocean`] may lie side by side. A `votes.csv` in the folder of a recording (columns `path` and emotions, with counts of listeners;
/// rows are matched by file name without extension) fills [`Clip::votes`].
///
/// # Errors
/// [`CorpusError`] when nothing is there, a row or a file name cannot be understood, a clip is
/// missing or listed twice, or the folder holds no corpus.
pub fn open(path: &Path) -> Result<Corpus, CorpusError> {
    let inside = path.join(FOLDER_MANIFEST);
    let mut corpus = if !path.is_dir() {
        manifest::read(path).map(Corpus::from_clips)?
    } else if inside.is_file() {
        manifest::read(&inside).map(Corpus::from_clips)?
    } else {
        open_folder(path)?
    };
    votes::fill(&mut corpus.clips)?;
    Ok(corpus)
}

impl Corpus {
    fn from_clips(clips: Vec<Clip>) -> Self {
        Corpus { clips, not_used: Vec::new() }
    }
}

/// A folder without a manifest: corpora recognised by their file names.
fn open_folder(path: &Path) -> Result<Corpus, CorpusError> {
    let mut corpus = folder::corpus(path, folder::recordings(path)?, &READERS)?;
    crema_d::fill_demographics(&mut corpus.clips)?;
    Ok(corpus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;
    use std::collections::BTreeMap;
    use std::fs;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"not decoded here").unwrap();
        }
        folder
    }

    #[test]
    fn a_tess_folder_reads_nested_or_flat_in_wav_or_ogg() {
        let folder = folder_with(&[
            "TESS Toronto emotional speech set data/OAF_angry/OAF_back_angry.wav",
            "TESS Toronto emotional speech set data/OAF_neutral/OA_bite_neutral.wav",
            "TESS Toronto emotional speech set data/YAF_pleasant_surprised/YAF_back_ps.wav",
            "YAF_bar_fear.ogg",
            "readme.txt",
        ]);
        let clips = read(folder.path()).unwrap();
        let told: Vec<_> = clips.iter().map(|clip| (clip.speaker_key(), clip.emotion)).collect();
        assert_eq!(
            told,
            [
                ("tess/OAF".to_owned(), Emotion::Anger),
                ("tess/OAF".to_owned(), Emotion::Neutral),
                ("tess/YAF".to_owned(), Emotion::Surprise),
                ("tess/YAF".to_owned(), Emotion::Fear),
            ]
        );
    }

    #[test]
    fn a_second_copy_and_a_stranger_are_told_and_not_used() {
        let folder = folder_with(&[
            "OAF_angry/OAF_back_angry.wav",
            "copy/OAF_angry/OAF_back_angry.wav",
            "notes.mp3",
        ]);
        let corpus = open(folder.path()).unwrap();
        assert_eq!(corpus.clips.len(), 1);
        let reasons: Vec<_> = corpus.not_used.iter().map(|file| file.reason.as_str()).collect();
        assert_eq!(reasons.len(), 2);
        assert!(reasons.iter().any(|reason| reason.starts_with("a second copy of ")));
        assert!(reasons.contains(&"named like no known corpus"));
    }

    #[test]
    fn a_ravdess_folder_reads_and_its_songs_are_told() {
        let folder = folder_with(&[
            "Actor_12/03-01-05-01-01-01-12.wav",
            "Actor_12/03-01-02-01-01-01-12.wav",
            "Actor_01/03-02-03-01-01-01-01.wav",
        ]);
        let corpus = open(folder.path()).unwrap();
        assert_eq!(corpus.clips.len(), 2);
        assert_eq!(corpus.clips[0].emotion, Emotion::Neutral, "calm counts as neutral");
        assert!(corpus.clips[0].is_calm && !corpus.clips[1].is_calm);
        assert_eq!(corpus.clips[1].emotion, Emotion::Anger);
        assert_eq!(corpus.clips[1].sex.as_deref(), Some("female"));
        assert_eq!(corpus.not_used.len(), 1);
        assert_eq!(corpus.not_used[0].reason, "a song, not speech");
    }

    #[test]
    fn several_corpora_side_by_side_read_as_one() {
        let folder = folder_with(&[
            "CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav",
            "EMOVO/f1/dis-f1-b1.wav",
            "RAVDESS/Actor_12/03-01-05-01-01-01-12.wav",
            "TESS/OAF_back_angry.wav",
            "nEMO/samples/EB0_anger_14.wav",
            "speechocean762/WAVE/SPEAKER0001/000010011.WAV",
        ]);
        let corpus = open(folder.path()).unwrap();
        let names: Vec<_> = corpus.clips.iter().map(|clip| clip.corpus.as_str()).collect();
        assert_eq!(names, ["crema_d", "emovo", "ravdess", "tess", "nemo", "neutral_speech"]);
        assert_eq!(corpus.not_used, []);
    }

    #[test]
    fn a_folder_of_nothing_of_strangers_or_of_songs_is_refused() {
        let empty = folder_with(&["readme.txt"]);
        assert!(matches!(read(empty.path()), Err(CorpusError::Empty { .. })));
        let strange = folder_with(&["call.wav"]);
        let error = read(strange.path()).unwrap_err().to_string();
        assert!(error.contains("call.wav") && error.contains("manifest"), "{error}");
        let songs = folder_with(&["03-02-05-01-01-01-12.wav", "00.wav"]);
        assert!(matches!(read(songs.path()), Err(CorpusError::AllUnused { .. })));
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = read(Path::new("nowhere/clips.csv")).unwrap_err().to_string();
        assert!(error.contains("nowhere/clips.csv"), "{error}");
    }

    /// Runs where the corpora are beside the project.
    #[test]
    fn the_corpora_beside_the_project_read_and_share_no_speaker_between_splits() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !data.join(FOLDER_MANIFEST).is_file() {
            return;
        }
        let clips = read(&data).unwrap();
        speaker_disjoint(&clips).unwrap();
        let mut counts = BTreeMap::new();
        for clip in &clips {
            *counts.entry((clip.corpus.clone(), clip.split.unwrap().label())).or_insert(0) += 1;
        }
        assert_eq!(counts, counts_by_plain_text(&data.join(FOLDER_MANIFEST)));
        assert_eq!(counts.values().sum::<usize>(), clips.len());
        assert_eq!(counts[&("tess".to_owned(), "train")], 2_800);
        assert_eq!(
            clips.iter().filter(|clip| clip.is_calm).count(),
            192,
            "24 actors, 8 clips each"
        );
        let shares: Vec<_> = clips.iter().filter_map(|clip| clip.votes.as_ref()).collect();
        let votes = fs::read_to_string(data.join("crema_d/votes.csv")).unwrap();
        assert_eq!(shares.len(), votes.lines().count() - 1);
        assert!(shares.iter().all(|shares| (shares.iter().sum::<f32>() - 1.0).abs() < 1e-5));

        let listed: BTreeMap<_, _> = clips.iter().map(|clip| (clip.path.clone(), clip)).collect();
        for (name, n_speakers) in [
            ("tess", 2),
            ("ravdess", 24),
            ("crema_d", 79),
            ("nemo", 9),
            ("emovo", 6),
            ("neutral_speech", 234),
        ] {
            let walked = read(&data.join(name)).unwrap();
            let speakers: std::collections::BTreeSet<_> =
                walked.iter().map(Clip::speaker_key).collect();
            assert_eq!((name, speakers.len()), (name, n_speakers));
            assert_eq!(walked.len(), clips.iter().filter(|clip| clip.corpus == name).count());
            for mut clip in walked {
                let listed = Clip { split: None, fold: None, ..(*listed[&clip.path]).clone() };
                if name == crema_d::NAME {
                    // The table of its actors is not beside these copies.
                    (clip.sex, clip.age) = (listed.sex.clone(), listed.age);
                }
                assert_eq!(clip, listed);
            }
        }
    }

    /// Clips by corpus and split, counted without the reader under test.
    fn counts_by_plain_text(manifest: &Path) -> BTreeMap<(String, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for line in fs::read_to_string(manifest).unwrap().lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let split = ["train", "dev", "test"].into_iter().find(|name| *name == fields[8]);
            *counts.entry((fields[1].to_owned(), split.unwrap())).or_insert(0) += 1;
        }
        counts
    }
}
