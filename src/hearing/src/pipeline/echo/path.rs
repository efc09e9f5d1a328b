//! The ways on which the operator's voice comes to a caller's side: how late, and how loud.
//!
//! In: how like both sides are, each tenth of a second. Out: the [`Path`]s that are known. Keeps the newest likenesses,
//! since one alone says little.
//!
//! A path stays what it is for a call, so that what two strangers' voices have in common by chance, at another delay
//! each time, adds up to nothing. In an hour of strangers' calls from seven corpora none was found.

use super::correlator::Likeness;
use std::collections::VecDeque;

/// Below this a likeness is no evidence: strangers reach it in 2 % of the stretches.
const LEAST_LIKENESS: f32 = 0.25;
/// From this much evidence on it is a path: the squares of likenesses at one delay, of stretches that do not overlap.
/// One of 0.45 is enough, or three of 0.26.
const ENOUGH: f32 = 0.2;
/// From this much on, or this many stretches, it is sure: half a second to a second of the operator alone.
const SURE: f32 = 0.5;
const SURE_AFTER: u32 = 3;
/// A likeness counts in full from this many filled samples on, 0.1 s: a click is like any other.
const FILLED: f32 = 800.0;
/// Delays that count as one, in samples: what a codec's filters move, and two clocks.
const SAME_DELAY: i32 = 4;
/// Paths nearer than this, in samples, are one.
const SAME_PATH: i32 = 8;
/// Steps after which a stretch does not overlap with the one before.
const APART: u64 = 8;
/// Steps for which evidence counts: a minute.
const REMEMBERED: u64 = 1_200;
/// Evidence and paths that are kept.
const MOST_EVIDENCE: usize = 64;
const MOST_PATHS: usize = 4;
/// From this likeness on the operator is heard alone, and the gain is measured.
const ALONE: f32 = 0.6;
/// How much a new measurement of the gain counts.
const NEW_WEIGHT: f32 = 0.2;
/// The most that an echo can be louder than the operator: 5.5 dB, as a ratio of powers. What is louder is the caller's
/// own voice, heard on the operator's side.
pub(super) const MOST_GAIN: f32 = 3.55;

/// A way from the operator to the caller's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Path {
    /// Samples by which the caller's side is later.
    pub(super) delay: i32,
    /// Power there per power of the operator.
    pub(super) power_gain: f32,
    evidence: Sum,
    seen: u64,
}

/// What speaks for a path in all, and in how many stretches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    weight: f32,
    n: u32,
}

impl Path {
    /// Whether so much speaks for it that what is no louder than it lets through is taken for the operator's.
    pub(super) fn is_sure(&self) -> bool {
        self.evidence.weight >= SURE || self.evidence.n >= SURE_AFTER
    }
}

/// What speaks for a path.
#[derive(Clone, Copy, Debug)]
struct Evidence {
    step: u64,
    delay: i32,
    weight: f32,
}

/// All paths to one caller.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: Vec<Path>,
    evidence: VecDeque<Evidence>,
}

impl Paths {
    pub(super) fn known(&self) -> &[Path] {
        &self.known
    }

    /// Takes what was found at a step, unless the caller's side is earlier than `earliest`; whether a path is new.
    pub(super) fn take(&mut self, step: u64, found: Likeness, earliest: i32) -> bool {
        let weight = found.degree * found.degree * (found.filled / FILLED).min(1.0);
        let is_evidence = found.delay >= earliest
            && found.power_gain < MOST_GAIN
            && weight >= LEAST_LIKENESS * LEAST_LIKENESS;
        if !is_evidence {
            return false;
        }
        if self.evidence.len() == MOST_EVIDENCE {
            self.evidence.pop_front();
        }
        self.evidence.push_back(Evidence { step, delay: found.delay, weight });
        let evidence_there = self.sum_at(step, found.delay);
        if evidence_there.weight < ENOUGH {
            return false;
        }
        let near = |path: &&mut Path| (path.delay - found.delay).abs() <= SAME_PATH;
        if let Some(path) = self.known.iter_mut().find(near) {
            (path.delay, path.seen) = (found.delay, step);
            if evidence_there.weight > path.evidence.weight {
                path.evidence = evidence_there;
            }
            if found.degree > ALONE {
                path.power_gain += NEW_WEIGHT * (found.power_gain - path.power_gain);
            }
            return false;
        }
        if self.known.len() == MOST_PATHS {
            let oldest = (0..MOST_PATHS).min_by_key(|index| self.known[*index].seen);
            self.known.swap_remove(oldest.unwrap_or(0));
        }
        let Likeness { delay, power_gain, .. } = found;
        self.known.push(Path { delay, power_gain, evidence: evidence_there, seen: step });
        true
    }

    /// What speaks for a delay, of stretches that do not overlap.
    fn sum_at(&self, step: u64, delay: i32) -> Sum {
        let mut before = u64::MAX;
        let mut sum = Sum::default();
        for evidence in self.evidence.iter().rev() {
            let is_same = (evidence.delay - delay).abs() <= SAME_DELAY;
            let is_new = evidence.step + REMEMBERED > step;
            if is_same && is_new && before.saturating_sub(evidence.step) >= APART {
                sum.weight += evidence.weight;
                sum.n += 1;
                before = evidence.step;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(delay: i32, degree: f32) -> Likeness {
        Likeness { delay, degree, power_gain: 0.1, filled: 2_000.0 }
    }

    #[test]
    fn a_clear_likeness_is_a_path_and_weak_ones_are_one_at_the_same_delay_only() {
        let mut paths = Paths::default();
        assert!(paths.take(0, found(160, 0.5), 0) && !paths.known()[0].is_sure());
        assert!(!paths.take(2, found(161, 0.7), 0) && paths.known().len() == 1);
        let mut paths = Paths::default();
        for step in 0..100 {
            let elsewhere = i32::try_from(step * 31 % 3_000).unwrap();
            assert!(!paths.take(step * 8, found(elsewhere, 0.3), 0), "{step}");
        }
        assert!(!paths.take(900, found(16, 0.3), 0));
        assert!(!paths.take(902, found(16, 0.3), 0), "the stretches overlap");
        assert!(!paths.take(908, found(18, 0.3), 0));
        assert!(paths.take(916, found(16, 0.3), 0) && paths.known()[0].is_sure(), "three agree");
    }

    #[test]
    fn what_is_louder_earlier_or_a_click_is_no_path() {
        let mut paths = Paths::default();
        assert!(!paths.take(0, Likeness { power_gain: 4.0, ..found(0, 0.9) }, 0));
        assert!(!paths.take(8, Likeness { delay: -40, ..found(0, 0.9) }, -32));
        assert!(!paths.take(16, Likeness { filled: 80.0, ..found(0, 0.9) }, 0));
        assert!(paths.known().is_empty());
    }

    #[test]
    fn the_path_that_was_not_seen_for_longest_gives_way() {
        let mut paths = Paths::default();
        for (step, delay) in [(0, 100), (10, 200), (20, 300), (30, 400), (40, 100), (50, 500)] {
            paths.take(step, found(delay, 0.8), 0);
        }
        let mut delays: Vec<i32> = paths.known().iter().map(|path| path.delay).collect();
        delays.sort_unstable();
        assert_eq!(delays, [100, 300, 400, 500]);
    }
}
