//! The privacy key: whether an input may be listened to, known to every thread that has a part in it.
//!
//! In: presses of the key. Out: [`Permit`]s to listen, each good until the next press. Keeps the number of
//! presses, so that a permit of before a press stays over, however soon the key is pressed again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::nanoseconds;

/// The key. Its copies are the same key.
#[derive(Clone, Debug, Default)]
pub(super) struct Mute(Arc<Presses>);

/// Leave to listen until the key is pressed. One by default is never over.
#[derive(Clone, Debug, Default)]
pub(super) struct Permit {
    presses: Arc<Presses>,
    given_at: u64,
}

#[derive(Debug, Default)]
struct Presses {
    /// Odd while muted.
    count: AtomicU64,
    /// On the clock: the last one.
    last_ns: AtomicU64,
}

impl Presses {
    fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }
}

impl Mute {
    /// Presses the key at that time on the clock, unless it is as wanted. Only one thread may.
    pub(super) fn set(&self, is_muted: bool, now: Duration) {
        if self.is_muted() != is_muted {
            self.0.last_ns.store(nanoseconds(now), Ordering::Release);
            self.0.count.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub(super) fn is_muted(&self) -> bool {
        !self.0.count().is_multiple_of(2)
    }

    /// When the key was pressed last, on the clock; zero if never.
    pub(super) fn pressed_at(&self) -> Duration {
        Duration::from_nanos(self.0.last_ns.load(Ordering::Acquire))
    }

    /// Leave to listen; none while muted.
    pub(super) fn permit(&self) -> Option<Permit> {
        let given_at = self.0.count();
        given_at.is_multiple_of(2).then(|| Permit { presses: Arc::clone(&self.0), given_at })
    }
}

impl Permit {
    /// Whether the key was pressed since it was given. Does not allocate, lock or wait.
    pub(super) fn is_over(&self) -> bool {
        self.presses.count() != self.given_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_over_at_the_first_press_and_stays_so() {
        let second = Duration::from_secs;
        let mute = Mute::default();
        let permit = mute.permit().unwrap();
        mute.set(false, second(1));
        assert!(!permit.is_over() && mute.pressed_at().is_zero(), "it is not muted");
        mute.set(true, second(2));
        assert!(permit.is_over() && mute.is_muted() && mute.permit().is_none());
        mute.set(true, second(3));
        assert_eq!(mute.pressed_at(), second(2), "it is muted already");
        mute.set(false, second(4));
        assert!(permit.is_over(), "pressed twice is not the same as never");
        assert!(!mute.permit().unwrap().is_over() && mute.pressed_at() == second(4));
        assert!(!Permit::default().is_over());
    }
}
