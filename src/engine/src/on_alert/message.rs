//! What a program is told of an alert.

use hearing::fact::decimals::four_decimals;
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;
use record::plain_text::{escaped_json, plain_line};
use std::path::PathBuf;

/// Raised when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// Characters of a label: a screen's line.
const MAX_LABEL: usize = 200;

/// A program failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFailure {
    /// The line on which the alert was.
    pub line: usize,
    /// The log of its call, where one is kept.
    pub session: Option<PathBuf>,
    /// The caller's position there.
    pub caller: usize,
    /// When the alert was.
    pub at: StreamTime,
    /// What happened.
    pub reason: String,
}

/// An alert with what a program needs to know of its call; nothing of the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertMessage {
    /// The line on which it was; not told to the program.
    pub line: usize,
    /// The session log, where one is kept.
    pub session: Option<PathBuf>,
    /// When the session began, as in its log: RFC 3339.
    pub started: String,
    /// The caller's position in the log's header.
    pub caller: usize,
    /// The caller's label, as it was typed.
    pub label: String,
    /// The alert.
    pub alert: Alert,
}

impl AlertMessage {
    /// One JSON object on a line: `version` (1), `session` (path or null), `started`, `caller`, `label`, `t` and
    /// `from` (seconds since then), `rule`, `emotion` (or null), `reason`, `guidance` (or null). The label is cut
    /// to 200 characters and made plain.
    pub(super) fn json(&self) -> String {
        let Alert { at, from, rule, emotion, reason, guidance } = &self.alert;
        let object = serde_json::json!({
            "version": VERSION,
            "session": self.session.as_ref().map(|path| path.display().to_string()),
            "started": self.started,
            "caller": self.caller,
            "label": plain_line(&self.label, MAX_LABEL),
            "t": four_decimals(at.seconds()),
            "from": four_decimals(from.seconds()),
            "rule": rule,
            "emotion": emotion,
            "reason": reason,
            "guidance": guidance,
        });
        escaped_json(&object.to_string()) + "\n"
    }

    /// What is to be logged and told when the program failed.
    pub(super) fn failed(&self, reason: String) -> AlertFailure {
        AlertFailure {
            line: self.line,
            session: self.session.clone(),
            caller: self.caller,
            at: self.alert.at,
            reason,
        }
    }
}
