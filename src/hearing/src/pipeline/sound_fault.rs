//! Why nothing, or too little, can be read of a caller's sound, in words that say what to do.
//!
//! In: the loudness of each tenth of a second, who speaks, and what the source knows of itself. Out: the [`SoundFault`]
//! that there is. Keeps counts of the last seconds.

use crate::fact::{Level, SoundFault};

/// What a source knows of itself that its samples do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Whether it is muted in the system's mixer.
    pub is_muted: bool,
    /// Whether its channels cancel each other out in the mix.
    pub cancels: bool,
}

/// Zeros for so long are no pause between words: 7 s, in intervals.
const SILENT: u32 = 70;
/// Below this, in dB, there is nothing but zeros: half of the smallest step of 16 bits is -96.
const ZEROS_DB: f32 = -97.0;
/// So long was listened, and so much of it was no digital silence, before it is said that all of it is too quiet: 7 s and
/// 2 s.
const LISTENED: u32 = 70;
const HEARD: u32 = 20;
/// Speech is read from about -45 dB on; the loudest tenth of a second of a voice is louder still.
const LOUD_ENOUGH_DB: f32 = -50.0;
/// A peak as high as this was cut off, or is about to be.
const CLIPPED_DB: f32 = -0.2;
/// The last intervals, of which so many are clipped: an eighth of 6 s. A single pop is none.
const LATELY: u64 = 60;
const CLIPPED: u32 = 8;
/// The operator has spoken for so long, in frames of 10 ms, and the caller not at all: 5 s.
const OPERATOR_SPOKE: u32 = 500;
/// Frames of the caller's speech after which the caller has spoken: a click is shorter.
const CALLER_SPOKE: u32 = 20;

/// Watches over one caller's sound.
#[derive(Debug)]
pub(super) struct SoundWatch {
    source: SourceState,
    is_same: bool,
    n_zeros: u32,
    n_listened: u32,
    n_heard: u32,
    loudest_db: f32,
    /// Whether each of the last intervals was clipped, the newest lowest.
    clipped: u64,
    operator_spoke: u32,
    caller_spoke: u32,
}

impl Default for SoundWatch {
    fn default() -> Self {
        SoundWatch {
            source: SourceState::default(),
            is_same: false,
            n_zeros: 0,
            n_listened: 0,
            n_heard: 0,
            loudest_db: ZEROS_DB,
            clipped: 0,
            operator_spoke: 0,
            caller_spoke: 0,
        }
    }
}

impl SoundWatch {
    /// Takes the loudness of the next [interval](super::LEVEL_INTERVAL).
    pub(super) fn hear(&mut self, level: Level) {
        let is_zero = level.peak_db <= ZEROS_DB;
        self.n_zeros = if is_zero { self.n_zeros.saturating_add(1) } else { 0 };
        self.n_listened = self.n_listened.saturating_add(1);
        self.n_heard = self.n_heard.saturating_add(u32::from(!is_zero));
        self.loudest_db = self.loudest_db.max(level.rms_db);
        self.clipped = self.clipped << 1 | u64::from(level.peak_db >= CLIPPED_DB);
    }

    /// Takes who speaks in the next frame, and whether both sides are the same sound.
    pub(super) fn speak(&mut self, caller: bool, operator: bool, is_same: bool) {
        self.is_same = is_same;
        self.operator_spoke = self.operator_spoke.saturating_add(u32::from(operator));
        self.caller_spoke = self.caller_spoke.saturating_add(u32::from(caller));
    }

    /// The source is like this from now on.
    pub(super) fn set_source(&mut self, source: SourceState) {
        self.source = source;
    }

    /// Another call, or another part of a recording: what was counted no longer counts.
    pub(super) fn forget(&mut self) {
        *self = SoundWatch { source: self.source, ..SoundWatch::default() };
    }

    /// The fault that there is now.
    pub(super) fn fault(&self) -> Option<SoundFault> {
        SoundFault::ALL.into_iter().find(|fault| self.has(*fault))
    }

    fn has(&self, fault: SoundFault) -> bool {
        let lately = self.clipped & ((1 << LATELY) - 1);
        match fault {
            SoundFault::Muted => self.source.is_muted,
            SoundFault::Cancelled => self.source.cancels,
            SoundFault::Same => self.is_same,
            SoundFault::Silent => self.n_zeros >= SILENT,
            SoundFault::Clipped => lately.count_ones() >= CLIPPED,
            SoundFault::Quiet => {
                self.n_listened >= LISTENED
                    && self.n_heard >= HEARD
                    && self.loudest_db < LOUD_ENOUGH_DB
            }
            SoundFault::OnlyOperator => {
                self.operator_spoke >= OPERATOR_SPOKE && self.caller_spoke < CALLER_SPOKE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the first fault is told, in tenths of a second, and which; then whether it goes away with good sound.
    fn told(level: Level, watch: &mut SoundWatch) -> Option<(u32, SoundFault)> {
        (1..=150).find_map(|at| {
            watch.hear(level);
            watch.fault().map(|fault| (at, fault))
        })
    }

    fn level(rms_db: f32, peak_db: f32) -> Level {
        Level { rms_db, peak_db }
    }

    #[test]
    fn every_fault_of_the_sound_is_told_within_ten_seconds_and_when_it_is_over() {
        let good = level(-25.0, -12.0);
        for (bad, fault) in [
            (level(-100.0, -100.0), SoundFault::Silent),
            (level(-8.0, 0.0), SoundFault::Clipped),
            (level(-63.0, -52.0), SoundFault::Quiet),
        ] {
            let mut watch = SoundWatch::default();
            let (at, found) = told(bad, &mut watch).unwrap();
            assert!(found == fault && at < 100);
            let over = (1..=100).find(|_| {
                watch.hear(good);
                watch.fault().is_none()
            });
            assert!(over.is_some(), "{fault:?} is never over");
        }
    }

    #[test]
    fn good_sound_with_pauses_and_a_pop_has_no_fault() {
        let mut watch = SoundWatch::default();
        for second in 0..600 {
            for tenth in 0..10 {
                let is_pop = second % 10 == 0 && tenth == 0;
                let pause = level(-100.0, -100.0);
                let loud = level(-30.0, if is_pop { 0.0 } else { -15.0 });
                watch.hear(if second % 9 < 5 { pause } else { loud });
                watch.speak(second % 9 >= 5, second % 9 < 5, false);
                assert_eq!(watch.fault(), None, "at {second} s");
            }
        }
    }

    #[test]
    fn what_the_source_says_comes_first_and_an_operator_alone_last() {
        let mut watch = SoundWatch::default();
        (0..OPERATOR_SPOKE).for_each(|_| watch.speak(false, true, false));
        assert_eq!(watch.fault(), Some(SoundFault::OnlyOperator));
        watch.speak(false, true, true);
        assert_eq!(watch.fault(), Some(SoundFault::Same));
        watch.set_source(SourceState { is_muted: true, cancels: true });
        assert_eq!(watch.fault(), Some(SoundFault::Muted));
        watch.set_source(SourceState { is_muted: false, cancels: true });
        assert_eq!(watch.fault(), Some(SoundFault::Cancelled));
        watch.set_source(SourceState::default());
        (0..CALLER_SPOKE).for_each(|_| watch.speak(true, false, false));
        assert_eq!(watch.fault(), None);
    }

    #[test]
    fn words_and_sentences_are_all_different() {
        for (index, fault) in SoundFault::ALL.iter().enumerate() {
            for other in &SoundFault::ALL[..index] {
                assert!(fault.words() != other.words() && fault.to_string() != other.to_string());
            }
        }
    }
}
