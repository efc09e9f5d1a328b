//! The time that capture is reckoned by: it goes on while the computer sleeps.
//!
//! In: nothing. Out: the time since the clock was made. It keeps how long the computer slept, which
//! [`Instant`] leaves out on Linux; somebody has to call [`Clock::note_sleep`] now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the two clocks may differ by without a sleep: the system tells the time since boot in steps of 10 ms,
/// and between two looks at clocks a loaded machine may do something else.
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);

/// A clock; its copies tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: Instant,
    /// Time since boot at the origin, with sleep; `None` where the system does not tell.
    boot: Option<Duration>,
    asleep_ns: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock at zero.
    #[must_use]
    pub fn new() -> Self {
        let asleep_ns = Arc::new(AtomicU64::new(0));
        Clock { origin: Instant::now(), boot: since_boot(), asleep_ns }
    }

    /// The time on it. Does not allocate, lock or wait.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.origin.elapsed() + Duration::from_nanos(self.asleep_ns.load(Ordering::Relaxed))
    }

    /// Lets a time pass.
    #[cfg(test)]
    pub(super) fn advance(&self, by: Duration) {
        self.asleep_ns.fetch_add(nanoseconds(by), Ordering::Relaxed);
    }

    /// Looks whether the computer slept since the last look. Reads a file of the system.
    pub(super) fn note_sleep(&self) {
        let (Some(then), Some(now)) = (self.boot, since_boot()) else { return };
        let known = Duration::from_nanos(self.asleep_ns.load(Ordering::Relaxed));
        let asleep = asleep(now.saturating_sub(then), self.origin.elapsed(), known);
        self.asleep_ns.store(nanoseconds(asleep), Ordering::Relaxed);
    }
}

/// A length in nanoseconds, for an atomic: enough for 584 years.
pub(super) fn nanoseconds(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// How long the computer slept in all: the time that passed less the time that it was awake, unless that is
/// hardly more than what is known.
fn asleep(passed: Duration, awake: Duration, known: Duration) -> Duration {
    let asleep = passed.saturating_sub(awake);
    if asleep > known + SHORTEST_SLEEP { asleep } else { known }
}

/// The time since boot, with the time asleep.
#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    Duration::try_from_secs_f64(text.split_whitespace().next()?.parse().ok()?).ok()
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn sleep_is_what_passed_while_the_computer_was_not_awake() {
        assert_eq!(asleep(seconds(3700), seconds(100), Duration::ZERO), seconds(3600));
        assert_eq!(asleep(seconds(3800), seconds(170), seconds(3600)), seconds(3630));
    }

    #[test]
    fn the_coarseness_of_a_clock_is_no_sleep() {
        let coarse = Duration::from_millis(40);
        assert_eq!(asleep(seconds(100) + coarse, seconds(100), Duration::ZERO), Duration::ZERO);
        assert_eq!(asleep(seconds(100), seconds(100) + coarse, Duration::ZERO), Duration::ZERO);
        assert_eq!(asleep(seconds(130) + coarse, seconds(100), seconds(30)), seconds(30));
    }

    #[test]
    fn copies_tell_the_same_time_and_sleep_counts() {
        let clock = Clock::new();
        let copy = clock.clone();
        clock.asleep_ns.store(nanoseconds(seconds(50)), Ordering::Relaxed);
        assert!(copy.now() >= seconds(50));
    }
}
