//! Where a session log goes: a file of its own, which only its owner can read and no other session writes.
//!
//! In: a folder or a name, and the header that tells what to call the log. Out: the open file, locked for as
//! long as it is open, so that [`retention`](super::retention) leaves it alone. Keeps nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::SessionError;
use super::record::Header;
use crate::output_file::{IfExists, OutputError};

/// So many sessions may begin in one second with one label; more means that something loops.
const MAX_SAME_NAME: u32 = 1000;

/// Characters of a caller's label in a file name: a name has at most 255 bytes.
const MAX_LABEL_IN_NAME: usize = 40;

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new file in this folder, named by start and label; the folder is made if it is missing.
    Folder(PathBuf),
    /// This file.
    File(PathBuf, IfExists),
}

impl Place {
    /// The log's file, empty and locked, and its path.
    ///
    /// # Errors
    /// [`SessionError`] if the folder or file cannot be made, exists already, or is another session's.
    pub(super) fn create(&self, header: &Header) -> Result<(File, PathBuf), SessionError> {
        match self {
            Place::Folder(folder) => create_in(folder, header),
            Place::File(path, if_exists) => Ok((open(path, *if_exists)?, path.clone())),
        }
    }
}

/// A new file with the first free name in the folder.
fn create_in(folder: &Path, header: &Header) -> Result<(File, PathBuf), SessionError> {
    create_private_folder(folder)
        .map_err(|reason| SessionError::Folder { path: folder.to_owned(), reason })?;
    let stem = file_stem(header);
    let mut number = 1;
    loop {
        let name =
            if number == 1 { format!("{stem}.jsonl") } else { format!("{stem}-{number}.jsonl") };
        let path = folder.join(name);
        match open(&path, IfExists::Refuse) {
            Err(SessionError::Output(OutputError::Exists { .. })) if number < MAX_SAME_NAME => {
                number += 1;
            }
            opened => return opened.map(|file| (file, path)),
        }
    }
}

/// The log's file, empty and locked. A pipe or a device is opened as it is.
fn open(path: &Path, if_exists: IfExists) -> Result<File, SessionError> {
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    let mut options = OpenOptions::new();
    options.write(true);
    if !special {
        match if_exists {
            IfExists::Refuse => options.create_new(true),
            // Emptied when it is known that no other session writes it.
            IfExists::Replace => options.create(true).truncate(false),
        };
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Windows lets nobody delete a file that is open like this: for reading (1) and writing (2).
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 1 | 2);
    let file = options.open(path).map_err(|reason| create_error(path, reason))?;
    if !special {
        lock(&file, path)?;
        file.set_len(0).map_err(|reason| create_error(path, reason))?;
        // A replaced file keeps the permissions that it had.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = file.set_permissions(fs::Permissions::from_mode(0o600));
            private.map_err(|reason| create_error(path, reason))?;
        }
    }
    Ok(file)
}

/// Locks the log for as long as it is open, so that [`retention`](super::retention) leaves it alone. Where the
/// file system knows no locks, it goes without.
fn lock(file: &File, path: &Path) -> Result<(), SessionError> {
    // On Windows a lock keeps readers away, too; deleting is refused there as it is.
    if cfg!(unix) && matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(SessionError::InUse { path: path.to_owned() });
    }
    Ok(())
}

fn create_error(path: &Path, reason: io::Error) -> SessionError {
    let path = path.to_owned();
    SessionError::Output(match reason.kind() {
        io::ErrorKind::AlreadyExists => OutputError::Exists { path },
        io::ErrorKind::IsADirectory => OutputError::Folder { path },
        _ => OutputError::Create { path, reason },
    })
}

/// Makes a folder that only its owner can look into, and those above it; nothing happens to one that is there.
///
/// # Errors
/// The system's reason.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// `2026-11-22T14-30-05-desk`: local start, and the label of the only caller or the number of callers.
fn file_stem(header: &Header) -> String {
    let start: String = header.started.chars().take("2026-11-22T14-30-05".len()).collect();
    let label = match header.callers.as_slice() {
        [caller] => caller.label.clone(),
        callers => format!("{} callers", callers.len()),
    };
    let words: Vec<String> = label
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let label: String = words.join("-").chars().take(MAX_LABEL_IN_NAME).collect();
    let start = start.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    if label.is_empty() { format!("{start}-call") } else { format!("{start}-{label}") }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::{header, header_of};
    use super::*;

    fn name(path: &Path) -> &str {
        path.file_name().unwrap().to_str().unwrap()
    }

    #[test]
    fn a_name_tells_start_and_label_and_is_never_used_twice() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().join("new/folder"));
        let (_, first) = place.create(&header()).unwrap();
        let (_, second) = place.create(&header()).unwrap();
        assert_eq!(name(&first), "2026-11-22T14-30-05-desk.jsonl");
        assert_eq!(name(&second), "2026-11-22T14-30-05-desk-2.jsonl");
    }

    #[test]
    fn a_label_can_neither_leave_the_folder_nor_make_the_name_too_long() {
        let name_for = |label: &str| file_stem(&header_of(&[label]));
        assert_eq!(name_for("../../etc/Line 3"), "2026-11-22T14-30-05-etc-line-3");
        assert_eq!(name_for("\u{1b}[31m\n"), "2026-11-22T14-30-05-31m");
        assert_eq!(name_for(" /. "), "2026-11-22T14-30-05-call");
        assert!(name_for(&"机".repeat(10_000)).len() < 200);
        assert_eq!(file_stem(&header_of(&["a", "b"])), "2026-11-22T14-30-05-2-callers");
    }

    #[test]
    fn a_named_log_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.jsonl");
        fs::write(&path, "old\n".repeat(1000)).unwrap();
        let create = |path: &Path, if_exists| {
            Place::File(path.to_owned(), if_exists).create(&header()).map(drop)
        };
        let refused = create(&path, IfExists::Refuse).unwrap_err();
        assert!(refused.to_string().contains("exists already"), "{refused}");
        create(&path, IfExists::Replace).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        let refused = create(folder.path(), IfExists::Replace);
        assert!(refused.is_err());
    }

    #[cfg(unix)]
    #[test]
    fn log_and_folder_belong_to_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let (_, path) = Place::Folder(logs.clone()).create(&header()).unwrap();
        assert_eq!((mode(&logs), mode(&path)), (0o700, 0o600));

        let open_to_all = folder.path().join("old.jsonl");
        fs::write(&open_to_all, "").unwrap();
        fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o644)).unwrap();
        let place = Place::File(open_to_all.clone(), IfExists::Replace);
        place.create(&header()).unwrap();
        assert_eq!(mode(&open_to_all), 0o600);
    }
}
