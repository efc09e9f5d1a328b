//! A manifest: a CSV with one labelled recording a row.
//!
//! In: a file with the columns `path,emotion,speaker,corpus` and, where wanted, `sex`, `age`,
//! `language`, `split`, `fold`; any order, other columns (such as `intensity`) are ignored.
//! Out: a [`Clip`] for each row, in the file's order. Paths are relative to the manifest's folder.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::StringRecord;

use super::{Clip, CorpusError, Split};
use crate::table::{self, Rows};
use hearing::emotion::Emotion;

/// Reads a manifest and checks that every recording is there, once.
///
/// # Errors
/// [`CorpusError`] naming the manifest, the line and the column or file that is wrong.
pub fn read(manifest: &Path) -> Result<Vec<Clip>, CorpusError> {
    let mut reader = table::open(manifest, Rows::Even)
        .map_err(|source| CorpusError::Read { path: manifest.to_owned(), source })?;
    let not_csv = |source| CorpusError::Csv { path: manifest.to_owned(), source };
    let columns = Columns::find(manifest, reader.headers().map_err(not_csv)?)?;
    let folder = manifest.parent().unwrap_or(Path::new(""));

    let mut clips = Vec::new();
    let mut lines: HashMap<PathBuf, u64> = HashMap::new();
    let mut missing: Vec<(u64, PathBuf)> = Vec::new();
    for record in table::rows(&mut reader) {
        let record = record.map_err(not_csv)?;
        let row = Row { manifest, columns: &columns, record: &record };
        let clip = row.clip(folder)?;
        match lines.entry(clip.path.clone()) {
            Entry::Occupied(first) => return Err(row.duplicate(*first.get(), clip.path)),
            Entry::Vacant(place) => place.insert(row.line()),
        };
        if !clip.path.is_file() {
            missing.push((row.line(), clip.path.clone()));
        }
        clips.push(clip);
    }
    if let Some((line, clip)) = missing.first().cloned() {
        let n_others = missing.len() - 1;
        return Err(CorpusError::MissingClip { path: manifest.to_owned(), line, clip, n_others });
    }
    if clips.is_empty() {
        return Err(CorpusError::Empty { path: manifest.to_owned() });
    }
    Ok(clips)
}

/// Where the known columns stand.
struct Columns {
    path: usize,
    emotion: usize,
    speaker: usize,
    corpus: usize,
    sex: Option<usize>,
    age: Option<usize>,
    language: Option<usize>,
    split: Option<usize>,
    fold: Option<usize>,
}

impl Columns {
    fn find(manifest: &Path, header: &StringRecord) -> Result<Self, CorpusError> {
        let optional =
            |column: &str| header.iter().position(|name| name.eq_ignore_ascii_case(column));
        let required = |column: &'static str| {
            optional(column)
                .ok_or_else(|| CorpusError::MissingColumn { path: manifest.to_owned(), column })
        };
        Ok(Columns {
            path: required("path")?,
            emotion: required("emotion")?,
            speaker: required("speaker")?,
            corpus: required("corpus")?,
            sex: optional("sex"),
            age: optional("age"),
            language: optional("language"),
            split: optional("split"),
            fold: optional("fold"),
        })
    }
}

/// One row with what is needed to name it in an error.
struct Row<'a> {
    manifest: &'a Path,
    columns: &'a Columns,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn clip(&self, folder: &Path) -> Result<Clip, CorpusError> {
        let columns = self.columns;
        let label = self.required("emotion", columns.emotion)?;
        let emotion = label.parse::<Emotion>().map_err(|_| {
            const EXPECTED: &str =
                "anger, disgust, fear, happiness, surprise, sadness, neutral or calm";
            self.bad("emotion", label, EXPECTED)
        })?;
        Ok(Clip {
            path: folder.join(self.required("path", columns.path)?),
            emotion,
            is_calm: label.eq_ignore_ascii_case("calm"),
            votes: None,
            speaker: self.required("speaker", columns.speaker)?.to_owned(),
            corpus: self.required("corpus", columns.corpus)?.to_owned(),
            sex: self.optional(columns.sex).map(str::to_owned),
            age: self.parsed("age", columns.age, "a whole number of years")?,
            language: self.optional(columns.language).map(str::to_owned),
            split: self.parsed::<Split>("split", columns.split, "train, dev or test")?,
            fold: self.parsed("fold", columns.fold, "a whole number")?,
        })
    }

    fn required(&self, column: &'static str, index: usize) -> Result<&str, CorpusError> {
        self.optional(Some(index)).ok_or_else(|| self.bad(column, "", "given"))
    }

    /// A field that may be absent or empty.
    fn optional(&self, index: Option<usize>) -> Option<&str> {
        index.and_then(|index| self.record.get(index)).filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(
        &self,
        column: &'static str,
        index: Option<usize>,
        expected: &'static str,
    ) -> Result<Option<T>, CorpusError> {
        self.optional(index)
            .map(|value| value.parse().map_err(|_| self.bad(column, value, expected)))
            .transpose()
    }

    fn bad(&self, column: &'static str, value: &str, expected: &'static str) -> CorpusError {
        CorpusError::BadField {
            path: self.manifest.to_owned(),
            line: self.line(),
            column,
            value: value.to_owned(),
            expected,
        }
    }

    fn duplicate(&self, first_line: u64, clip: PathBuf) -> CorpusError {
        CorpusError::Duplicate {
            path: self.manifest.to_owned(),
            line: self.line(),
            first_line,
            clip,
        }
    }

    fn line(&self) -> u64 {
        table::line_of(self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with clips `a.wav` and `b.wav` and this manifest.
    fn manifest(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.wav", "b.wav"] {
            fs::write(folder.path().join(name), b"not decoded here").unwrap();
        }
        let path = folder.path().join("clips.csv");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn error_of(text: &str) -> String {
        let (_folder, path) = manifest(text);
        read(&path).unwrap_err().to_string()
    }

    #[test]
    fn columns_may_stand_in_any_order_beside_strangers() {
        let (folder, path) = manifest(
            "\u{feff}intensity,Corpus,speaker,emotion,path,age,split,fold,mood\n\
             high,mine,1,Calm,a.wav,30,dev,4,x\n\
             ,mine,2,ps,./b.wav,,,,\n",
        );
        let clips = read(&path).unwrap();
        assert_eq!(clips.len(), 2);
        assert_eq!(clips[0].path, folder.path().join("a.wav"));
        assert_eq!((clips[0].emotion, clips[0].is_calm), (Emotion::Neutral, true));
        assert_eq!(clips[0].speaker_key(), "mine/1");
        assert_eq!(
            (clips[0].age, clips[0].split, clips[0].fold),
            (Some(30), Some(Split::Dev), Some(4))
        );
        assert_eq!((clips[1].emotion, clips[1].is_calm), (Emotion::Surprise, false));
        assert_eq!((clips[1].age, clips[1].split, clips[1].fold), (None, None, None));
        assert_eq!(clips[1].sex, None);
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = error_of("path,emotion,speaker\na.wav,anger,1\n");
        assert!(error.contains("no column 'corpus'"), "{error}");
    }

    #[test]
    fn a_field_that_cannot_be_understood_is_named_with_its_line() {
        const HEADER: &str = "path,emotion,speaker,corpus,age,split\n";
        for (row, told) in [
            ("a.wav,joy,1,mine,,", "line 2: emotion is 'joy'"),
            ("a.wav,anger,,mine,,", "line 2: speaker is ''"),
            ("a.wav,anger,1,mine,old,", "line 2: age is 'old'"),
            ("a.wav,anger,1,mine,,holdout", "line 2: split is 'holdout'"),
        ] {
            for text in
                [format!("{HEADER}{row}\n"), format!("{HEADER}{row}\n").replace('\n', "\r\n")]
            {
                let error = error_of(&text);
                assert!(error.contains("clips.csv") && error.contains(told), "{error}");
            }
        }
    }

    #[test]
    fn missing_clips_are_counted_and_the_first_is_named_with_its_line() {
        let error = error_of(
            "path,emotion,speaker,corpus\na.wav,anger,1,mine\nx.wav,fear,1,mine\ny.wav,fear,1,mine\n",
        );
        assert!(error.contains("line 3") && error.contains("x.wav"), "{error}");
        assert!(error.contains("(nor are 1 more)"), "{error}");
    }

    #[test]
    fn a_clip_that_is_listed_twice_is_named_with_both_lines() {
        let error =
            error_of("path,emotion,speaker,corpus\na.wav,anger,1,mine\n./a.wav,fear,1,mine\n");
        assert!(error.contains("line 3") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_manifest_without_rows_and_a_ragged_one_are_refused() {
        assert!(error_of("path,emotion,speaker,corpus\n").contains("no recording"));
        assert!(error_of("path,emotion,speaker,corpus\na.wav,anger\n").contains("line: 2"));
        assert!(error_of("").contains("no column 'path'"));
    }
}
