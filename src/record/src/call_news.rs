//! What becomes of a call and of its log: said by the engine, shown by the screen.
//!
//! Plain facts without behaviour; nothing is kept.

use hearing::stream_time::StreamTime;
use std::path::PathBuf;

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallNews {
    /// A new call: the line's history begins anew.
    Begun {
        /// Its label; it may hold anything.
        label: String,
        /// Its log, if one is written.
        log: Option<PathBuf>,
        /// Whether nothing is read until the operator confirms that the caller was told.
        awaits_notice: bool,
    },
    /// It has another label.
    Renamed(String),
    /// The caller was told what has to be told.
    NoticeConfirmed,
    /// The alert of this time of the call was seen, and its log has that.
    Acknowledged(StreamTime),
    /// It is over. Its history stays on the screen until the next one begins.
    Ended,
}

/// A log that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStopped {
    /// Where the first record belongs that is missing.
    pub since: StreamTime,
    /// Whether it is for want of space.
    pub disk_full: bool,
}
