//! Which recordings an archive has, and what their logs are called.
//!
//! In: files and folders. Out: an [`Item`] a recording, and what is none. Keeps nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::folder::Folder;

/// A recorded call of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The recording.
    pub(super) path: PathBuf,
    /// The file name of its log.
    pub(super) log_name: String,
    /// The recording's length in bytes; 0 if it is not there.
    pub(super) bytes: u64,
}

/// What an archive has.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// Its recordings, in order.
    pub(super) items: Vec<Item>,
    /// What was found in its folders and is no recording, and why.
    pub(super) left_out: Vec<(PathBuf, String)>,
}

/// The recordings that were named, and those in the folders that were named and below them, in order. Every file is
/// looked into; what is in the folder of the logs is not.
///
/// # Errors
/// A folder that cannot be read or holds none; two recordings whose logs would have one name.
pub(super) fn archive(named: &[PathBuf], logs: &Path) -> anyhow::Result<Archive> {
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
                bail!("{} holds no recording{seen}", named.display());
            }
            archive.left_out.extend(found.left_out);
            archive.items.extend(found.recordings.into_iter().map(|path| {
                let below = path.strip_prefix(named).unwrap_or(&path).to_owned();
                item(path, &below)
            }));
        } else {
            let name = named.file_name().context("name recordings or folders")?.to_owned();
            archive.items.push(item(named.clone(), Path::new(&name)));
        }
    }
    let mut by_name: BTreeMap<&str, &Path> = BTreeMap::new();
    for item in &archive.items {
        if let Some(other) = by_name.insert(&item.log_name, &item.path) {
            bail!(
                "{} and {} would have the same log, {}; replay them one after the other, with another --log-dir",
                other.display(),
                item.path.display(),
                item.log_name
            );
        }
    }
    Ok(archive)
}

fn item(path: PathBuf, below: &Path) -> Item {
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
