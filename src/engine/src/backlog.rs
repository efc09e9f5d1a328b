//! Whether an engine that falls behind its live input has to shed load.
//!
//! In: how much audio waits to be read. Out: whether to leave readings out. Keeps the last answer, since one
//! sheds load until nearly nothing waits, and not only until a little less does.
//!
//! One core hears 1,080 s of silence in a second, and 380 s of speech with its readings (half an hour of either
//! through `undertone replay --headless --backend cpu --block 160`): an engine that leaves them out catches up soon, and the
//! next reading is of what is being said.

use std::time::{Duration, Instant};

/// From this on the engine is behind: an operator would notice the delay, and an eighth of what finds room in
/// the ring is used. Blocks of a sound server are 0.1 s; under load they came up to 0.4 s late, at once.
const BEHIND: Duration = Duration::from_millis(500);

/// With no more than a block of a sound server nothing waits.
const CAUGHT_UP: Duration = Duration::from_millis(100);

/// A network stalls, and then hands over at once what it held: only who is behind for longer has too much work.
const BURST: Duration = Duration::from_secs(1);

/// The decision for one input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
    is_behind: bool,
    /// Since when too much of a stream waits.
    since: Option<Instant>,
}

impl Backlog {
    /// Whether to shed load, when so many samples of that rate wait: ask before every block.
    pub fn sheds(&mut self, waiting: u64, rate_hz: u32) -> bool {
        let samples = |length: Duration| length.as_millis() * u128::from(rate_hz) / 1000;
        let bound = if self.is_behind { CAUGHT_UP } else { BEHIND };
        self.is_behind = u128::from(waiting) > samples(bound);
        self.is_behind
    }

    /// The same for a stream from a network, which may come in bursts: only what waits for longer than a second counts.
    pub fn sheds_after_burst(&mut self, waiting: u64, rate_hz: u32, now: Instant) -> bool {
        let is_much = Backlog { is_behind: self.is_behind, since: None }.sheds(waiting, rate_hz);
        self.since = self.since.or(Some(now)).filter(|_| is_much);
        self.is_behind = self.since.is_some_and(|since| now.duration_since(since) >= BURST);
        self.is_behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sheds_from_half_a_second_until_no_more_than_a_block_waits() {
        let mut backlog = Backlog::default();
        let asked = [0, 1600, 8000, 8001, 4000, 1601, 1600, 8000, 64_000, 0];
        let answers = asked.map(|waiting| backlog.sheds(waiting, 16_000));
        let sheds = [false, false, false, true, true, true, false, false, true, false];
        assert_eq!(answers, sheds);
    }

    #[test]
    fn a_burst_of_a_network_is_no_backlog_until_it_lasts() {
        let begin = Instant::now();
        let after = |ms| begin + Duration::from_millis(ms);
        let mut backlog = Backlog::default();
        let asked = [(0, 24_000), (900, 20_000), (950, 0), (1_000, 8_000), (1_999, 8_000)];
        assert!(asked.iter().all(|(ms, n)| !backlog.sheds_after_burst(*n, 8_000, after(*ms))));
        assert!(backlog.sheds_after_burst(8_000, 8_000, after(2_000)));
        assert!(backlog.sheds_after_burst(1_000, 8_000, after(2_010)));
        assert!(!backlog.sheds_after_burst(800, 8_000, after(2_020)));
    }

    #[test]
    fn the_bounds_are_lengths_and_not_numbers_of_samples() {
        for rate_hz in [8_000_u32, 44_100, 192_000] {
            assert!(!Backlog::default().sheds(u64::from(rate_hz / 2), rate_hz));
            assert!(Backlog::default().sheds(u64::from(rate_hz / 2 + 1), rate_hz));
        }
    }
}
