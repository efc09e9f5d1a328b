//! Deletes the session logs that are older than they may be, and nothing else.
//!
//! In: a folder, an age, the present moment. Out: what was deleted, and what stayed for which reason. A log
//! is what ends in `.jsonl`, is a file (no link) and begins with a header of ours; its age counts from its
//! last line or its start, whichever is later. A log that a session writes is locked and stays. Keeps nothing.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::SessionError;
use super::reader::SessionReader;

/// A hundred years: a longer time is a slip of the finger.
const MOST_HOURS: u32 = 100 * 365 * 24;

/// An age from one hour to a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    hours: u32,
}

impl Age {
    /// So many days; none if that is no age.
    #[must_use]
    pub fn of_days(days: u32) -> Option<Self> {
        Age::of(days, 24)
    }

    fn of(number: u32, hours_each: u32) -> Option<Self> {
        let hours = number.checked_mul(hours_each)?;
        (1..=MOST_HOURS).contains(&hours).then_some(Age { hours })
    }

    /// The same as a length of time.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_hours(self.hours.into())
    }
}

impl fmt::Display for Age {
    /// In days where it is whole days: `30 days`, `36 hours`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = if self.hours.is_multiple_of(24) {
            (self.hours / 24, "day")
        } else {
            (self.hours, "hour")
        };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

/// A word that is no age.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no age; give a whole number and h, d or w for hours, days or weeks, such as 30d, from 1h \
     to 100 years"
)]
pub struct UnknownAge(pub String);

impl FromStr for Age {
    type Err = UnknownAge;

    /// Reads `12h`, `30d` or `4w`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownAge(text.to_owned());
        let unit = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(unknown)?;
        let hours_each = match &text[unit..] {
            "h" => 1,
            "d" => 24,
            "w" => 7 * 24,
            _ => return Err(unknown()),
        };
        let number = text[..unit].parse().map_err(|_| unknown())?;
        Age::of(number, hours_each).ok_or_else(unknown)
    }
}

/// Whether old logs are deleted, or only looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are deleted.
    Delete,
    /// They would be.
    DryRun,
}

/// What became of the logs of a folder.
#[derive(Debug, Default)]
pub struct Purge {
    /// Old logs that were deleted, or would be; by name.
    pub deleted: Vec<PathBuf>,
    /// Old logs that a session writes now.
    pub in_use: Vec<PathBuf>,
    /// Old logs that could not be deleted, with the system's reason.
    pub failed: Vec<(PathBuf, io::Error)>,
    /// Logs that are not that old.
    pub n_younger: usize,
}

/// Deletes the logs in a folder, not in folders below it, that are older than `age` at the moment `now`. A
/// folder that is missing has none.
///
/// # Errors
/// When the folder cannot be read. A log that cannot be deleted is told in [`Purge::failed`].
pub fn purge(folder: &Path, age: Age, now: Timestamp, mode: Mode) -> io::Result<Purge> {
    let entries = match fs::read_dir(folder) {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Purge::default()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        // The type of the entry itself: a link to a log elsewhere is none.
        if entry.file_type()?.is_file() && path.extension().is_some_and(|end| end == "jsonl") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut purge = Purge::default();
    for path in paths {
        let Some(log) = Log::open(&path, now) else { continue };
        if now.duration_since(log.last) <= age.duration() {
            purge.n_younger += 1;
            continue;
        }
        match log.delete(&path, mode) {
            Ok(true) => purge.deleted.push(path),
            Ok(false) => purge.in_use.push(path),
            Err(reason) => purge.failed.push((path, reason)),
        }
    }
    Ok(purge)
}

/// What became of a log that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Gone,
    /// A session writes it: it stays.
    InUse,
}

/// Deletes one log, whatever its age. A file that is no log of ours stays, but for one that ends within its first
/// line; so does a log of a newer version.
///
/// # Errors
/// [`SessionError`] when it is no log or cannot be opened or deleted.
pub fn delete(path: &Path) -> Result<Deleted, SessionError> {
    let failed = |reason| SessionError::Delete { path: path.to_owned(), reason };
    match SessionReader::open(path) {
        Ok(_) | Err(SessionError::Empty { .. }) => {}
        Err(error) => return Err(error),
    }
    let file = File::open(path).map_err(failed)?;
    let log = Log { file, last: Timestamp::UNIX_EPOCH };
    let is_gone = log.delete(path, Mode::Delete).map_err(failed)?;
    Ok(if is_gone { Deleted::Gone } else { Deleted::InUse })
}

/// A log of ours.
struct Log {
    file: File,
    /// When it began or was written last, whichever is later.
    last: Timestamp,
}

impl Log {
    /// None if it cannot be read or is something else.
    fn open(path: &Path, now: Timestamp) -> Option<Self> {
        let file = File::open(path).ok()?;
        let reader = SessionReader::new(Box::new(BufReader::new(file.try_clone().ok()?)), path);
        let started: Option<Timestamp> = reader.ok()?.header().started.parse().ok();
        let written = Timestamp::try_from(file.metadata().ok()?.modified().ok()?).ok()?;
        // A clock that was wrong when the session began must not keep its log forever.
        let last = started.filter(|started| *started <= now).map_or(written, |s| s.max(written));
        Some(Log { file, last })
    }

    /// Whether it is gone, or would be; false if a session writes it.
    fn delete(&self, path: &Path, mode: Mode) -> io::Result<bool> {
        match self.file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(reason)) => return Err(reason),
            Ok(()) => {}
        }
        match mode {
            Mode::Delete => fs::remove_file(path).map(|()| true),
            Mode::DryRun => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::record::tests::header;
    use super::super::writer::SessionWriter;
    use super::*;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    /// A day after the files of a test are written.
    fn tomorrow() -> Timestamp {
        Timestamp::try_from(tempfile::tempfile().unwrap().metadata().unwrap().modified().unwrap())
            .unwrap()
            + SignedDuration::from_hours(24)
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect()
    }

    /// The golden log, said to be started at another moment.
    fn started(moment: Timestamp) -> String {
        GOLDEN.replacen("2026-11-22T14:30:05+01:00", &moment.to_string(), 1)
    }

    fn age(text: &str) -> Age {
        text.parse().unwrap()
    }

    #[test]
    fn ages_are_read_and_nonsense_is_refused_with_what_would_do() {
        for (text, told) in [
            ("30d", "30 days"),
            ("1d", "1 day"),
            ("24h", "1 day"),
            ("36h", "36 hours"),
            ("1h", "1 hour"),
            ("4w", "28 days"),
            ("36500d", "36500 days"),
        ] {
            assert_eq!(age(text).to_string(), told);
        }
        for text in [
            "",
            "30",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1.5d",
            "30 d",
            "30days",
            "5m",
            "1y",
            "36501d",
            "9999999999d",
            "4294967295w",
            "３d",
        ] {
            let refused = text.parse::<Age>().unwrap_err();
            assert!(refused.to_string().contains("such as 30d"), "{refused}");
        }
        assert_eq!(Age::of_days(30), Some(age("30d")));
        assert_eq!(Age::of_days(0), None);
    }

    #[test]
    fn only_old_logs_of_ours_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let now = tomorrow();
        write("old.jsonl", &started(now - SignedDuration::from_hours(900)));
        write("future-clock.jsonl", &started(now + SignedDuration::from_hours(900)));
        write("cut.jsonl", &started(now - SignedDuration::from_hours(900))[..900]);
        write("young.jsonl", &started(now - SignedDuration::from_hours(11)));
        let others = [
            ("empty.jsonl", ""),
            ("others.jsonl", "{\"record\":\"header\",\"version\":1}\n"),
            ("newer.jsonl", &GOLDEN.replacen("\"version\":1", "\"version\":99", 1)),
            ("old.csv", GOLDEN),
            ("old.jsonl.bak", GOLDEN),
            ("notes", GOLDEN),
        ];
        for (name, text) in others {
            write(name, text);
        }
        fs::create_dir(folder.path().join("folder.jsonl")).unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        write("below/old.jsonl", GOLDEN);
        #[cfg(unix)]
        std::os::unix::fs::symlink("below/old.jsonl", folder.path().join("link.jsonl")).unwrap();

        let count = || fs::read_dir(folder.path()).unwrap().count();
        let before = count();
        let expected = ["cut.jsonl", "future-clock.jsonl", "old.jsonl"];
        let looked = purge(folder.path(), age("12h"), now, Mode::DryRun).unwrap();
        assert_eq!((names(&looked.deleted), count()), (expected.to_vec(), before));
        let purged = purge(folder.path(), age("12h"), now, Mode::Delete).unwrap();
        assert_eq!((names(&purged.deleted), count()), (expected.to_vec(), before - 3));
        assert_eq!((purged.in_use.len(), purged.failed.len(), purged.n_younger), (0, 0, 1));
        assert!(others.iter().all(|(name, _)| folder.path().join(name).exists()));
        assert!(folder.path().join("below/old.jsonl").exists());
    }

    #[test]
    fn a_log_just_written_is_not_old_whatever_its_header_says() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), started(Timestamp::UNIX_EPOCH)).unwrap();
        let purged = purge(folder.path(), age("25h"), tomorrow(), Mode::Delete).unwrap();
        assert_eq!((purged.deleted.len(), purged.n_younger), (0, 1));
    }

    #[test]
    fn a_session_that_runs_keeps_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let mut old = header();
        old.started = "2020-01-01T00:00:00Z".to_owned();
        let writer = SessionWriter::create(&place, &old).unwrap();
        let now = tomorrow();
        let purged = purge(folder.path(), age("1h"), now, Mode::Delete).unwrap();
        assert_eq!((purged.deleted.len(), purged.in_use.len()), (0, 1));
        assert!(writer.path().exists());
        drop(writer);
        let purged = purge(folder.path(), age("1h"), now, Mode::Delete).unwrap();
        assert_eq!((purged.deleted.len(), purged.in_use.len()), (1, 0));
    }

    #[test]
    fn one_log_is_deleted_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.jsonl"), GOLDEN).unwrap();
        fs::write(path("empty.jsonl"), "").unwrap();
        fs::write(path("notes.jsonl"), "{}\n").unwrap();
        let writer =
            SessionWriter::create(&Place::Folder(folder.path().to_owned()), &header()).unwrap();
        assert_eq!(delete(&path("a.jsonl")).unwrap(), Deleted::Gone);
        assert_eq!(delete(&path("empty.jsonl")).unwrap(), Deleted::Gone);
        assert_eq!(delete(writer.path()).unwrap(), Deleted::InUse);
        let refused = delete(&path("notes.jsonl")).unwrap_err().to_string();
        assert!(refused.contains("is no session log"), "{refused}");
        assert!(!path("a.jsonl").exists() && path("notes.jsonl").exists());
    }

    #[test]
    fn a_folder_that_is_missing_has_no_logs() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert!(purge(&missing, age("1h"), tomorrow(), Mode::Delete).unwrap().deleted.is_empty());
    }
}
