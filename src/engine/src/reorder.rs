//! Updates of several callers in the order of their times.
//!
//! In: updates, each caller's in order. Out: the same in one order that does not depend on the blocks in which
//! the callers' audio came. Keeps what is younger than the callers have all been heard.

use hearing::fact::Fact;
use hearing::stream_time::StreamTime;

/// The pipeline has told everything of audio that is so much older than what it was given.
pub const SETTLED_AFTER: StreamTime = StreamTime::from_ms(500);

/// What waits for its turn.
#[derive(Debug, Default)]
pub struct Reorder {
    waiting: Vec<Fact>,
}

impl Reorder {
    /// Takes an update that may have to wait.
    pub fn push(&mut self, update: Fact) {
        self.waiting.push(update);
    }

    /// Gives what is before `until`, in order: by time, at the same time by caller.
    pub fn release(&mut self, until: StreamTime) -> Vec<Fact> {
        // Stable: what a caller told at one time stays in the order in which it was told.
        self.waiting.sort_by_key(|update| (update.at, update.caller));
        let n = self.waiting.partition_point(|update| update.at < until);
        self.waiting.drain(..n).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::fact::{Event, Gap};
    use proptest::prelude::*;

    const ALL: StreamTime = StreamTime(u64::MAX);

    fn gap(caller: usize, at: u64, lost_samples: u64) -> Fact {
        let event = Event::Gap(Gap { lost_samples, rate_hz: 8_000 });
        Fact { caller, at: StreamTime(at), event }
    }

    #[test]
    fn what_lies_before_comes_first_and_the_rest_waits() {
        let mut reorder = Reorder::default();
        for update in [gap(1, 5, 0), gap(1, 9, 0), gap(0, 5, 1), gap(0, 5, 2), gap(0, 7, 0)] {
            reorder.push(update);
        }
        assert_eq!(reorder.release(StreamTime(5)), []);
        let first = [gap(0, 5, 1), gap(0, 5, 2), gap(1, 5, 0), gap(0, 7, 0)];
        assert_eq!(reorder.release(StreamTime(8)), first);
        assert_eq!(reorder.release(ALL), [gap(1, 9, 0)]);
    }

    proptest! {
        #[test]
        fn the_order_does_not_depend_on_when_it_is_asked(
            times in prop::collection::vec((0..3_usize, 0..100_u64), 0..40),
            asked in prop::collection::vec(any::<bool>(), 40),
        ) {
            let mut times = times;
            times.sort_by_key(|(_, at)| *at);
            let (mut once, mut often) = (Reorder::default(), Reorder::default());
            let mut given = Vec::new();
            for ((caller, at), asked) in times.iter().zip(asked) {
                once.push(gap(*caller, *at, 0));
                often.push(gap(*caller, *at, 0));
                if asked {
                    given.extend(often.release(StreamTime(*at)));
                }
            }
            given.extend(often.release(ALL));
            prop_assert_eq!(given, once.release(ALL));
        }
    }
}
