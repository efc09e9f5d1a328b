//! Which places of a recording were heard before, so that nothing is told of them twice.
//!
//! Keeps at most [`MAX_STRETCHES`] stretches; of more, the shortest is forgotten.

use crate::stream_time::StreamTime;

/// More jumps than anybody makes in a call.
const MAX_STRETCHES: usize = 64;

/// What was heard: the stretch that runs, and those before the jumps.
#[derive(Clone, Debug)]
pub(super) struct Places {
    from: StreamTime,
    to: StreamTime,
    /// Each from its beginning to its end, apart from each other, in order of time.
    before: Vec<(StreamTime, StreamTime)>,
}

impl Places {
    /// Nothing was heard yet; the first stretch begins here.
    pub(super) fn from(at: StreamTime) -> Self {
        Places { from: at, to: at, before: Vec::new() }
    }

    /// The running stretch goes on up to here.
    pub(super) fn advance(&mut self, to: StreamTime) {
        self.to = self.to.max(to);
    }

    /// A jump: another stretch begins here.
    pub(super) fn jump(&mut self, to: StreamTime) {
        let (mut from, mut until) = (self.from, self.to);
        self.before.retain(|&(begin, end)| {
            let touches = begin <= until && from <= end;
            if touches {
                from = from.min(begin);
                until = until.max(end);
            }
            !touches
        });
        let place = self.before.partition_point(|(begin, _)| *begin < from);
        self.before.insert(place, (from, until));
        if self.before.len() > MAX_STRETCHES
            && let Some((shortest, _)) =
                self.before.iter().enumerate().min_by_key(|(_, (begin, end))| end.since(*begin))
        {
            self.before.remove(shortest);
        }
        (self.from, self.to) = (to, to);
    }

    /// Whether this place was heard before the last jump.
    pub(super) fn was_heard(&self, at: StreamTime) -> bool {
        self.before.iter().any(|&(from, to)| from < at && at <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(seconds * 1000)
    }

    #[test]
    fn what_lies_between_two_stretches_was_not_heard() {
        let mut places = Places::from(s(0));
        places.advance(s(60));
        places.jump(s(300));
        places.advance(s(360));
        places.jump(s(50));
        let heard = |at: u64| places.was_heard(s(at));
        assert!(heard(55) && !heard(100) && heard(330) && !heard(400));
    }

    #[test]
    fn stretches_that_touch_become_one_and_too_many_forget_the_shortest() {
        let mut places = Places::from(s(0));
        places.advance(s(10));
        places.jump(s(5));
        places.advance(s(20));
        places.jump(s(1_000));
        assert_eq!(places.before, [(s(0), s(20))]);
        for n in 1..100_u64 {
            places.jump(s(1_000 + 1_000 * n));
            places.advance(s(1_000 + 1_001 * n));
        }
        assert_eq!(places.before.len(), MAX_STRETCHES);
        assert!(places.was_heard(s(99_050)) && !places.was_heard(s(2_001)));
    }
}
