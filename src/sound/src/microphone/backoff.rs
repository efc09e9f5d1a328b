//! How long to wait before a device that is gone is looked for again.
//!
//! In: that a try begins, and how long the device was there in between. Out: a wait. It keeps the next one.

use std::time::Duration;

/// A sound server that restarts is back in about this.
const FIRST: Duration = Duration::from_millis(250);

/// Longer than this nobody wants to wait after plugging a headset in; a look costs some milliseconds.
const LONGEST: Duration = Duration::from_secs(5);

/// A device that was there for so long is trusted again. One that fails at once is not, or it would be
/// opened four times a second.
const LASTING: Duration = Duration::from_secs(10);

/// Waits that double.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Backoff { next: FIRST }
    }

    /// How long to wait before the next try.
    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait
    }

    /// The device was there for so long.
    pub(super) fn lasted(&mut self, length: Duration) {
        if length >= LASTING {
            self.next = FIRST;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_quarter_second_to_five_seconds_and_stay_there() {
        let mut backoff = Backoff::new();
        let waits: Vec<u128> = (0..8).map(|_| backoff.wait().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
    }

    #[test]
    fn only_a_device_that_lasts_is_looked_for_soon_again() {
        let mut backoff = Backoff::new();
        backoff.wait();
        backoff.lasted(Duration::from_secs(9));
        assert_eq!(backoff.wait(), Duration::from_millis(500));
        backoff.lasted(Duration::from_secs(10));
        assert_eq!(backoff.wait(), FIRST);
    }

    #[test]
    fn a_day_without_the_device_takes_a_bounded_number_of_tries() {
        let mut backoff = Backoff::new();
        let mut passed = Duration::ZERO;
        let mut n_tries = 0;
        while passed < Duration::from_hours(24) {
            passed += backoff.wait();
            n_tries += 1;
        }
        assert_eq!(n_tries, 17_284);
    }
}
