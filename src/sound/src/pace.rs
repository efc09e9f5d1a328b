//! How fast a recording is delivered: as it would be heard, faster, or as fast as it is read.
//!
//! In: the moment at which a block is asked for. Out: whether its samples are due by then. Keeps the
//! moment and the position at which the clock was last set.

use std::time::Instant;

/// How fast a recording is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// By the clock, as a live call would arrive.
    Paced {
        /// 1 is the speed of the call, 2 is twice as fast; more than 0.
        speed: f64,
    },
    /// As fast as it can be read.
    AsRead,
}

impl Pace {
    /// The pace of a speed; infinite is as fast as it reads.
    #[must_use]
    pub fn of_speed(speed: f64) -> Self {
        if speed.is_finite() { Pace::Paced { speed } } else { Pace::AsRead }
    }

    /// How many times faster than real time it is.
    #[must_use]
    pub fn speed(self) -> f64 {
        match self {
            Pace::Paced { speed } => speed,
            Pace::AsRead => f64::INFINITY,
        }
    }
}

/// A position that moves with the clock.
///
/// It starts with the first question, so that what happens before the first read costs no audio, and
/// stands still while paused.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    rate_hz: u32,
    set: Option<(Instant, u64)>,
    paused: bool,
}

impl Pacer {
    /// A clock that stands at nothing until it is first asked.
    pub(super) fn new(pace: Pace, rate_hz: u32) -> Self {
        Pacer { pace, rate_hz, set: None, paused: false }
    }

    /// Whether blocks wait for the clock.
    pub(super) fn is_paced(&self) -> bool {
        matches!(self.pace, Pace::Paced { .. })
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// Changes the pace. The clock starts anew from the position of the next question.
    pub(super) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        self.set = None;
    }

    /// Stops the clock, or lets it go on from the position of the next question.
    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.set = None;
    }

    /// Lets the clock start anew after a jump.
    pub(super) fn restart(&mut self) {
        self.set = None;
    }

    /// Whether the samples from `position` to `end` may be delivered at `now`.
    #[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
    pub(super) fn is_due(&mut self, position: u64, end: u64, now: Instant) -> bool {
        if self.paused {
            return false;
        }
        let Pace::Paced { speed } = self.pace else { return true };
        let (since, from) = *self.set.get_or_insert((now, position));
        let heard = now.duration_since(since).as_secs_f64() * f64::from(self.rate_hz) * speed;
        end.saturating_sub(from) as f64 <= heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const RATE_HZ: u32 = 8000;

    #[test]
    fn a_block_is_due_when_its_last_sample_was_heard() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Paced { speed: 1.0 }, RATE_HZ);
        assert!(!pacer.is_due(0, 800, start));
        assert!(!pacer.is_due(0, 800, start + Duration::from_millis(99)));
        assert!(pacer.is_due(0, 800, start + Duration::from_millis(101)));
        assert!(!pacer.is_due(800, 1600, start + Duration::from_millis(199)));
        assert!(pacer.is_due(800, 1600, start + Duration::from_millis(201)));
    }

    #[test]
    fn twice_the_speed_takes_half_the_time() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Paced { speed: 2.0 }, RATE_HZ);
        assert!(!pacer.is_due(0, 8000, start));
        assert!(!pacer.is_due(0, 8000, start + Duration::from_millis(499)));
        assert!(pacer.is_due(0, 8000, start + Duration::from_millis(501)));
    }

    #[test]
    fn a_pause_holds_everything_and_is_not_made_up_for() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Paced { speed: 1.0 }, RATE_HZ);
        assert!(!pacer.is_due(0, 800, start));
        pacer.pause(true);
        assert!(!pacer.is_due(0, 800, start + Duration::from_mins(1)));
        pacer.pause(false);
        assert!(!pacer.is_due(0, 800, start + Duration::from_mins(1)));
        assert!(pacer.is_due(0, 800, start + Duration::from_millis(60_101)));
    }

    #[test]
    fn as_read_is_always_due_unless_paused() {
        let mut pacer = Pacer::new(Pace::AsRead, RATE_HZ);
        assert!(pacer.is_due(0, u64::MAX, Instant::now()));
        pacer.pause(true);
        assert!(!pacer.is_due(0, 1, Instant::now()));
    }

    #[test]
    fn a_new_pace_counts_from_where_it_was_set() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Paced { speed: 1.0 }, RATE_HZ);
        assert!(!pacer.is_due(0, 8000, start));
        pacer.set_pace(Pace::Paced { speed: 4.0 });
        assert!(!pacer.is_due(4000, 8000, start + Duration::from_secs(1)));
        assert!(pacer.is_due(4000, 8000, start + Duration::from_millis(1126)));
    }
}
