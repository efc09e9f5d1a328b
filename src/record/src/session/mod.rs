//! The session log: one run's facts as versioned JSON Lines, one record a line, flushed as written.
//!
//! In: a [`Header`] and the pipeline's updates ([`SessionWriter`]). Out: the records of a log, one after
//! the other ([`SessionReader`]), what a list needs to know of it ([`Overview`]), or all that it comes to
//! ([`Digest`]). Old logs go by [`retention`]. There is no audio in a log, and nothing between its header and its
//! end depends on the wall clock: the same audio gives the same lines, but for their checksums.
//!
//! The checksums chain the lines: each ends with `,"chain":"` and the first 16 hexadecimal digits of the SHA-256
//! over the checksum of the line before (nothing for the first) and this line's bytes before `,"chain":"`.
//! [`verify`] finds the line that does not follow from the one before. Any program can, such as this one in Python,
//! which a test runs:
//!
//! ```python
#![doc = include_str!("verify.py")]
//! ```

mod chain;
pub mod digest;
pub mod earlier;
pub mod overview;
mod place;
pub mod reader;
pub mod record;
pub mod retention;
pub mod verify;
pub mod writer;

use std::io;
use std::path::PathBuf;

pub use digest::Digest;
pub use overview::Overview;
pub use place::{Place, create_private_folder};
pub use reader::{SessionReader, end_of};
pub use record::{Header, Record, SESSION_VERSION};
pub use writer::SessionWriter;

use crate::output_file::OutputError;

/// What can go wrong with a session log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The folder for the logs cannot be made.
    #[error("cannot create the folder {path}: {reason}; choose another folder for the logs")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The log cannot be begun or continued.
    #[error("session log: {0}")]
    Output(OutputError),
    /// Another session writes this log.
    #[error("{path} is being written by another session; choose another name")]
    InUse {
        /// The log.
        path: PathBuf,
    },
    /// The log cannot be opened.
    #[error("cannot open {path}: {reason}; check the path and that you may read the file")]
    Open {
        /// The log.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The log cannot be deleted.
    #[error("cannot delete {path}: {reason}")]
    Delete {
        /// The log.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The log cannot be read further.
    #[error("cannot read {path} after line {line}: {reason}")]
    Read {
        /// The log.
        path: PathBuf,
        /// Complete lines read before.
        line: u64,
        /// The system's reason.
        reason: io::Error,
    },
    /// The log ends within its first line.
    #[error(
        "{path} is empty: the session ended before its first line was written; delete the file"
    )]
    Empty {
        /// The log.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "{path} is no session log of Undertone: {reason}; name a .jsonl file from the folder of logs"
    )]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What is wrong with its first line.
        reason: String,
    },
    /// The log has a version that this program does not know.
    #[error(
        "{path} was written by a newer Undertone (log version {version}, this program reads \
         {SESSION_VERSION}): update Undertone"
    )]
    Newer {
        /// The log.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// A line is damaged.
    #[error("{path}, line {line}: {reason}; the log is damaged here")]
    Corrupt {
        /// The log.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}
