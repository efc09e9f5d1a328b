//! A manifest of calls: a CSV with the columns `audio,labels`, one call a row, paths relative to its folder; `language`
//! where it is known, as a tag such as `en-US`.

use std::path::{Path, PathBuf};

use super::{CallError, Labels};
use crate::table::{self, Rows};
use hearing::language::Language;

/// One call of a manifest.
#[derive(Clone, Debug)]
pub struct Call {
    /// The recording as the manifest names it.
    pub name: String,
    /// The recording, as it can be opened from the working directory.
    pub audio: PathBuf,
    /// What is said when.
    pub labels: Labels,
    /// What the caller speaks, where the manifest says it.
    pub language: Option<Language>,
}

/// Reads a manifest and the labels of all its calls, in the manifest's order.
///
/// # Errors
/// [`CallError`] naming the file, the line and what is wrong with it; nothing is decoded here.
pub fn read_manifest(manifest: &Path) -> Result<Vec<Call>, CallError> {
    let mut reader = table::open(manifest, Rows::Even)
        .map_err(|source| CallError::Read { path: manifest.to_owned(), source })?;
    let not_csv = |source| CallError::Csv { path: manifest.to_owned(), source };
    let header = reader.headers().map_err(not_csv)?.clone();
    let column = |column: &'static str| {
        header.iter().position(|name| name.eq_ignore_ascii_case(column)).ok_or_else(|| {
            CallError::MissingColumn {
                path: manifest.to_owned(),
                column,
                what: "a manifest of calls",
                columns: "audio and labels",
            }
        })
    };
    let (audio, labels) = (column("audio")?, column("labels")?);
    let language = header.iter().position(|name| name.eq_ignore_ascii_case("language"));
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut calls = Vec::new();
    for record in table::rows(&mut reader) {
        let record = record.map_err(not_csv)?;
        let line = table::line_of(&record);
        let there = |index: usize| {
            let path = folder.join(&record[index]);
            if path.is_file() {
                return Ok(path);
            }
            Err(CallError::MissingFile { path: manifest.to_owned(), line, missing: path })
        };
        calls.push(Call {
            name: record[audio].to_owned(),
            audio: there(audio)?,
            labels: Labels::read(&there(labels)?)?,
            language: language.and_then(|index| record[index].parse().ok()),
        });
    }
    if calls.is_empty() {
        let what = "give one row for each call: its recording and its labels";
        return Err(CallError::Empty { path: manifest.to_owned(), what });
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(text: &str) -> Result<Vec<Call>, CallError> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.wav", "b.wav"] {
            fs::write(folder.path().join(name), b"not decoded here").unwrap();
        }
        fs::write(folder.path().join("a.csv"), "start_s,end_s,emotion\n0,2,fear\n").unwrap();
        let path = folder.path().join("calls.csv");
        fs::write(&path, text).unwrap();
        read_manifest(&path)
    }

    #[test]
    fn a_call_has_a_recording_and_labels_beside_the_manifest() {
        let calls = read("kind,labels,audio\nmixed,a.csv,a.wav\nmixed,a.csv,./b.wav\n").unwrap();
        assert_eq!(calls.len(), 2);
        assert_eq!((calls[0].name.as_str(), calls[1].name.as_str()), ("a.wav", "./b.wav"));
        assert!((calls[1].labels.end().seconds() - 2.0).abs() < 1e-9);
        assert!(calls.iter().all(|call| call.language.is_none()));
        let calls = read("audio,labels,language\na.wav,a.csv,en-US\nb.wav,a.csv,\n").unwrap();
        let codes = calls.iter().map(|call| call.language.as_ref().map(Language::code));
        assert_eq!(codes.collect::<Vec<_>>(), [Some("en"), None]);
    }

    #[test]
    fn what_is_missing_is_told_with_its_line() {
        for (text, told) in [
            ("audio\na.wav\n", "no column 'labels'"),
            ("audio,labels\n", "has no row"),
            ("audio,labels\na.wav,a.csv\nc.wav,a.csv\n", "line 3: "),
            ("audio,labels\na.wav,c.csv\n", "c.csv is not there"),
            ("audio,labels\na.wav\n", "line: 2"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("calls.csv") && error.contains(told), "{error}");
        }
    }
}
