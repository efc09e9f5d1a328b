//! What a folder of recordings holds, by looking into each file.
//!
//! In: a folder. Out: a [`Folder`]. Keeps nothing. Links that lead out of the folder are not followed: what lies
//! elsewhere was not named.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ArchiveError, is_recording};
use crate::AudioError;
use crate::recording::{Channel, Pace, RawCoding, Recording};

/// Why a file was left out.
type Reason = &'static str;

const NO_RECORDING: Reason = "is no recording";
const LEADS_OUT: Reason = "is a link that leads out of the folder";
const NO_FILE: Reason = "is neither a file nor a folder";

/// What a folder holds, and the folders below it.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// What is named as a recording, or is one.
    pub(super) recordings: Vec<PathBuf>,
    /// What is none, and why.
    pub(super) left_out: Vec<(PathBuf, String)>,
}

impl Folder {
    /// Looks into everything below a folder but for the folder of the logs.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(super) fn read(folder: &Path, logs: &Path) -> Result<Folder, ArchiveError> {
        let unreadable =
            |path: &Path, source| ArchiveError::Folder { path: path.to_owned(), source };
        let real = |path: &Path| path.canonicalize().map_err(|source| unreadable(path, source));
        let root = real(folder)?;
        let logs = logs.canonicalize().ok();
        let mut found = Folder::default();
        let mut waiting = vec![folder.to_owned()];
        // A link may lead back up.
        let mut visited = HashSet::new();
        while let Some(next) = waiting.pop() {
            let here = real(&next)?;
            let is_logs = logs.as_ref() == Some(&here);
            if is_logs && here != root || !visited.insert(here) {
                continue;
            }
            let entries = fs::read_dir(&next).map_err(|source| unreadable(&next, source))?;
            for entry in entries {
                let path = entry.map_err(|source| unreadable(&next, source))?.path();
                if leads_out(&path, &root) {
                    found.left_out.push((path, LEADS_OUT.to_owned()));
                } else if path.is_dir() {
                    waiting.push(path);
                } else if !(is_logs && path.extension().is_some_and(|ending| ending == "jsonl")) {
                    found.take(path);
                }
            }
        }
        Ok(found)
    }

    /// A file: what is named as a recording is one, even if it cannot be used; of the rest the content decides.
    fn take(&mut self, path: PathBuf) {
        // A pipe would be waited for.
        if path.exists() && !path.is_file() {
            return self.left_out.push((path, NO_FILE.to_owned()));
        }
        if is_recording(&path) || RawCoding::of_name(&path).is_some() {
            return self.recordings.push(path);
        }
        match Recording::open(&path, Channel::Mix, Pace::AsRead) {
            Ok(_) => self.recordings.push(path),
            Err(AudioError::NotAudio { .. } | AudioError::EmptyFile { .. }) => {
                self.left_out.push((path, NO_RECORDING.to_owned()));
            }
            Err(error) => self.left_out.push((path, error.to_string())),
        }
    }
}

/// Whether this is a link to something outside of the folder. One that leads nowhere is told when it is read.
fn leads_out(path: &Path, root: &Path) -> bool {
    path.is_symlink() && path.canonicalize().is_ok_and(|real| !real.starts_with(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(folder: &Path, paths: &[PathBuf]) -> Vec<String> {
        let mut names: Vec<String> = paths
            .iter()
            .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    #[test]
    fn content_decides_and_links_that_lead_out_are_not_followed() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        let all = tempfile::tempdir().unwrap();
        let folder = all.path();
        let file = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        let mut sound = b".snd\0\0\0\x18\0\0\0\x04\0\0\0\x01\0\0\x1f\x40\0\0\0\x01".to_vec();
        sound.extend([0xff; 4]);
        fs::create_dir_all(folder.join("sub/logs")).unwrap();
        file("named.wav", b"no sound");
        file("sound.part", &sound);
        file("sub/again", &sound);
        file("sub/logs/left.wav", b"in the folder of the logs");
        file("notes.txt", b"call them back");
        file("nothing", b"");
        file("call.amr", b"#!AMR\n");
        fs::write(outside.path().join("other.wav"), &sound).unwrap();
        symlink(outside.path().join("other.wav"), folder.join("out.wav")).unwrap();
        symlink(outside.path(), folder.join("out")).unwrap();
        symlink(folder.join("sound.part"), folder.join("within")).unwrap();
        symlink(folder, folder.join("sub/up")).unwrap();
        let found = Folder::read(folder, &folder.join("sub/logs")).unwrap();
        let recordings = ["named.wav", "sound.part", "sub/again", "within"];
        assert_eq!(named(folder, &found.recordings), recordings);
        let left_out: Vec<PathBuf> = found.left_out.iter().map(|(path, _)| path.clone()).collect();
        let expected = ["call.amr", "notes.txt", "nothing", "out", "out.wav"];
        assert_eq!(named(folder, &left_out), expected);
        let reason = |name: &str| {
            let found = found.left_out.iter().find(|(path, _)| path.ends_with(name));
            found.unwrap().1.clone()
        };
        assert_eq!((reason("out"), reason("notes.txt")), (LEADS_OUT.into(), NO_RECORDING.into()));
        assert!(reason("call.amr").contains("AMR-NB"), "{}", reason("call.amr"));
    }
}
