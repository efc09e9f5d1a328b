//! A file that is either complete under its name or not there at all.
//!
//! In: bytes. Out: the file, once [`OutputFile::commit`] is called: until then they are in a temporary
//! file beside it, which vanishes if anything fails. A pipe or a device is written directly.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// What to do when there is a file of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// Leave it alone and fail.
    Refuse,
    /// Replace it; until the new one is complete the old one stays.
    Replace,
}

impl IfExists {
    /// What the flag `--force` asks for.
    #[must_use]
    pub fn from_force(force: bool) -> Self {
        if force { IfExists::Replace } else { IfExists::Refuse }
    }
}

/// Who may read the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadableBy {
    /// Its owner only: for everything that tells of a call.
    Owner,
    /// Whoever the process's umask allows: for models and pictures of models.
    Everyone,
}

/// What can go wrong with a file that is written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is a file of that name.
    #[error("{path} exists already; choose another name, or replace it with --force")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is a folder of that name.
    #[error("{path} is a folder; name a file in it")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be begun.
    #[error(
        "cannot create {path}: {reason}; check that its folder exists and that you may write there"
    )]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// No space is left, or the quota is used up.
    #[error("cannot write {path}: the disk is full; free some space or choose another disk")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written further.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
}

impl OutputError {
    /// The error for a write to `path` that the system refused.
    #[must_use]
    pub fn from_write(path: &Path, reason: io::Error) -> Self {
        let path = path.to_owned();
        match reason.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                OutputError::DiskFull { path }
            }
            _ => OutputError::Write { path, reason },
        }
    }
}

/// A file being written. Dropped without [`OutputFile::commit`], it leaves nothing behind.
///
/// Errors of its [`Write`] implementation name the file and what to do, as [`OutputError`] does.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    file: BufWriter<File>,
    /// Where the bytes are until the commit; none for a pipe or a device.
    temporary: Option<TempPath>,
    if_exists: IfExists,
}

impl OutputFile {
    /// Begins the file at `path`; nothing appears under that name yet.
    ///
    /// # Errors
    /// [`OutputError`] if the file exists and is not to be replaced, or cannot be created.
    pub fn create(
        path: &Path,
        if_exists: IfExists,
        readable_by: ReadableBy,
    ) -> Result<Self, OutputError> {
        let create_error = |reason| OutputError::Create { path: path.to_owned(), reason };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(OutputError::Folder { path: path.to_owned() }),
            // Renaming a file over a device node would replace the device.
            Ok(found) if !found.is_file() => {
                let file = File::options().write(true).open(path).map_err(create_error)?;
                let file = BufWriter::new(file);
                Ok(OutputFile { path: path.to_owned(), file, temporary: None, if_exists })
            }
            Ok(_) if if_exists == IfExists::Refuse => {
                Err(OutputError::Exists { path: path.to_owned() })
            }
            found => {
                // What a symbolic link points to is replaced, not the link.
                let path = if found.is_ok() {
                    path.canonicalize().map_err(create_error)?
                } else {
                    path.to_owned()
                };
                let temporary = temporary_beside(&path, readable_by).map_err(create_error)?;
                let (file, temporary) = temporary.into_parts();
                let file = BufWriter::new(file);
                Ok(OutputFile { path, file, temporary: Some(temporary), if_exists })
            }
        }
    }

    /// Puts the complete file under its name.
    ///
    /// # Errors
    /// [`OutputError`] if the last bytes cannot be written or the name was taken in the meantime; then
    /// nothing is left behind.
    pub fn commit(mut self) -> Result<(), OutputError> {
        let written = self.file.flush();
        written.map_err(|reason| OutputError::from_write(&self.path, reason))?;
        let Some(temporary) = self.temporary else { return Ok(()) };
        let synced = self.file.get_ref().sync_all();
        synced.map_err(|reason| OutputError::from_write(&self.path, reason))?;
        let named = match self.if_exists {
            IfExists::Refuse => temporary.persist_noclobber(&self.path),
            IfExists::Replace => temporary.persist(&self.path),
        };
        named.map_err(|failure| match failure.error.kind() {
            io::ErrorKind::AlreadyExists => OutputError::Exists { path: self.path },
            _ => OutputError::from_write(&self.path, failure.error),
        })
    }

    fn labelled(&self, reason: io::Error) -> io::Error {
        io::Error::new(reason.kind(), OutputError::from_write(&self.path, reason))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|reason| self.labelled(reason))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|reason| self.labelled(reason))
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// As [`OutputFile::create`] and [`OutputFile::commit`].
pub fn save(
    path: &Path,
    if_exists: IfExists,
    readable_by: ReadableBy,
    contents: &[u8],
) -> Result<(), OutputError> {
    let mut output = OutputFile::create(path, if_exists, readable_by)?;
    let written = output.file.write_all(contents);
    written.map_err(|reason| OutputError::from_write(&output.path, reason))?;
    output.commit()
}

fn temporary_beside(path: &Path, readable_by: ReadableBy) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".undertone-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match readable_by {
            ReadableBy::Owner => 0o600,
            ReadableBy::Everyone => 0o666,
        };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = readable_by;
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut output = OutputFile::create(&path, IfExists::Refuse, ReadableBy::Owner).unwrap();
        output.write_all(b"a,b\n").unwrap();
        assert!(!path.exists());
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a,b\n");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_file_given_up_leaves_nothing_behind_and_the_old_one_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut output = OutputFile::create(&path, IfExists::Replace, ReadableBy::Owner).unwrap();
        output.write_all(b"half of the new").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn an_existing_file_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        save(&path, IfExists::Refuse, ReadableBy::Owner, b"one").unwrap();
        let refused = save(&path, IfExists::Refuse, ReadableBy::Owner, b"two").unwrap_err();
        assert!(refused.to_string().ends_with("replace it with --force"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        save(&path, IfExists::Replace, ReadableBy::Owner, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_name_taken_in_the_meantime_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let output = OutputFile::create(&path, IfExists::Refuse, ReadableBy::Owner).unwrap();
        fs::write(&path, "somebody else's").unwrap();
        assert!(matches!(output.commit(), Err(OutputError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"somebody else's");
    }

    #[test]
    fn a_folder_and_a_missing_folder_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let create = |path: &Path| OutputFile::create(path, IfExists::Replace, ReadableBy::Owner);
        assert!(matches!(create(folder.path()), Err(OutputError::Folder { .. })));
        let missing = create(&folder.path().join("missing/out.csv")).unwrap_err();
        assert!(missing.to_string().contains("check that its folder exists"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        save(&path, IfExists::Refuse, ReadableBy::Owner, b"").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_when_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        save(&link, IfExists::Replace, ReadableBy::Owner, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_with_the_file() {
        let full = Path::new("/dev/full");
        let failure = save(full, IfExists::Refuse, ReadableBy::Owner, b"x").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "cannot write /dev/full: the disk is full; free some space or choose another disk"
        );
        let mut output = OutputFile::create(full, IfExists::Refuse, ReadableBy::Owner).unwrap();
        let failure = output.write_all(b"x").and_then(|()| output.flush()).unwrap_err();
        assert_eq!(failure.kind(), io::ErrorKind::StorageFull);
        assert!(failure.to_string().starts_with("cannot write /dev/full: the disk is full"));
    }
}
