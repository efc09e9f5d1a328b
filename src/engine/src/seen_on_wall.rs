//! Alerts that were seen on a wall: notes in the folder of the logs, looked for twice a second.
//!
//! In: the folder and the clock. Out: which alerts of the calls under way. Keeps when to look next.

use super::call::Call;
use hearing::stream_time::StreamTime;
use record::wall::inbox::{self, Inbox, Seen};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The notes.
pub(super) struct SeenOnWall {
    inbox: Inbox,
    next: Instant,
}

impl SeenOnWall {
    /// Notes for logs of this folder.
    pub(super) fn beside(logs: &Path) -> Self {
        SeenOnWall { inbox: Inbox::beside(logs), next: Instant::now() }
    }

    /// Which alerts of these calls were seen, by line and time of the call, where it is time to look.
    pub(super) fn take(&mut self, calls: &[Call]) -> Vec<(usize, StreamTime)> {
        let now = Instant::now();
        if now < self.next {
            return Vec::new();
        }
        self.next = now + LOOK_EVERY;
        let of = |name: &str| {
            let is_it = |log: PathBuf| inbox::stem(&log) == name;
            calls.iter().find(|call| call.log_path().is_some_and(is_it))
        };
        let seen = self.inbox.take(|name| of(name).is_some());
        let line = |(name, seen): (String, Seen)| Some((of(&name)?.line_of(seen.caller)?, seen.at));
        seen.into_iter().filter_map(line).collect()
    }
}
