//! Listeners' votes: what people heard in a clip, as a share of listeners for each emotion.
//!
//! In: clips, and in the folder of their recordings a `votes.csv`: a column `path`, of which the file
//! name without extension counts, and one of counts for each emotion that could be chosen; or, in a
//! download of CREMA-D, `processedResults/tabulatedVotes.csv` in the folder above (clip in `fileName`,
//! emotions by their first letters). Out: the same clips with [`Clip::votes`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::folder::stem;
use super::{Clip, CorpusError};
use crate::table::{self, Rows};
use hearing::emotion::{Emotion, N_EMOTIONS};

/// Where votes may lie, from the folder of the recordings.
const FILES: [&str; 2] = ["votes.csv", "../processedResults/tabulatedVotes.csv"];

/// Columns that name the clip.
const CLIP_COLUMNS: [&str; 2] = ["path", "fileName"];

/// CREMA-D numbers its rows, in a column without a name, from 100001 for the voice alone, from 200001
/// for the face alone, from 300001 for both.
const ROW_COLUMN: &str = "";
const VOICE_ALONE: char = '1';

/// Shares by file name without extension.
type Votes = HashMap<String, [f32; N_EMOTIONS]>;

/// Fills the votes of each clip whose folder holds a file of votes with a row for it.
pub(super) fn fill(clips: &mut [Clip]) -> Result<(), CorpusError> {
    let mut folders: HashMap<PathBuf, Votes> = HashMap::new();
    for clip in clips {
        let folder = clip.path.parent().unwrap_or(Path::new(""));
        if !folders.contains_key(folder) {
            let mut files = FILES.iter().map(|file| folder.join(file));
            let votes = files.find(|file| file.is_file()).map(|file| read(&file));
            folders.insert(folder.to_owned(), votes.transpose()?.unwrap_or_default());
        }
        clip.votes = folders[folder].get(stem(&clip.path)).copied();
    }
    Ok(())
}

/// The votes of a file, of those who heard the voice alone.
fn read(path: &Path) -> Result<Votes, CorpusError> {
    let mut reader = table::open(path, Rows::Even)
        .map_err(|source| CorpusError::Read { path: path.to_owned(), source })?;
    let not_csv = |source| CorpusError::Csv { path: path.to_owned(), source };
    let header = reader.headers().map_err(not_csv)?.clone();
    let column = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name));
    let clip_column = CLIP_COLUMNS
        .into_iter()
        .find_map(column)
        .ok_or_else(|| CorpusError::MissingColumn { path: path.to_owned(), column: "path" })?;
    let row_column = column(ROW_COLUMN);
    let columns = Emotion::ALL.map(|emotion| {
        column(emotion.label()).or_else(|| column(emotion.letter().encode_utf8(&mut [0; 4])))
    });

    let mut votes = Votes::new();
    for record in table::rows(&mut reader) {
        let record = record.map_err(not_csv)?;
        let row = row_column.and_then(|column| record.get(column));
        if row.is_some_and(|row| !row.starts_with(VOICE_ALONE)) {
            continue;
        }
        if let Some(shares) = shares(path, &record, &columns)? {
            let clip = record.get(clip_column).unwrap_or_default();
            votes.insert(stem(Path::new(clip)).to_owned(), shares);
        }
    }
    Ok(votes)
}

/// One row's counts as shares; none where nobody voted.
fn shares(
    path: &Path,
    record: &StringRecord,
    columns: &[Option<usize>; N_EMOTIONS],
) -> Result<Option<[f32; N_EMOTIONS]>, CorpusError> {
    let mut counts = [0.0_f32; N_EMOTIONS];
    for emotion in Emotion::ALL {
        let field = columns[emotion.index()].and_then(|column| record.get(column));
        let Some(field) = field.filter(|field| !field.is_empty()) else { continue };
        counts[emotion.index()] =
            field.parse::<u16>().map(f32::from).map_err(|_| CorpusError::BadField {
                path: path.to_owned(),
                line: table::line_of(record),
                column: emotion.label(),
                value: field.to_owned(),
                expected: "a count of listeners",
            })?;
    }
    let sum: f32 = counts.iter().sum();
    Ok((sum > 0.0).then(|| counts.map(|count| count / sum)))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use std::fs;

    const MANIFEST: &str = "path,emotion,speaker,corpus\na/1.wav,anger,1,mine\nb/2.wav,fear,1,mine\n\
        a/3.wav,fear,1,mine\n";

    /// A folder with a manifest of three clips and these votes beside two of them.
    fn folder_with_votes(votes: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a/1.wav", ""),
            ("a/3.wav", ""),
            ("b/2.wav", ""),
            ("a/votes.csv", votes),
            ("clips.csv", MANIFEST),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn counts_become_shares_in_the_order_of_the_emotions() {
        let folder = folder_with_votes(
            "path,neutral,anger,fear\na/1.ogg,1,6,3\na/3.wav,0,,0\n2.wav,1,1,1\n",
        );
        let clips = read(&folder.path().join("clips.csv")).unwrap();
        assert_eq!(clips[0].votes, Some([0.6, 0.0, 0.3, 0.0, 0.0, 0.0, 0.1]));
        assert_eq!(clips[1].votes, None, "its folder has no votes");
        assert_eq!(clips[2].votes, None, "nobody voted");
    }

    #[test]
    fn the_table_of_a_crema_d_download_is_read_for_the_voice_alone() {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("AudioWAV/1001_DFA_ANG_XX.wav", ""),
            (
                "processedResults/tabulatedVotes.csv",
                "\"\",\"A\",\"D\",\"F\",\"H\",\"N\",\"S\",\"fileName\",\"agreement\"\n\
                 \"100062\",6,2,0,0,2,0,\"1001_DFA_ANG_XX\",0.6\n\
                 \"200062\",9,0,0,0,0,0,\"1001_DFA_ANG_XX\",1\n",
            ),
        ] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let clips = read(&root.path().join("AudioWAV")).unwrap();
        assert_eq!(clips[0].votes, Some([0.6, 0.2, 0.0, 0.0, 0.0, 0.0, 0.2]));
    }

    #[test]
    fn a_vote_that_is_no_count_is_named_with_its_line() {
        let folder = folder_with_votes("path,anger\n1.wav,6\n3.wav,many\n");
        let error = read(&folder.path().join("clips.csv")).unwrap_err().to_string();
        assert!(error.contains("votes.csv, line 3: anger is 'many'"), "{error}");
        let folder = folder_with_votes("file,anger\n1.wav,6\n");
        let error = read(&folder.path().join("clips.csv")).unwrap_err().to_string();
        assert!(error.contains("no column 'path'"), "{error}");
    }
}
