//! Which recordings an archive has, and what their logs are called.
//!
//! In: files and folders. Out: an [`Item`] a recording, and what is none. Keeps nothing.

mod folder;

use folder::Folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Extensions of files that are taken for recordings, in lower case.
const EXTENSIONS: [&str; 10] =
    ["wav", "ogg", "flac", "mp3", "aif", "aiff", "opus", "m4a", "au", "webm"];

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A folder that cannot be read.
    #[error("cannot read the folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder without a recording.
    #[error("{path} holds no recording{seen}")]
    NoRecording {
        /// The folder.
        path: PathBuf,
        /// What it holds instead, or nothing.
        seen: String,
    },
    /// Something that has no name.
    #[error("name recordings or folders")]
    NoName,
    /// Two recordings whose logs would have one name.
    #[error(
        "{one} and {other} would have the same log, {log_name}; replay them one after the other, with another --log-dir"
    )]
    Alike {
        /// One of them.
        one: PathBuf,
        /// The other.
        other: PathBuf,
        /// The log of both.
        log_name: String,
    },
}

/// A recorded call of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The recording.
    pub path: PathBuf,
    /// The file name of its log.
    pub log_name: String,
    /// The recording's length in bytes; 0 if it is not there.
    pub bytes: u64,
}

/// What an archive has.
#[derive(Debug, Default)]
pub struct Archive {
    /// Its recordings, in order.
    pub items: Vec<Item>,
    /// What was found in its folders and is no recording, and why.
    pub left_out: Vec<(PathBuf, String)>,
}

/// The recordings that were named, and those in the folders that were named and below them, in order. Every file is
/// looked into; what is in the folder of the logs is not.
///
/// # Errors
/// A folder that cannot be read or holds none; two recordings whose logs would have one name.
pub fn archive(named: &[PathBuf], logs: &Path) -> Result<Archive, ArchiveError> {
    let mut archive = Archive::default();
    for named in named {
        if named.is_dir() {
            let mut found = Folder::read(named, logs)?;
            found.recordings.sort();
            found.left_out.sort();
            if found.recordings.is_empty() {
                let seen = found.left_out.iter().take(3);
                let seen: Vec<String> =
                    seen.map(|(path, why)| format!("{}: {why}", path.display())).collect();
                let seen =
                    if seen.is_empty() { String::new() } else { format!(" ({})", seen.join("; ")) };
                return Err(ArchiveError::NoRecording { path: named.clone(), seen });
            }
            archive.left_out.extend(found.left_out);
            archive.items.extend(found.recordings.into_iter().map(|path| {
                let below = path.strip_prefix(named).unwrap_or(&path).to_owned();
                item(path, &below)
            }));
        } else {
            let name = named.file_name().ok_or(ArchiveError::NoName)?.to_owned();
            archive.items.push(item(named.clone(), Path::new(&name)));
        }
    }
    check_names(&archive.items)?;
    Ok(archive)
}

/// Each has a log of its own.
///
/// # Errors
/// Two recordings whose logs would have one name.
pub fn check_names(items: &[Item]) -> Result<(), ArchiveError> {
    let mut by_name: BTreeMap<&str, &Path> = BTreeMap::new();
    for item in items {
        if let Some(other) = by_name.insert(&item.log_name, &item.path) {
            let (one, other) = (other.to_owned(), item.path.clone());
            return Err(ArchiveError::Alike { one, other, log_name: item.log_name.clone() });
        }
    }
    Ok(())
}

/// Whether a file is named as a recording.
#[must_use]
pub fn is_recording(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !hidden
        && extension
            .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}

/// A recording whose log is named by its place below the archive.
#[must_use]
pub fn item(path: PathBuf, below: &Path) -> Item {
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    let bytes = fs::metadata(&path).map_or(0, |found| found.len());
    Item { path, log_name: names.join("__") + ".jsonl", bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_named_by_their_recordings_and_never_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("archive/2026")).unwrap();
        for name in [
            "archive/b.wav",
            "archive/2026/b.wav",
            "archive/2026/b.flac",
            "archive/notes.txt",
            "c.wav",
        ] {
            fs::write(path(name), "12345").unwrap();
        }
        let logs = path("logs");
        let items = |named: &[PathBuf]| archive(named, &logs);
        let found = items(&[path("archive"), path("c.wav"), path("gone.wav")]).unwrap();
        let left_out = [(path("archive/notes.txt"), "is no recording".to_owned())];
        assert_eq!(found.left_out, left_out);
        let names: Vec<(&str, u64)> =
            found.items.iter().map(|i| (i.log_name.as_str(), i.bytes)).collect();
        let expected = [
            ("2026__b.flac.jsonl", 5),
            ("2026__b.wav.jsonl", 5),
            ("b.wav.jsonl", 5),
            ("c.wav.jsonl", 5),
            ("gone.wav.jsonl", 0),
        ];
        assert_eq!(names, expected);
        let alike = items(&[path("archive"), path("archive/b.wav")]).unwrap_err().to_string();
        assert!(alike.contains("would have the same log, b.wav.jsonl"), "{alike}");
        fs::create_dir(path("empty")).unwrap();
        assert!(items(&[path("empty")]).unwrap_err().to_string().contains("holds no recording"));
    }
}
