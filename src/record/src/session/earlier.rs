//! Whether a recording has its log from an earlier run.
//!
//! In: the log, the recording, and the header that a new log would have. Out: an [`Earlier`]. Keeps nothing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::record::{EndReason, Header, RecordingEntry};
use super::{SessionError, SessionReader, end_of};

/// What is there of an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing.
    None,
    /// The log, to its end.
    Complete,
    /// A log of this recording that was not finished.
    Unfinished,
    /// Something else, which is not to be lost: a clause about the file.
    Other(String),
}

/// Looks at the log that a recording would have; `is_same` says whether the log is of it.
pub fn earlier(
    log: &Path,
    wanted: &Header,
    heard: &str,
    is_same: impl FnOnce(&RecordingEntry) -> bool,
) -> Earlier {
    if !log.exists() {
        return Earlier::None;
    }
    let header = match SessionReader::open(log) {
        Ok(reader) => reader.header().clone(),
        Err(SessionError::Empty { .. }) => return Earlier::Unfinished,
        Err(error) => return Earlier::Other(format!("cannot be read ({error})")),
    };
    let Some(entry) = &header.recording else {
        return Earlier::Other("is of a session of its own".to_owned());
    };
    if entry.heard != heard {
        return Earlier::Other(format!("is of other channels ({})", entry.heard));
    }
    if header.model.sha256 != wanted.model.sha256 {
        return Earlier::Other(format!("was made with another model ({})", header.model.name));
    }
    if header.settings != wanted.settings || header.alerts != wanted.alerts {
        return Earlier::Other("was made with other settings".to_owned());
    }
    if !is_same(entry) {
        return Earlier::Other("is of another recording of that name".to_owned());
    }
    match end_of(log) {
        Ok(Some(end)) if end.reason == EndReason::Finished => Earlier::Complete,
        _ => Earlier::Unfinished,
    }
}

/// Whether this file is the one of which the log is: not changed since, or with the same content. One that cannot
/// be read is; what is wrong with it is told when it is replayed.
#[must_use]
pub fn is_same(entry: &RecordingEntry, recording: &Path) -> bool {
    let Ok(found) = fs::metadata(recording) else { return true };
    found.len() == entry.bytes
        && (modified(&found) == entry.modified
            || sha256_of(recording).map_or(true, |sha256| sha256 == entry.sha256))
}

/// What the header says of a recording's file.
///
/// # Errors
/// A file that cannot be read.
pub fn entry_of(recording: &Path, heard: &str) -> io::Result<RecordingEntry> {
    let found = fs::metadata(recording)?;
    Ok(RecordingEntry {
        bytes: found.len(),
        modified: modified(&found),
        sha256: sha256_of(recording)?,
        heard: heard.to_owned(),
    })
}

/// Empty where the system does not tell.
fn modified(found: &fs::Metadata) -> String {
    let moment = found.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
    moment.map_or_else(String::new, |moment| moment.to_string())
}

/// SHA-256 of a file's content, in hexadecimal.
///
/// # Errors
/// A file that cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let len = file.read(&mut block)?;
        if len == 0 {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(&block[..len]);
    }
}
