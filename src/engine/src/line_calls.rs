//! What the switchboard keeps of a line.
//!
//! In: who is heard there. Out: the same, and which call is on it. Keeps how far it was heard.

use super::auto_call::AutoCall;
use hearing::stream_time::StreamTime;
use record::session::record::CallerEntry;

/// A line, and the call on it.
pub(super) struct LineCalls {
    pub(super) entry: CallerEntry,
    /// Who takes calls on this line alone, in words.
    pub(super) operator: Option<String>,
    pub(super) auto: Option<AutoCall>,
    /// How far it was heard.
    pub(super) now: StreamTime,
    /// The call on it, among all.
    pub(super) call: Option<usize>,
}

impl LineCalls {
    /// A line at its beginning, without a call.
    pub(super) fn new(entry: CallerEntry, operator: Option<String>) -> Self {
        LineCalls { entry, operator, auto: None, now: StreamTime::ZERO, call: None }
    }
}
