//! What filled a caller's time: one stretch after another, without holes.
//!
//! In: changes, in order. Out: the stretches of any part of the call. What falls out at the old end is
//! added to a tally.

use crate::stream_time::StreamTime;
use crate::timeline::Activity;
use crate::timeline::summary::Tally;
use std::collections::VecDeque;

/// Stretches kept: a change every half second for 2 h 16 min, 0.3 MB.
pub(super) const MAX_STRETCHES: usize = 16_384;

/// What fills a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A seek skipped it.
    Unheard,
    /// It was heard, and the caller did this.
    Heard(Activity),
    /// It was lost.
    Gap,
    /// Nobody was allowed to listen.
    Muted,
}

impl Kind {
    fn is_speech(self) -> bool {
        matches!(self, Kind::Heard(Activity::TooShort | Activity::Speaking))
    }

    fn count(self, length: StreamTime, tally: &mut Tally) {
        match self {
            Kind::Heard(Activity::TooShort | Activity::Speaking) => tally.speech(length),
            Kind::Gap => tally.lost(length),
            Kind::Muted => tally.muted(length),
            Kind::Heard(Activity::Listening) | Kind::Unheard => {}
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: StreamTime,
    kind: Kind,
}

/// Stretches in order of time, each as long as the way to the next; the last one is running.
#[derive(Clone, Debug)]
pub(super) struct Stretches(VecDeque<Stretch>);

impl Stretches {
    /// One stretch that runs from time zero on.
    pub(super) fn starting_with(kind: Kind) -> Self {
        Stretches(VecDeque::from([Stretch { from: StreamTime::ZERO, kind }]))
    }

    /// Where the oldest kept stretch begins.
    pub(super) fn start(&self) -> StreamTime {
        self.0.front().map_or(StreamTime::ZERO, |first| first.from)
    }

    /// Where the running stretch began.
    pub(super) fn last_change(&self) -> StreamTime {
        self.0.back().map_or(StreamTime::ZERO, |last| last.from)
    }

    /// What the caller does now.
    pub(super) fn activity(&self) -> Activity {
        match self.0.back().map(|last| last.kind) {
            Some(Kind::Heard(activity)) => activity,
            _ => Activity::Listening,
        }
    }

    /// Where the running speech began, over changes between too short and long enough.
    pub(super) fn speech_began(&self) -> Option<StreamTime> {
        let run = self.0.iter().rev().take_while(|stretch| stretch.kind.is_speech());
        run.last().map(|first| first.from)
    }

    /// Begins a stretch, not before the running one, and says where. What goes on is not cut in two,
    /// but for gaps, which are counted. The oldest stretch gives way when there is no more room.
    pub(super) fn begin(&mut self, at: StreamTime, kind: Kind, tally: &mut Tally) -> StreamTime {
        let at = at.max(self.last_change());
        self.0.pop_back_if(|last| last.from == at);
        if kind == Kind::Gap || self.0.back().is_none_or(|last| last.kind != kind) {
            if let Some(second) = self.0.get(1).filter(|_| self.0.len() == MAX_STRETCHES) {
                self.forget_until(second.from, tally);
            }
            self.0.push_back(Stretch { from: at, kind });
        }
        at
    }

    /// Removes all that begins at or after `time`; whoever calls this begins a new stretch there.
    pub(super) fn discard_from(&mut self, time: StreamTime) {
        self.0.truncate(self.0.partition_point(|stretch| stretch.from < time));
    }

    /// Moves all that lies before `time`, which is not after now, to the tally.
    pub(super) fn forget_until(&mut self, time: StreamTime, tally: &mut Tally) {
        while let Some(end) = self.0.get(1).map(|next| next.from).filter(|end| *end <= time)
            && let Some(first) = self.0.pop_front()
        {
            first.kind.count(end.since(first.from), tally);
            if first.kind == Kind::Gap {
                tally.gap();
            }
        }
        if let Some(first) = self.0.front_mut() {
            first.kind.count(time.since(first.from), tally);
            first.from = first.from.max(time);
        }
    }

    /// Adds all that is kept, up to `now`.
    pub(super) fn count(&self, now: StreamTime, tally: &mut Tally) {
        for (kind, length) in self.between(self.start(), now) {
            kind.count(length, tally);
            if kind == Kind::Gap {
                tally.gap();
            }
        }
    }

    /// What overlaps the time from `from` up to `to`, cut to it; less than all of it when `from` lies
    /// before the start.
    pub(super) fn between(
        &self,
        from: StreamTime,
        to: StreamTime,
    ) -> impl Iterator<Item = (Kind, StreamTime)> {
        let first = self.0.partition_point(|stretch| stretch.from <= from).saturating_sub(1);
        let end = self.0.partition_point(|stretch| stretch.from < to);
        let end = if from < to { end } else { first };
        (first..end).map(move |index| {
            let until = self.0.get(index + 1).map_or(to, |next| next.from.min(to));
            let stretch = self.0[index];
            (stretch.kind, until.since(stretch.from.max(from)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEAKING: Kind = Kind::Heard(Activity::Speaking);
    const LISTENING: Kind = Kind::Heard(Activity::Listening);

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(seconds * 1000)
    }

    fn lengths(stretches: &Stretches, from: u64, to: u64) -> Vec<(Kind, u64)> {
        let between = stretches.between(s(from), s(to));
        between.map(|(kind, length)| (kind, length.0 / s(1).0)).collect()
    }

    #[test]
    fn stretches_are_cut_to_the_time_asked_for() {
        let mut stretches = Stretches::starting_with(LISTENING);
        stretches.begin(s(5), SPEAKING, &mut Tally::default());
        stretches.begin(s(8), Kind::Gap, &mut Tally::default());
        assert_eq!(lengths(&stretches, 6, 12), [(SPEAKING, 2), (Kind::Gap, 4)]);
        assert_eq!(lengths(&stretches, 0, 6), [(LISTENING, 5), (SPEAKING, 1)]);
        assert_eq!(lengths(&stretches, 6, 6), []);
    }

    #[test]
    fn what_goes_on_is_one_stretch_but_every_gap_counts() {
        let mut stretches = Stretches::starting_with(LISTENING);
        for (at, kind) in [(1, LISTENING), (2, Kind::Gap), (3, Kind::Gap), (4, SPEAKING)] {
            stretches.begin(s(at), kind, &mut Tally::default());
        }
        assert_eq!(
            lengths(&stretches, 0, 5),
            [(LISTENING, 2), (Kind::Gap, 1), (Kind::Gap, 1), (SPEAKING, 1)]
        );
    }

    #[test]
    fn a_change_from_the_past_counts_from_the_last_change_on() {
        let mut stretches = Stretches::starting_with(LISTENING);
        stretches.begin(s(5), SPEAKING, &mut Tally::default());
        assert_eq!(stretches.begin(s(3), Kind::Gap, &mut Tally::default()), s(5));
        assert_eq!(lengths(&stretches, 0, 6), [(LISTENING, 5), (Kind::Gap, 1)]);
    }

    #[test]
    fn forgetting_moves_time_to_the_tally_and_counts_a_cut_gap_once() {
        let mut stretches = Stretches::starting_with(SPEAKING);
        stretches.begin(s(2), Kind::Gap, &mut Tally::default());
        stretches.begin(s(4), SPEAKING, &mut Tally::default());
        let (mut whole, mut parts) = (Tally::default(), Tally::default());
        stretches.count(s(6), &mut whole);
        stretches.forget_until(s(3), &mut parts);
        assert_eq!(stretches.start(), s(3));
        stretches.forget_until(s(5), &mut parts);
        stretches.count(s(6), &mut parts);
        assert_eq!(parts, whole);
    }
}
