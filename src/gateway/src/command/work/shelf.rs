//! Where a worker's logs go: first into a hidden folder of its own, then, when they are whole, under their names.
//!
//! ```text
//! LOG-DIR/.undertone-work-XXXXXX/lock      held as long as the worker lives
//! LOG-DIR/.undertone-work-XXXXXX/1/b.wav.jsonl ─► LOG-DIR/2026__b.wav.jsonl
//! ```
//!
//! In: whole logs. Out: the same under their names, each once, whoever else works here. Keeps the folder. Folders of workers
//! that were killed are removed by the next one.

use super::program::{Known, Trouble};
use fleet::job::Job;
use record::session::create_private_folder;
use record::session::earlier::{Earlier, earlier};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = ".undertone-work-";
const LOCK: &str = "lock";
const NEW: Duration = Duration::from_secs(10);

/// The folder of the logs, and the hidden one.
pub struct Shelf {
    logs: PathBuf,
    own: TempDir,
    /// Locked as long as it is open.
    _lock: File,
}

impl Shelf {
    /// Makes both, and removes what killed workers left.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn open(logs: &Path) -> Result<Self, Trouble> {
        let failed = |reason: &dyn std::fmt::Display| {
            Trouble(format!("the folder {} cannot be used: {reason}", logs.display()))
        };
        create_private_folder(logs).map_err(|error| failed(&error))?;
        let logs = logs.canonicalize().map_err(|error| failed(&error))?;
        remove_abandoned(&logs);
        let own = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&logs);
        let own = own.map_err(|error| failed(&error))?;
        let lock = File::create(own.path().join(LOCK)).map_err(|error| failed(&error))?;
        lock.lock().map_err(|error| failed(&error))?;
        Ok(Shelf { logs, own, _lock: lock })
    }

    /// An empty folder for logs that are being written.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn workplace(&self, number: usize) -> Result<PathBuf, Trouble> {
        let folder = self.own.path().join(number.to_string());
        let made = match fs::remove_dir_all(&folder) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => Err(reason),
            _ => fs::create_dir(&folder),
        };
        made.map_err(|reason| Trouble(format!("cannot make {}: {reason}", folder.display())))?;
        Ok(folder)
    }

    /// Where the job's log is in the end.
    #[must_use]
    pub fn path(&self, job: &Job) -> PathBuf {
        self.logs.join(&job.log)
    }

    /// Whether the job has its log.
    #[must_use]
    pub fn earlier(&self, job: &Job, known: &Known) -> Earlier {
        let is_same = |entry: &record::session::record::RecordingEntry| entry.sha256 == job.sha256;
        earlier(&self.path(job), &known.header, &known.heard, is_same)
    }

    /// Puts a log under its name; false if another worker was first, whose log stays.
    ///
    /// # Errors
    /// Another log of that name, as a sentence within; a disk that cannot be used.
    pub fn keep(
        &self,
        log: &Path,
        job: &Job,
        known: &Known,
    ) -> Result<Result<bool, String>, Trouble> {
        let target = self.path(job);
        let kept =
            File::open(log).and_then(|file| file.sync_all()).and_then(|()| named(log, &target));
        let kept = match kept {
            Err(reason) if reason.kind() == ErrorKind::AlreadyExists => {
                match self.earlier(job, known) {
                    Earlier::Complete => return Ok(Ok(false)),
                    Earlier::Other(reason) => return Ok(Err(other(job, &reason))),
                    Earlier::None | Earlier::Unfinished => fs::rename(log, &target),
                }
            }
            kept => kept,
        };
        let failed = |reason| Trouble(format!("{} cannot be written: {reason}", target.display()));
        kept.map_err(failed)?;
        // Not every file system can do that.
        let _ = File::open(&self.logs).and_then(|folder| folder.sync_all());
        Ok(Ok(true))
    }
}

/// Why a job has failed whose log's name is taken.
#[must_use]
pub fn other(job: &Job, reason: &str) -> String {
    format!("{} {reason}: move it away, or choose another --log-dir", job.log)
}

/// Gives a file its name, unless that is taken.
fn named(file: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(file, target) {
        Ok(()) => fs::remove_file(file),
        Err(reason) if reason.kind() == ErrorKind::AlreadyExists => Err(reason),
        // A file system without such links.
        Err(_) if target.exists() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(file, target),
    }
}

fn remove_abandoned(logs: &Path) {
    for entry in fs::read_dir(logs).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // One that is being made just now is not locked yet.
        let is_abandoned = |lock: File| {
            let age = lock.metadata().ok()?.modified().ok()?.elapsed().ok()?;
            Some(age > NEW && lock.try_lock().is_ok())
        };
        let lock = File::open(entry.path().join(LOCK)).ok();
        if lock.and_then(is_abandoned) == Some(true) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_killed_workers_go_and_those_of_others_stay() {
        let logs = tempfile::tempdir().unwrap();
        let living = Shelf::open(logs.path()).unwrap();
        let workplace = living.workplace(1).unwrap();
        let abandoned = logs.path().join(".undertone-work-gone");
        fs::create_dir(&abandoned).unwrap();
        let lock = File::create(abandoned.join(LOCK)).unwrap();
        lock.set_modified(lock.metadata().unwrap().modified().unwrap() - 2 * NEW).unwrap();
        drop(lock);
        let second = Shelf::open(logs.path()).unwrap();
        assert!(workplace.exists() && !abandoned.exists());
        drop((living, second));
        assert_eq!(fs::read_dir(logs.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_name_that_is_taken_stays_with_whoever_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "first").unwrap();
        named(&path("a"), &path("log")).unwrap();
        fs::write(path("b"), "second").unwrap();
        let taken = named(&path("b"), &path("log")).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(path("log")).unwrap(), "first");
        assert!(!path("a").exists() && path("b").exists());
    }
}
