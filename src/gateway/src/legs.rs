//! The rule of time: what comes over a network in bursts, late, twice or not at all becomes two sides of one call.
//!
//! In: pieces of sound with the peer's count where it counts, and moments. Out: each side as a stream without holes: audio,
//! gaps where something was lost, and stretches in which nobody may listen. Keeps what came before its turn.
//!
//! 1. A sample's place is the peer's count; without one, the samples that came before it.
//! 2. Nothing for a while is no gap: it may come as a burst. Late by our clock is not lost by the peer's count.
//! 3. A burst is taken whole.
//! 4. Without counts: where the clock is over 1 s ahead for 5 s, so much was lost.
//! 5. Both sides have one zero; what begins late gets a gap in front of it.

mod leg;

use crate::protocol::{Refusal, Side, Sides, Sound};
use leg::Leg;
use sound::stream::StreamPiece;
use std::time::{Duration, Instant};

/// How a peer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// It does not.
    None,
    /// It does not, but it tells what was lost: nothing is to be reckoned.
    Told,
    /// Both sides by one count.
    Shared,
    /// Each side by a count of its own.
    Apart,
}

/// No peer may send so much more than real time.
const MOST_AHEAD: Duration = Duration::from_secs(10);
const TOO_FAST: Refusal = Refusal::TooLarge("sound comes faster than time passes");
/// A side that begins later than this begins with a gap.
const LATE_START: Duration = Duration::from_millis(200);
/// The first of a count may come a little after others.
const OPENING: Duration = Duration::from_millis(100);
/// When it is told that a rate is wrong.
const PACE_TOLD: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(5);
/// A caller who is further behind the operator is not waited for.
const CALLER_BEHIND: Duration = Duration::from_secs(10);
/// Rule 4.
const BEHIND: Duration = Duration::from_secs(1);
const BEHIND_FOR: Duration = Duration::from_secs(5);

/// A piece for a side.
pub type Piece = (Side, StreamPiece);

/// What went wrong on the way, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Samples that never came.
    pub lost: u64,
    /// Pieces that came after their place was given up, or twice.
    pub late: u64,
}

/// Both sides of a call.
#[derive(Debug)]
pub struct Legs {
    rate_hz: u32,
    counting: Counting,
    caller: Leg,
    operator: Option<Leg>,
    /// When the call's zero was, by our clock.
    began: Option<Instant>,
    /// The peer's count at the call's zero, where both sides share one.
    zero: Option<u64>,
    /// Where that count stands in the call.
    from: u64,
    /// When something came last, and the longest time in which nothing did.
    arrived: Option<Instant>,
    longest_pause: Duration,
    paused: Option<Instant>,
    /// How often the peer's count jumped.
    n_jumps: u64,
    /// The first sounds of a shared count: which of them is the zero is known a little later.
    opening: Vec<(Sound, Instant)>,
}

impl Legs {
    /// A call in which nothing came yet.
    #[must_use]
    pub fn new(rate_hz: u32, sides: Sides, counting: Counting) -> Self {
        let has_operator = matches!(sides, Sides::Together | Sides::Apart);
        Legs {
            rate_hz,
            counting,
            caller: Leg::new(rate_hz),
            operator: has_operator.then(|| Leg::new(rate_hz)),
            began: None,
            zero: None,
            from: 0,
            arrived: None,
            longest_pause: Duration::ZERO,
            paused: None,
            n_jumps: 0,
            opening: Vec::new(),
        }
    }

    /// Takes what came at this moment; what has its turn is appended.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] for a peer that sends much faster than time passes.
    pub fn take(
        &mut self,
        sound: Sound,
        now: Instant,
        out: &mut Vec<Piece>,
    ) -> Result<(), Refusal> {
        if sound.samples.is_empty() || self.paused.is_some() {
            return Ok(());
        }
        if self.counting != Counting::Shared || self.zero.is_some() || sound.at.is_none() {
            return self.place(sound, now, out);
        }
        self.opening.push((sound, now));
        if self.is_opening_over(now) { self.open(out) } else { Ok(()) }
    }

    fn is_opening_over(&self, now: Instant) -> bool {
        let n_samples: usize = self.opening.iter().map(|(sound, _)| sound.samples.len()).sum();
        let is_much = n_samples as u64 > self.samples_in(MOST_AHEAD);
        let first = self.opening.first();
        first.is_some_and(|(_, first)| is_much || now.duration_since(*first) >= OPENING)
    }

    /// The first of what came is the call's zero.
    fn open(&mut self, out: &mut Vec<Piece>) -> Result<(), Refusal> {
        let mut opening = std::mem::take(&mut self.opening);
        let Some(first) = opening.first().map(|(_, at)| *at) else { return Ok(()) };
        opening.sort_by_key(|(sound, _)| sound.at);
        self.zero = opening.first().and_then(|(sound, _)| sound.at);
        let length = opening.first().map_or(0, |(sound, _)| sound.samples.len() as u64);
        let began = first.checked_sub(self.length(length)).unwrap_or(first);
        self.began.get_or_insert(began);
        let (zero, from) = (self.zero.unwrap_or_default(), self.from);
        self.each(|leg, _| leg.anchor(zero, from));
        opening.into_iter().try_for_each(|(sound, at)| self.place(sound, at, out))
    }

    /// Brings sound to its place.
    fn place(&mut self, sound: Sound, now: Instant, out: &mut Vec<Piece>) -> Result<(), Refusal> {
        let Sound { side, at, follows, samples } = sound;
        let n_samples = samples.len() as u64;
        // The first samples are as old as they are long.
        let length = self.length(n_samples);
        let began = *self.began.get_or_insert_with(|| now.checked_sub(length).unwrap_or(now));
        let passed = self.samples_in(now.duration_since(began));
        let (ahead, late) = (self.samples_in(MOST_AHEAD), self.samples_in(LATE_START));
        let (counting, rate_hz) = (self.counting, u64::from(self.rate_hz));
        self.note_arrival(now);
        let is_first_counted = self.zero.is_some() && counting == Counting::Shared;
        let Some(leg) = self.leg(side) else { return Ok(()) };
        let own_start = passed.saturating_sub(n_samples);
        if !leg.has_begun() && own_start > leg.position() + late && !is_first_counted {
            leg.lose(own_start - leg.position(), side, out);
        }
        let counted = at.filter(|_| matches!(counting, Counting::Shared | Counting::Apart));
        let Some(at) = counted else {
            if leg.received() + n_samples > passed + ahead {
                return Err(TOO_FAST);
            }
            leg.append(samples, passed + late, side, out);
            return Ok(());
        };
        let place = leg.place_of(at);
        let is_late = place.is_none() && leg.come_late(n_samples) <= rate_hz;
        let is_ahead = place.is_some_and(|place| place.saturating_add(n_samples) > passed + ahead);
        if is_ahead && place.is_some_and(|place| place <= leg.position() + ahead) {
            return Err(TOO_FAST);
        }
        match place {
            None if is_late => {}
            Some(place) if !is_ahead => {
                if leg.take(place, follows, samples, now, side, out) > rate_hz {
                    // This piece was late as well; the next one stands where the clock is.
                    leg.jump_to(at.saturating_add(n_samples), passed, side, out);
                    self.n_jumps += 1;
                }
            }
            // Nobody has sent so much, nor been late for so long: this side's count is another one now.
            _ => {
                leg.jump_to(at, own_start, side, out);
                let place = leg.position();
                leg.take(place, true, samples, now, side, out);
                self.n_jumps += 1;
            }
        }
        Ok(())
    }

    fn note_arrival(&mut self, now: Instant) {
        if let Some(before) = self.arrived.replace(now) {
            self.longest_pause = self.longest_pause.max(now.duration_since(before));
        }
    }

    /// What waits too long for what should come before it waits no longer; and rule 4.
    pub fn tick(&mut self, now: Instant, out: &mut Vec<Piece>) {
        if self.is_opening_over(now) {
            let _ = self.open(out);
        }
        self.each(|leg, side| leg.give_up_waiting(now, side, out));
        let (Some(began), None) = (self.began, self.paused) else { return };
        self.follow_operator(out);
        if self.counting != Counting::None {
            return;
        }
        let passed = self.samples_in(now.duration_since(began));
        let (most, long) = (self.samples_in(BEHIND), BEHIND_FOR);
        self.each(|leg, side| {
            if leg.has_begun() {
                leg.lose_if_behind(passed, most, long, now, side, out);
            }
        });
    }

    /// A caller of whom nothing comes does not hold up the operator: the call goes on without.
    fn follow_operator(&mut self, out: &mut Vec<Piece>) {
        let Some(operator) = &self.operator else { return };
        let behind = operator.position().saturating_sub(self.caller.position());
        let most = self.samples_in(CALLER_BEHIND);
        if behind > most {
            self.caller.lose(behind - most / 2, Side::Caller, out);
        }
    }

    /// The peer says that so many samples of both sides were lost until now.
    pub fn lose(&mut self, n_samples: u64, now: Instant, out: &mut Vec<Piece>) {
        let _ = self.open(out);
        let length = self.length(n_samples);
        self.began.get_or_insert_with(|| now.checked_sub(length).unwrap_or(now));
        self.each(|leg, side| leg.lose(n_samples, side, out));
    }

    /// From here on nobody may listen.
    pub fn pause(&mut self, now: Instant, out: &mut Vec<Piece>) {
        if self.paused.is_none() {
            let _ = self.open(out);
            self.each(|leg, side| leg.give_up_all(side, out));
            self.began.get_or_insert(now);
            self.paused = Some(now);
        }
    }

    /// Listening is allowed again: so many samples were not heard as the peer says, or as our clock does.
    pub fn resume(&mut self, told: Option<u64>, now: Instant, out: &mut Vec<Piece>) {
        let Some(since) = self.paused.take() else { return };
        let missed = told.unwrap_or_else(|| self.samples_in(now.duration_since(since)));
        let is_apart = self.counting == Counting::Apart;
        self.each(|leg, side| {
            leg.mute(missed, side, out);
            if is_apart {
                // In a pause counts go on, stand still or begin anew.
                leg.count_anew();
            }
        });
    }

    /// Another connection goes on with this call: its count is another, and what passed between the two was lost.
    pub fn take_over(&mut self, now: Instant, out: &mut Vec<Piece>) {
        let _ = self.open(out);
        let Some(began) = self.began else { return };
        self.resume(None, now, out);
        let passed = self.samples_in(now.duration_since(began));
        let late = self.samples_in(LATE_START);
        let end = self.caller.position().max(self.operator.as_ref().map_or(0, Leg::position));
        let to = if passed > end + late { passed } else { end };
        self.zero = None;
        self.each(|leg, side| {
            leg.give_up_all(side, out);
            leg.give_up_time(to.saturating_sub(leg.position()), side, out);
            leg.count_anew();
        });
        // The new count's first sample stands there.
        self.from = to;
    }

    /// Nothing more comes: what waits comes out.
    pub fn finish(&mut self, now: Instant, out: &mut Vec<Piece>) {
        let _ = self.open(out);
        self.resume(None, now, out);
        self.each(|leg, side| leg.give_up_all(side, out));
        // A call is as long as the longer of its sides.
        let operator = self.operator.as_ref().map_or(0, Leg::position);
        let behind = operator.saturating_sub(self.caller.position());
        if behind > self.samples_in(LATE_START) {
            self.caller.lose(behind, Side::Caller, out);
        }
    }

    /// Up to where the caller is heard, in samples since the call's zero.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.caller.position()
    }

    /// How far one side is ahead of the other.
    #[must_use]
    pub fn drift(&self) -> Duration {
        let apart = match &self.operator {
            Some(operator) if operator.has_begun() && self.caller.has_begun() => {
                self.caller.position().abs_diff(operator.position())
            }
            _ => 0,
        };
        self.length(apart)
    }

    /// How many times faster than its rate the caller's sound comes: none where a peer counts, before 3 s and after 5 s.
    #[must_use]
    pub fn pace(&self, now: Instant) -> Option<f64> {
        let passed = now.duration_since(self.began?);
        let is_uncounted = matches!(self.counting, Counting::None | Counting::Told);
        let is_known = is_uncounted && self.caller.has_begun();
        if !is_known || !PACE_TOLD.contains(&passed) || self.paused.is_some() {
            return None;
        }
        let pace = self.length(self.caller.position()).as_secs_f64() / passed.as_secs_f64();
        // Where nothing came for a while, less came than its rate says.
        (pace > 1.0 || self.longest_pause < LATE_START).then_some(pace)
    }

    /// How often the peer's count jumped.
    #[must_use]
    pub fn n_jumps(&self) -> u64 {
        self.n_jumps
    }

    /// What went wrong so far.
    #[must_use]
    pub fn losses(&self) -> Losses {
        let of = |leg: &Leg| leg.losses();
        let operator = self.operator.as_ref().map(of).unwrap_or_default();
        let caller = of(&self.caller);
        Losses { lost: caller.lost + operator.lost, late: caller.late + operator.late }
    }

    fn leg(&mut self, side: Side) -> Option<&mut Leg> {
        match side {
            Side::Caller | Side::Unknown => Some(&mut self.caller),
            Side::Operator => self.operator.as_mut(),
        }
    }

    /// The operator first: the caller's decisions need what the operator said.
    fn each(&mut self, mut work: impl FnMut(&mut Leg, Side)) {
        if let Some(operator) = &mut self.operator {
            work(operator, Side::Operator);
        }
        work(&mut self.caller, Side::Caller);
    }

    fn samples_in(&self, length: Duration) -> u64 {
        let samples = length.as_micros() * u128::from(self.rate_hz) / 1_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    fn length(&self, n_samples: u64) -> Duration {
        Duration::from_micros(n_samples.saturating_mul(1_000_000) / u64::from(self.rate_hz))
    }
}

#[cfg(test)]
mod tests;
