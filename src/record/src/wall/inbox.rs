//! What a wall has to say to the program that writes a log: that an alert was seen.
//!
//! A file each, without content, in a folder beside the logs: `.fleet/seen/NAME.CALLER.AT`, with the log's name without its
//! ending, the caller's position and the alert's time in samples. One program leaves them, the one that writes the log takes
//! them: so the latter needs no network. In: such notes. Out: the same. Keeps the folder's path.

use crate::session::create_private_folder;
use hearing::stream_time::StreamTime;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What belongs to walls stands in this folder beside the logs.
pub const FLEET_FOLDER: &str = ".fleet";

/// Notes that nobody took for so long are for a call that is over.
const STALE: Duration = Duration::from_hours(1);

/// The folder of notes.
#[derive(Clone, Debug)]
pub struct Inbox {
    folder: PathBuf,
}

/// A note: an alert was seen on a wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Position in the log's list of callers.
    pub caller: usize,
    /// When the alert was, in the call's time.
    pub at: StreamTime,
}

impl Inbox {
    /// The notes for logs of this folder. Nothing is made.
    #[must_use]
    pub fn beside(logs: &Path) -> Self {
        Inbox { folder: logs.join(FLEET_FOLDER).join("seen") }
    }

    /// Leaves a note for whoever writes this log.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn leave(&self, log: &Path, seen: &Seen) -> io::Result<()> {
        create_private_folder(&self.folder)?;
        File::create(self.folder.join(name(log, seen))).map(drop)
    }

    /// Takes the notes for the logs of `is_own`; those of others stay. Where there is no folder there are none.
    pub fn take(&self, is_own: impl Fn(&str) -> bool) -> Vec<(String, Seen)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut taken = Vec::new();
        for entry in entries.flatten() {
            let Some((stem, seen)) = parse(&entry.file_name()) else { continue };
            // Who cannot remove a note would take it again and again.
            if is_own(&stem) && fs::remove_file(entry.path()).is_ok() {
                taken.push((stem, seen));
            }
        }
        taken
    }

    /// Removes notes that nobody took.
    pub fn clear_stale(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            let modified = entry.metadata().and_then(|found| found.modified());
            if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The name of a log without its ending.
#[must_use]
pub fn stem(log: &Path) -> String {
    log.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn name(log: &Path, seen: &Seen) -> String {
    format!("{}.{}.{}", stem(log), seen.caller, seen.at.0)
}

fn parse(name: &OsStr) -> Option<(String, Seen)> {
    let mut parts = name.to_str()?.rsplitn(3, '.');
    let at = StreamTime(parts.next()?.parse().ok()?);
    let caller = parts.next()?.parse().ok()?;
    Some((parts.next()?.to_owned(), Seen { caller, at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(caller: usize, at: u64) -> Seen {
        Seen { caller, at: StreamTime(at) }
    }

    #[test]
    fn a_note_is_taken_once_and_by_whom_it_is_for() {
        let logs = tempfile::tempdir().unwrap();
        let inbox = Inbox::beside(logs.path());
        assert_eq!(inbox.take(|_| true), []);
        let (own, other) = (logs.path().join("2026.a.jsonl"), logs.path().join("b.jsonl"));
        inbox.leave(&own, &seen(1, 16_000)).unwrap();
        inbox.leave(&own, &seen(1, 16_000)).unwrap();
        inbox.leave(&other, &seen(0, 8_000)).unwrap();
        assert_eq!(inbox.take(|stem| stem == "2026.a"), [("2026.a".into(), seen(1, 16_000))]);
        assert_eq!(inbox.take(|stem| stem == "2026.a"), []);
        assert_eq!(inbox.take(|_| true), [("b".into(), seen(0, 8_000))]);
    }

    #[test]
    fn what_is_no_note_is_left_alone() {
        let logs = tempfile::tempdir().unwrap();
        let inbox = Inbox::beside(logs.path());
        inbox.leave(&logs.path().join("a.jsonl"), &seen(0, 1)).unwrap();
        let folder = logs.path().join(FLEET_FOLDER).join("seen");
        for name in ["a", "a.0", "a.0.x", "a.-1.0"] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(inbox.take(|_| true).len(), 1);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
        inbox.clear_stale();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 4, "they are new");
    }
}
