//! What can be wrong with a manifest or a corpus folder.

use std::path::PathBuf;

/// What can be wrong with a manifest or a corpus folder: what happened, to what, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}; check the path and that you may read it")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A manifest is no CSV in UTF-8, or a row has too few or too many fields.
    #[error(
        "{path} is not a readable manifest: {source}; it must be CSV in UTF-8 with one header line"
    )]
    Csv {
        /// The manifest.
        path: PathBuf,
        /// The CSV reader's reason, with the line.
        source: csv::Error,
    },
    /// A manifest or a file of votes lacks a column that every such file needs.
    #[error(
        "{path} has no column '{column}'; a manifest needs path, emotion, speaker and corpus, a file of \
         votes path"
    )]
    MissingColumn {
        /// The manifest.
        path: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// A field of a manifest cannot be understood.
    #[error("{path}, line {line}: {column} is '{value}', but must be {expected}; correct the row")]
    BadField {
        /// The manifest.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A manifest lists files that are not there.
    #[error(
        "{path}, line {line}: {clip} is not there{}; paths are relative to the manifest: \
         correct the row or restore the file",
        others(*.n_others)
    )]
    MissingClip {
        /// The manifest.
        path: PathBuf,
        /// The first such line, counted from 1.
        line: u64,
        /// The file that it names.
        clip: PathBuf,
        /// How many later rows name missing files.
        n_others: usize,
    },
    /// A manifest lists a file twice.
    #[error(
        "{path}, line {line}: {clip} stands in line {first_line} already; remove one of the two"
    )]
    Duplicate {
        /// The manifest.
        path: PathBuf,
        /// The second line, counted from 1.
        line: u64,
        /// The first line.
        first_line: u64,
        /// The file.
        clip: PathBuf,
    },
    /// There is no recording in a folder, or no row in a manifest.
    #[error("{path} lists or holds no recording; give a manifest CSV or the folder of a corpus")]
    Empty {
        /// The folder or manifest.
        path: PathBuf,
    },
    /// A folder holds recordings, but of no corpus that is known by its file names.
    #[error(
        "the recordings in {path} are named like no known corpus (first: {example}); known are TESS \
         (OAF_back_angry.wav), RAVDESS (03-01-05-01-01-01-12.wav), CREMA-D (1001_DFA_ANG_XX.wav), nEMO \
         (EB0_anger_14.wav), EMOVO (dis-f1-b1.wav) and speechocean762 (SPEAKER0001/000010011.WAV): for \
         others write a manifest CSV"
    )]
    Unrecognised {
        /// The folder.
        path: PathBuf,
        /// The first recording in it.
        example: PathBuf,
    },
    /// A folder holds recordings of a known corpus, but none that is used.
    #[error(
        "none of the {n_files} recordings in {path} is used (first: {example}: {reason}); give the speech part of the corpus"
    )]
    AllUnused {
        /// The folder.
        path: PathBuf,
        /// How many recordings there are.
        n_files: usize,
        /// The first of them.
        example: PathBuf,
        /// Why that one is not used.
        reason: String,
    },
    /// A file is named as in a corpus or a collection of noises, but its label is not one of it.
    #[error(
        "{clip}: the label '{label}' in the name is not one of {corpus}; rename or remove the file"
    )]
    UnknownLabel {
        /// The file.
        clip: PathBuf,
        /// The label in its name.
        label: String,
        /// The corpus.
        corpus: &'static str,
    },
    /// Some speakers stand in two splits, so a score would partly be of voices that were trained on.
    #[error(
        "more than one split has clips of {}; give each speaker to one split",
        speakers.join(", ")
    )]
    SharedSpeakers {
        /// `corpus/speaker (train, test)`, in alphabetical order.
        speakers: Vec<String>,
    },
}

fn others(n_others: usize) -> String {
    match n_others {
        0 => String::new(),
        n => format!(" (nor are {n} more)"),
    }
}
