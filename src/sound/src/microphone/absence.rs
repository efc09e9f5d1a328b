//! Time in which an input was not heard, and why: it was gone, or it was muted.
//!
//! In: when it began and when the reason changed, on the clock. Out: lengths in order, and for the reader
//! [`Block`]s. Keeps what has not been told; every press of a key or loss of a device adds one entry at most.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::Block;

/// Why nothing is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// The input is not there: what was said meanwhile is lost.
    Gone,
    /// Nobody may listen.
    Muted,
}

/// What fills the time since an input was heard last.
#[derive(Clone, Debug)]
pub(super) struct Absences {
    over: Vec<(Absence, Duration)>,
    running: Absence,
    since: Duration,
}

impl Absences {
    /// It was heard last, and is absent since, at this time.
    pub(super) fn since(since: Duration, running: Absence) -> Self {
        Absences { over: Vec::new(), running, since }
    }

    /// From a time on it is absent for this reason.
    pub(super) fn turn(&mut self, running: Absence, at: Duration) {
        if self.running != running {
            self.over.push((self.running, at.saturating_sub(self.since)));
            self.running = running;
            self.since = self.since.max(at);
        }
    }

    /// The reason that holds, and since when.
    pub(super) fn running(&self) -> (Absence, Duration) {
        (self.running, self.since)
    }

    /// Lengths of what is over, oldest first.
    pub(super) fn over(&self) -> &[(Absence, Duration)] {
        &self.over
    }

    /// All lengths up to now, oldest first.
    pub(super) fn until(&self, now: Duration) -> impl Iterator<Item = (Absence, Duration)> + '_ {
        let running = (self.running, now.saturating_sub(self.since));
        self.over.iter().copied().chain([running])
    }

    /// Whether the input was gone at any time.
    pub(super) fn was_gone(&self) -> bool {
        self.running == Absence::Gone || self.over.iter().any(|(kind, _)| *kind == Absence::Gone)
    }
}

/// Samples that were not heard and are not told yet, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Untold(VecDeque<(Absence, u64)>);

impl Untold {
    /// So many samples more; those of one kind are told at once.
    pub(super) fn push(&mut self, kind: Absence, len: u64) {
        match self.0.back_mut() {
            _ if len == 0 => {}
            Some((last, sum)) if *last == kind => *sum += len,
            _ => self.0.push_back((kind, len)),
        }
    }

    /// The oldest, as the source tells it.
    pub(super) fn pop(&mut self) -> Option<Block<'static>> {
        self.0.pop_front().map(|(kind, len)| match kind {
            Absence::Gone => Block::Gap(len),
            Absence::Muted => Block::Muted(len),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn every_turn_ends_a_stretch_and_the_same_reason_again_does_not() {
        let mut absences = Absences::since(s(10), Absence::Gone);
        absences.turn(Absence::Gone, s(11));
        absences.turn(Absence::Muted, s(13));
        assert_eq!(absences.over(), [(Absence::Gone, s(3))]);
        assert_eq!(absences.running(), (Absence::Muted, s(13)));
        absences.turn(Absence::Gone, s(20));
        assert_eq!(absences.until(s(22)).last(), Some((Absence::Gone, s(2))));
        assert_eq!(absences.over().last(), Some(&(Absence::Muted, s(7))));
        assert!(absences.was_gone());
    }

    #[test]
    fn an_input_that_was_only_muted_was_not_gone() {
        assert!(!Absences::since(s(1), Absence::Muted).was_gone());
        let mut absences = Absences::since(s(1), Absence::Gone);
        absences.turn(Absence::Muted, s(2));
        assert!(absences.was_gone());
    }

    #[test]
    fn stretches_of_one_kind_are_told_at_once_and_empty_ones_never() {
        let mut untold = Untold::default();
        for (kind, len) in [
            (Absence::Muted, 5),
            (Absence::Gone, 0),
            (Absence::Muted, 6),
            (Absence::Gone, 7),
            (Absence::Muted, 8),
        ] {
            untold.push(kind, len);
        }
        let told: Vec<Block> = std::iter::from_fn(|| untold.pop()).collect();
        assert_eq!(told, [Block::Muted(11), Block::Gap(7), Block::Muted(8)]);
    }
}
