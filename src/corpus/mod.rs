//! Labelled clips: which recording carries which emotion, by whose voice.
//!
//! In: a manifest CSV, or the folder of a public corpus. Out: a [`Clip`] for each recording that is
//! used, and a reason for each that is not; beside them, recordings of noise ([`sounds`]). Nothing is
//! decoded here. Keeps nothing between calls.

mod clip;
mod error;
mod folder;
pub mod manifest;
pub mod ravdess;
pub mod sounds;
mod split;
pub mod tess;
mod votes;

use std::path::{Path, PathBuf};

pub use clip::Clip;
pub use error::CorpusError;
pub use split::{Split, by_speaker, last_fraction, random_fraction, speaker_disjoint};

/// The manifest that a folder of several corpora holds.
const FOLDER_MANIFEST: &str = "splits.csv";

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
/// Any other folder is searched to its depths and recognised by its file names: [`tess`] or [`ravdess`].
/// A `votes.csv` in the folder of a recording (columns `path` and emotions, with counts of listeners;
/// rows are matched by file name without extension) fills [`Clip::votes`].
///
/// # Errors
/// [`CorpusError`] when nothing is there, a row or a file name cannot be understood, a clip is
/// missing or listed twice, or the folder holds no corpus, or two.
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

/// A folder without a manifest: one corpus, recognised by its file names.
fn open_folder(path: &Path) -> Result<Corpus, CorpusError> {
    let recordings = folder::recordings(path)?;
    if recordings.is_empty() {
        return Err(CorpusError::Empty { path: path.to_owned() });
    }
    let n_tess = recordings.iter().filter(|file| tess::is_named_so(file)).count();
    let n_ravdess = recordings.iter().filter(|file| ravdess::is_named_so(file)).count();
    match (n_tess, n_ravdess) {
        (0, 0) => {
            Err(CorpusError::Unrecognised { path: path.to_owned(), example: recordings[0].clone() })
        }
        (_, 0) => folder::corpus(path, recordings, tess::clip),
        (0, _) => folder::corpus(path, recordings, ravdess::clip),
        _ => Err(CorpusError::Mixed { path: path.to_owned(), n_tess, n_ravdess }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
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
        assert!(reasons.iter().any(|reason| reason.starts_with("the name is not of the form ")));
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
    fn a_folder_of_nothing_of_strangers_or_of_two_corpora_is_refused() {
        let empty = folder_with(&["readme.txt"]);
        assert!(matches!(read(empty.path()), Err(CorpusError::Empty { .. })));
        let strange = folder_with(&["call.wav"]);
        let error = read(strange.path()).unwrap_err().to_string();
        assert!(error.contains("call.wav") && error.contains("manifest"), "{error}");
        let mixed = folder_with(&["OAF_back_angry.wav", "03-01-05-01-01-01-12.wav"]);
        assert!(matches!(read(mixed.path()), Err(CorpusError::Mixed { .. })));
        let songs = folder_with(&["03-02-05-01-01-01-12.wav"]);
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
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
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

        for (name, n_clips, n_speakers) in [("tess", 2_800, 2), ("ravdess", 1_440, 24)] {
            let listed = clips.iter().filter(|clip| clip.corpus == name);
            let listed: BTreeMap<_, _> = listed.map(|clip| (clip.path.clone(), clip)).collect();
            let walked = read(&data.join(name)).unwrap();
            let speakers: std::collections::BTreeSet<_> =
                walked.iter().map(Clip::speaker_key).collect();
            assert_eq!((walked.len(), speakers.len()), (n_clips, n_speakers));
            for clip in &walked {
                let other = listed[&clip.path];
                assert_eq!(
                    (clip.emotion, &clip.speaker, &clip.sex, &clip.age, &clip.language),
                    (other.emotion, &other.speaker, &other.sex, &other.age, &other.language),
                );
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
