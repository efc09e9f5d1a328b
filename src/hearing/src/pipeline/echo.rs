//! Whether what a caller's source delivers is the operator's own voice: through a loudspeaker, a handset, the line's
//! echo or crosstalk, or because both are on one channel.
//!
//! In: the caller's samples and what is kept of the operator's. Out: yes or no for every time, 0.15 s after it or when
//! the operator's audio of that time is there. Keeps the caller's last second, the [paths](path) that are known, and
//! the decisions that frames still need.
//!
//! ```text
//!  each 0.1 s    the last 0.4 s of the caller are looked for in what the operator said in the last 0.85 s;
//!                found often enough at one delay, that is a path
//!  each 0.05 s   along each path: are 0.3 s of the caller like what the operator said (0.45 or more), or no louder
//!                than what a path that is sure lets through? Then it is the operator
//! ```
//!
//! Where both speak and the caller is louder, the likeness is low and the caller is heard. What is louder than the
//! operator by more than 5.5 dB, or earlier, is the caller's own voice, heard on the operator's side.

mod correlator;
pub(super) mod emphasis;
mod path;
#[cfg(test)]
mod tests;

use super::operator::Operator;
use crate::stream_time::StreamTime;
use correlator::{Correlator, MOST_DELAY, OWN_LEN, SEARCHED_LEN, least, power, product};
use emphasis::Emphasis;
use path::{MOST_GAIN, Path, Paths};
use std::collections::VecDeque;

/// Samples from a decision to the next: 0.05 s. A search is made at every second.
const STEP: u64 = 400;
/// Samples before and after its time that a decision goes by.
const HALF: usize = 1_200;
const WINDOW_LEN: usize = 2 * HALF;
/// A delay is tried a little earlier and later: filters move it by a fraction of a millisecond.
const SHIFTS: usize = 2;
/// Samples before the window in which the operator may have spoken: a room's echo goes on for so long.
const TAIL: usize = 1_200;
/// The share of its power that is left then.
const TAIL_SHARE: f32 = 0.3;
/// The likeness from which on it is the operator. Alone a telephone's codec leaves 0.6 and more; where a caller is
/// louder by 4 dB it is below.
const ALIKE: f32 = 0.45;
/// Up to so much more power than the path lets through it is the operator: 4.8 dB.
const NO_LOUDER: f32 = 3.0;
/// For so many steps after the operator was heard, 0.5 s, what is quieter by 6 dB is taken for the end of it: the gate
/// closes late.
const HELD_STEPS: u32 = 10;
const HELD_BELOW: f32 = 0.25;
/// Steps of which the quietest is the line's noise: 3 s.
const NOISE_STEPS: usize = 60;
/// The middle of a frame lies so many samples before its end.
const HALF_FRAME: u64 = 100;
/// How late the operator's audio of a recording may come: two resamplers are not equally late.
const PATIENCE: u64 = 400;
/// A caller's side may be so much earlier than the operator's and still be an echo, in samples: of a recording what
/// filters move, of two live devices what their clocks are off by.
const RECORDED_LEAD: i32 = 32;
const LIVE_LEAD: i32 = 240;
/// From this likeness on, and within 3 dB, both sides have the same sound.
const SAME: f32 = 0.6;
const SAME_GAINS: std::ops::Range<f32> = 0.5..2.0;
/// Mean power of a voice after the [`Emphasis`]: -60 dB of full scale.
const VOICE: f32 = 100.0;
/// Steps with a voice that are the same on both sides, without one that is not, until that is told: 4 s.
const SAME_STEPS: u32 = 80;

/// What is said of a moment of a caller's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// Whether it is the operator's voice.
    pub(super) is_echo: bool,
    /// Whether a path was found here: what was taken for the caller's just before may have been the operator's.
    pub(super) finds_path: bool,
    /// Whether nothing was heard for some seconds that is not on the operator's side too, equally loud.
    pub(super) is_same: bool,
}

/// The search for the operator in one caller's audio.
pub(super) struct Echo {
    correlator: Correlator,
    emphasis: Emphasis,
    paths: Paths,
    /// By how much the operator's audio may come later than the caller's.
    patience: u64,
    earliest: i32,
    /// The caller's newest samples, and how many of the stretch came before them.
    own: Vec<f32>,
    n_before: u64,
    /// The number of the next decision, and how many there were in earlier stretches.
    step: u64,
    n_steps_before: u64,
    is_ending: bool,
    quietest: VecDeque<f32>,
    /// The decisions that frames may still ask for, and the number of the first.
    decisions: VecDeque<Decision>,
    first_decision: u64,
    n_same: u32,
    /// Steps for which the operator is still taken to be heard, and how loud that was.
    n_held: u32,
    held_power: f32,
    /// Reused: parts of both sides.
    part: Vec<f32>,
    searched: Vec<f32>,
}

impl Echo {
    /// A search for an operator whose audio may come later by this; none for two channels of a recording.
    pub(super) fn new(lag: StreamTime) -> Self {
        let is_live = lag > StreamTime::ZERO;
        Echo {
            correlator: Correlator::new(),
            emphasis: Emphasis::default(),
            paths: Paths::default(),
            patience: lag.0 + PATIENCE,
            earliest: if is_live { -LIVE_LEAD } else { -RECORDED_LEAD },
            own: Vec::new(),
            n_before: 0,
            step: 0,
            n_steps_before: 0,
            is_ending: false,
            quietest: VecDeque::new(),
            decisions: VecDeque::new(),
            first_decision: 0,
            n_same: 0,
            n_held: 0,
            held_power: 0.0,
            part: Vec::new(),
            searched: vec![0.0; SEARCHED_LEN],
        }
    }

    /// The next samples begin another stretch. The paths are still there.
    pub(super) fn reset(&mut self) {
        self.emphasis = Emphasis::default();
        self.own.clear();
        self.n_steps_before += self.step;
        (self.n_before, self.step, self.first_decision) = (0, 0, 0);
        self.is_ending = false;
        self.quietest.clear();
        self.n_held = 0;
        self.decisions.clear();
    }

    /// Nothing more comes in this stretch: at the next hearing everything is decided.
    pub(super) fn finish(&mut self) {
        self.is_ending = true;
    }

    /// Takes the caller's next samples of a stretch that begins at `start` of the operator's time.
    pub(super) fn hear(&mut self, samples: &[f32], start: StreamTime, operator: &Operator) {
        let Echo { own, emphasis, .. } = self;
        own.extend(samples.iter().map(|&sample| emphasis.next(sample)));
        let heard = self.n_before + self.own.len() as u64;
        let start = start.0.cast_signed();
        loop {
            let at = self.step * STEP;
            let until = at + HALF as u64;
            let needed = start + until.cast_signed() + i64::from(-self.earliest);
            let is_there =
                heard >= until && (heard >= until + self.patience || operator.has_come_to(needed));
            if !(is_there || self.is_ending && at <= heard) {
                break;
            }
            let decision = self.decide(start, operator);
            self.decisions.push_back(decision);
            self.step += 1;
        }
        self.is_ending = false;
        let needed = (self.step * STEP + HALF as u64).saturating_sub(OWN_LEN as u64);
        let done = usize::try_from(needed.saturating_sub(self.n_before)).unwrap_or(0);
        let done = done.min(self.own.len());
        self.own.drain(..done);
        self.n_before += done as u64;
    }

    /// What is said of a frame that ends `at` samples into the stretch; none before that is known.
    pub(super) fn decision(&self, at: u64) -> Option<Decision> {
        let index = step_of_frame(at).saturating_sub(self.first_decision);
        self.decisions.get(usize::try_from(index).ok()?).copied()
    }

    /// A frame that ends `at` samples into the stretch is handed on, and none before it will be asked for; whether a path
    /// was found just then.
    pub(super) fn pass(&mut self, at: u64) -> bool {
        let old = step_of_frame(at).saturating_sub(self.first_decision);
        let old = usize::try_from(old).unwrap_or(0);
        let old = old.min(self.decisions.len());
        self.decisions.drain(..old);
        self.first_decision += old as u64;
        self.decisions.front_mut().is_some_and(|now| std::mem::take(&mut now.finds_path))
    }

    /// Fills a part with the caller's samples from a place in the stretch on; what is not there is silence.
    fn copy_own(&self, from: i64, part: &mut [f32]) {
        copy(&self.own, self.n_before.cast_signed(), from, part);
    }

    fn decide(&mut self, start: i64, operator: &Operator) -> Decision {
        let at = (self.step * STEP).cast_signed();
        let finds_path = self.step.is_multiple_of(2) && self.search(start, at, operator);
        let from = at - signed(HALF);
        let mut own = std::mem::take(&mut self.part);
        own.resize(WINDOW_LEN, 0.0);
        self.copy_own(from, &mut own);
        let own_power = power(&own);
        if self.quietest.len() == NOISE_STEPS {
            self.quietest.pop_front();
        }
        self.quietest.push_back(own_power);
        let noise = self.quietest.iter().copied().fold(f32::INFINITY, f32::min);
        let mut is_echo = false;
        let mut is_same = false;
        if own_power > least(WINDOW_LEN) {
            for path in self.paths.known() {
                let said = Said::on(*path, start + from, operator);
                let (likeness, power_gain) = said.likeness_to(&own, own_power);
                is_same |= likeness >= SAME && SAME_GAINS.contains(&power_gain);
                if likeness >= ALIKE && power_gain >= MOST_GAIN {
                    continue;
                }
                let let_through = path.power_gain.min(MOST_GAIN) * said.power;
                let is_no_louder = path.is_sure() && own_power - noise < NO_LOUDER * let_through;
                is_echo |= said.power > least(WINDOW_LEN) && (likeness >= ALIKE || is_no_louder);
            }
        }
        let is_echo = self.hold(is_echo, own_power);
        if own_power > VOICE * least(WINDOW_LEN) {
            self.n_same = if is_same { self.n_same.saturating_add(1) } else { 0 };
        }
        self.part = own;
        Decision { is_echo, finds_path, is_same: self.n_same >= SAME_STEPS }
    }

    /// What is said of a moment goes on for the quieter ones after it.
    fn hold(&mut self, is_echo: bool, own_power: f32) -> bool {
        if is_echo {
            let before = if self.n_held > 0 { self.held_power } else { 0.0 };
            (self.n_held, self.held_power) = (HELD_STEPS, own_power.max(before));
            return true;
        }
        let is_held = self.n_held > 0 && own_power < HELD_BELOW * self.held_power;
        self.n_held = if is_held { self.n_held - 1 } else { 0 };
        is_held
    }

    /// Looks for a path in what was heard up to half a window after a time; whether one is new.
    fn search(&mut self, start: i64, at: i64, operator: &Operator) -> bool {
        let end = at + signed(HALF);
        let from = end - signed(OWN_LEN);
        if from < 0 {
            return false;
        }
        let mut finds_path = false;
        let mut own = std::mem::take(&mut self.part);
        own.resize(OWN_LEN, 0.0);
        self.copy_own(from, &mut own);
        if power(&own) > least(OWN_LEN) {
            // What came since is not looked at, so that the same is found however the blocks come.
            let there = SEARCHED_LEN - correlator::MOST_LEAD;
            self.searched.fill(0.0);
            operator.copy(start + from - signed(MOST_DELAY), &mut self.searched[..there]);
            let step = self.n_steps_before + self.step;
            if let Some(found) = self.correlator.find(&own, &self.searched) {
                finds_path = self.paths.take(step, found, self.earliest);
            }
        }
        self.part = own;
        finds_path
    }
}

/// The number of the decision that a frame goes by which ends `at` samples into the stretch.
fn step_of_frame(at: u64) -> u64 {
    (at.saturating_sub(HALF_FRAME) + STEP / 2) / STEP
}

/// What the operator said, as it would be heard along a path.
struct Said {
    samples: Vec<f32>,
    /// Its power within the window, or what is left of that before.
    power: f32,
}

impl Said {
    fn on(path: Path, from: i64, operator: &Operator) -> Self {
        let before = TAIL + SHIFTS;
        let mut samples = vec![0.0; before + WINDOW_LEN + SHIFTS];
        operator.copy(from - signed(before) - i64::from(path.delay), &mut samples);
        let now = power(&samples[before..before + WINDOW_LEN]);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let as_long = WINDOW_LEN as f32 / TAIL as f32;
        let left = TAIL_SHARE * as_long * power(&samples[..TAIL]);
        Said { samples, power: now.max(left) }
    }

    /// The best likeness to the caller's samples at the path's delay, and the power there per power said.
    fn likeness_to(&self, own: &[f32], own_power: f32) -> (f32, f32) {
        let mut best = (0.0_f32, 0.0_f32);
        for shift in 0..=2 * SHIFTS {
            let said = &self.samples[TAIL + shift..TAIL + shift + WINDOW_LEN];
            let said_power = power(said);
            if said_power < least(WINDOW_LEN) {
                continue;
            }
            let common = product(own, said);
            let squared = common * common / said_power;
            if squared > best.0 {
                best = (squared, squared / said_power);
            }
        }
        ((best.0 / own_power).sqrt(), best.1)
    }
}

/// Fills a part that begins at `from` with samples that begin at `first`; what is not there is silence.
pub(super) fn copy(samples: &[f32], first: i64, from: i64, part: &mut [f32]) {
    part.fill(0.0);
    let (skip, into) = (from - first, first - from);
    let skip = usize::try_from(skip.max(0)).unwrap_or(usize::MAX).min(samples.len());
    let into = usize::try_from(into.max(0)).unwrap_or(usize::MAX).min(part.len());
    let len = (samples.len() - skip).min(part.len() - into);
    part[into..into + len].copy_from_slice(&samples[skip..skip + len]);
}

/// A length as a difference of times.
pub(super) fn signed(len: usize) -> i64 {
    len.cast_signed() as i64
}
