//! A call's rule of time: it is given what a parser says, and held to what it promises.
//!
//! In: words, and how much time passes. Out: whether all was taken. Keeps the call and how much came out of it.

use gateway::legs::{Counting, Legs, Piece};
use gateway::protocol::{Begin, Said, Side, Sound};
use sound::stream::StreamPiece;
use std::time::{Duration, Instant};

/// The gateway asks ten times a second what is due.
const TICK_MS: u64 = 100;
/// For a longer wait it is asked less often.
const MAX_TICKS: u64 = 300;
/// So far ahead of the clock a peer's sound may be: 10 s, and what counts in milliseconds are not exact by.
const MOST_AHEAD_MS: u64 = 10_020;

/// One call and its clock.
pub struct Call {
    counting: Counting,
    legs: Option<Legs>,
    begin: Option<Begin>,
    /// The clock's zero, and what passed since.
    zero: Instant,
    passed_ms: u64,
    /// When the first sound came, or a pause or a loss before it.
    first_ms: Option<u64>,
    is_paused: bool,
    /// The longest piece that came, and what the peer said to be lost, in samples.
    longest: u64,
    lost: u64,
    /// What came out for the caller, in samples.
    told: u64,
    pieces: Vec<Piece>,
}

impl Call {
    pub fn new(counting: Counting) -> Self {
        Call {
            counting,
            legs: None,
            begin: None,
            zero: Instant::now(),
            passed_ms: 0,
            first_ms: None,
            is_paused: false,
            longest: 0,
            lost: 0,
            told: 0,
            pieces: Vec::new(),
        }
    }

    fn now(&self) -> Instant {
        self.zero + Duration::from_millis(self.passed_ms)
    }

    /// Time passes.
    pub fn wait(&mut self, ms: u64) {
        let n_ticks = (ms / TICK_MS).min(MAX_TICKS);
        let end_ms = self.passed_ms + ms;
        for _ in 0..n_ticks {
            self.passed_ms += ms / n_ticks;
            let now = self.now();
            if let Some(legs) = &mut self.legs {
                legs.tick(now, &mut self.pieces);
            }
            self.check();
        }
        self.passed_ms = end_ms;
    }

    /// Whether what a parser says is taken.
    pub fn follow(&mut self, said: Said) -> bool {
        let now = self.now();
        match said {
            Said::Begin(begin) => return self.begin(begin),
            Said::Sound(sound) => return self.take(sound),
            Said::Lost(n_samples) => {
                self.lost += n_samples;
                if let Some(legs) = &mut self.legs {
                    self.first_ms.get_or_insert(self.passed_ms);
                    legs.lose(n_samples, now, &mut self.pieces);
                }
            }
            Said::Paused => self.pause(),
            Said::Resumed(told) => self.resume(told),
            Said::End => {
                if let Some(legs) = &mut self.legs {
                    legs.finish(now, &mut self.pieces);
                }
            }
            Said::Reply(_) | Said::Probe => {}
        }
        self.check();
        true
    }

    /// Nobody may listen.
    pub fn pause(&mut self) {
        let now = self.now();
        if let Some(legs) = &mut self.legs {
            self.is_paused = true;
            self.first_ms.get_or_insert(self.passed_ms);
            legs.pause(now, &mut self.pieces);
        }
        self.check();
    }

    /// Somebody may listen again: after so many samples, where the peer says how many.
    pub fn resume(&mut self, told: Option<u64>) {
        let now = self.now();
        if let Some(legs) = &mut self.legs {
            self.is_paused = false;
            self.lost += told.unwrap_or_default();
            legs.resume(told, now, &mut self.pieces);
        }
        self.check();
    }

    /// A call begins, or another connection goes on with it.
    fn begin(&mut self, begin: Begin) -> bool {
        assert!((8_000..=192_000).contains(&begin.rate_hz), "{} Hz", begin.rate_hz);
        assert!(begin.parameters.len() <= 20, "{} parameters", begin.parameters.len());
        let now = self.now();
        let Some(legs) = &mut self.legs else {
            self.legs = Some(Legs::new(begin.rate_hz, begin.sides, self.counting));
            self.begin = Some(begin);
            return true;
        };
        let (rate_hz, sides) = (begin.rate_hz, begin.sides);
        let is_like = |before: &Begin| (before.rate_hz, before.sides) == (rate_hz, sides);
        if !self.begin.as_ref().is_some_and(is_like) {
            return false;
        }
        legs.take_over(now, &mut self.pieces);
        self.is_paused = false;
        self.check();
        true
    }

    fn take(&mut self, sound: Sound) -> bool {
        assert!(!sound.samples.is_empty(), "sound without samples");
        assert!(sound.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)), "full scale");
        let now = self.now();
        let legs = self.legs.as_mut().expect("sound comes after the begin");
        if !self.is_paused {
            self.first_ms.get_or_insert(self.passed_ms);
            self.longest = self.longest.max(sound.samples.len() as u64);
        }
        let late_before = legs.losses().late;
        let is_taken = legs.take(sound, now, &mut self.pieces).is_ok();
        let is_late = legs.losses().late > late_before;
        self.check();
        is_taken && !is_late
    }

    /// The call is over.
    pub fn end(mut self) {
        self.wait(TICK_MS);
        self.follow(Said::End);
    }

    /// What came out has no holes, and is not further than the clock allows.
    fn check(&mut self) {
        let (Some(legs), Some(begin)) = (&self.legs, &self.begin) else { return };
        for (side, piece) in self.pieces.drain(..) {
            let n_samples = match piece {
                StreamPiece::Audio(samples) => samples.len() as u64,
                StreamPiece::Gap(n_samples) | StreamPiece::Muted(n_samples) => n_samples,
                StreamPiece::Cut(_) | StreamPiece::End => panic!("the rule of time ends no stream"),
            };
            assert!(n_samples > 0, "a piece of nothing");
            self.told += if side == Side::Operator { 0 } else { n_samples };
        }
        assert_eq!(self.told, legs.position(), "the caller's stream has no holes");
        let clock_ms = self.first_ms.map_or(0, |first_ms| self.passed_ms - first_ms);
        let most = (clock_ms + MOST_AHEAD_MS) * u64::from(begin.rate_hz) / 1_000;
        let most = most + self.longest + self.lost;
        assert!(legs.position() <= most, "{} of {most} samples", legs.position());
        let _ = (legs.drift(), legs.pace(self.now()));
    }
}
