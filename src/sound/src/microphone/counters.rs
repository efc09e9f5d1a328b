//! What the two ends of a ring, and the owner of the stream, know of each other beside the rings.
//!
//! In: what the callback counts, and how the stream begins and ends. Out: the same, to any thread. All of it
//! atomic: nobody ever waits for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::absence::Absence;
use super::mute::Permit;

/// What the two ends know of each other beside the rings.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) captured: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) n_overruns: AtomicU64,
    pub(super) is_closed: AtomicBool,
    /// Whether channels that are mixed cancel each other out.
    pub(super) cancels: AtomicBool,
    pub(super) longest_callback_ns: AtomicU64,
    /// On the clock: when the last block came, or the ring was made.
    pub(super) last_callback_ns: AtomicU64,
    /// On the clock: when the last sample was due.
    pub(super) heard_until_ns: AtomicU64,
    pub(super) beginning: Beginning,
    /// If nobody might listen before the first sample: for how many samples. Known when that came.
    pub(super) muted_before: AtomicU64,
}

/// What comes before the first sample of a ring, and how long it may be filled.
#[derive(Clone, Debug, Default)]
pub(super) struct Beginning {
    /// Since when the input is not heard, if it was heard before, and why.
    pub(super) absent: Option<(Absence, Duration)>,
    /// When this is over nothing more is taken.
    pub(super) permit: Permit,
}

impl Counters {
    /// The callback will not be called any more.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// The system lost audio itself.
    pub(super) fn overrun(&self) {
        self.n_overruns.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it did.
    pub(super) fn n_overruns(&self) -> u64 {
        self.n_overruns.load(Ordering::Relaxed)
    }

    /// Whether channels that are mixed cancel each other out.
    pub(super) fn cancels(&self) -> bool {
        self.cancels.load(Ordering::Relaxed)
    }

    /// Whether nobody may listen to this stream any more.
    pub(super) fn is_muted(&self) -> bool {
        self.beginning.permit.is_over()
    }

    /// Whether nobody might listen before the first sample.
    pub(super) fn begins_muted(&self) -> bool {
        matches!(self.beginning.absent, Some((Absence::Muted, _)))
    }

    /// Since when the input is not heard and why, if not even the first sample of this stream came.
    pub(super) fn still_absent(&self) -> Option<(Absence, Duration)> {
        let has_begun = self.captured.load(Ordering::Acquire) > 0;
        self.beginning.absent.filter(|_| !has_begun)
    }

    /// When the last sample was due, on the clock; before the first one, when the ring was made or the
    /// input was heard before it.
    pub(super) fn heard_until(&self) -> Duration {
        Duration::from_nanos(self.heard_until_ns.load(Ordering::Relaxed))
    }

    /// When the last block came, on the clock; before the first one, when the ring was made.
    pub(super) fn last_callback(&self) -> Duration {
        Duration::from_nanos(self.last_callback_ns.load(Ordering::Relaxed))
    }
}
