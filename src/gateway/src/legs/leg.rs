//! One side of a call in its order.
//!
//! In: pieces at their places. Out: audio and gaps without holes. Keeps what came before its turn, up to 0.2 s.

use super::{Losses, Piece};
use crate::protocol::Side;
use sound::stream::StreamPiece;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

/// What is missing is waited for so long: networks reorder within this.
const HOLD_MS: u64 = 200;
/// Counts in milliseconds are not exact: a hole up to this is none.
const ROUNDING_MS: u64 = 10;
/// The same where the peer says that nothing is missing: its clock stumbles.
const STUMBLE_MS: u64 = 60;
/// Longer silence is told as lost: nobody sends a minute of it in one message.
const MOST_SILENCE_MS: u64 = 60_000;

/// A piece that waits for what comes before it.
#[derive(Debug)]
struct Held {
    samples: Vec<f32>,
    since: Instant,
}

/// One side. Places are in samples since the call's zero.
#[derive(Debug)]
pub(super) struct Leg {
    rate_hz: u32,
    /// Up to here everything has come out.
    position: u64,
    /// Samples that came.
    received: u64,
    /// Samples that were reckoned to be lost, and may come after all.
    given_up: u64,
    late_in_a_row: u64,
    held: BTreeMap<u64, Held>,
    has_begun: bool,
    /// A count of the peer's, and the place where it stands.
    anchor: Option<(u64, u64)>,
    behind_since: Option<Instant>,
    losses: Losses,
}

impl Leg {
    pub(super) fn new(rate_hz: u32) -> Self {
        Leg {
            rate_hz,
            position: 0,
            received: 0,
            given_up: 0,
            late_in_a_row: 0,
            held: BTreeMap::new(),
            has_begun: false,
            anchor: None,
            behind_since: None,
            losses: Losses::default(),
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses
    }

    /// Something came whose place is before the call's zero: how many samples were late one after the other.
    pub(super) fn come_late(&mut self, n_samples: u64) -> u64 {
        self.losses.late += 1;
        self.late_in_a_row += n_samples;
        self.late_in_a_row
    }

    /// Samples that came, without those that were reckoned or said to be lost.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Where this count of the peer's stands; none before its zero. Without a zero it stands where this side has come to.
    pub(super) fn place_of(&mut self, at: u64) -> Option<u64> {
        let (count, place) = *self.anchor.get_or_insert((at, self.position));
        at.checked_sub(count).map(|since| place.saturating_add(since))
    }

    /// The peer's count stands at this place.
    pub(super) fn anchor(&mut self, count: u64, place: u64) {
        self.anchor = Some((count, place));
    }

    /// The next count is another one.
    pub(super) fn count_anew(&mut self) {
        self.anchor = None;
        self.late_in_a_row = 0;
    }

    /// The peer's count has jumped to this one, which stands where the clock is.
    pub(super) fn jump_to(&mut self, at: u64, clock: u64, side: Side, out: &mut Vec<Piece>) {
        self.give_up_all(side, out);
        self.lose(clock.saturating_sub(self.position), side, out);
        self.late_in_a_row = 0;
        self.anchor(at, self.position);
    }

    /// Takes samples behind all that came. Those whose time was given up for lost, up to `until`, are late.
    pub(super) fn append(
        &mut self,
        mut samples: Vec<f32>,
        until: u64,
        side: Side,
        out: &mut Vec<Piece>,
    ) {
        self.has_begun = true;
        self.received += samples.len() as u64;
        let over = (self.position + samples.len() as u64).saturating_sub(until);
        let given_up = over.min(self.given_up).min(samples.len() as u64);
        if given_up > 0 {
            self.given_up -= given_up;
            self.losses.late += 1;
            samples.drain(..usize::try_from(given_up).unwrap_or(usize::MAX));
        }
        self.hand_on(samples, side, out);
    }

    /// Takes samples at their place: how many were late one after the other.
    pub(super) fn take(
        &mut self,
        place: u64,
        follows: bool,
        mut samples: Vec<f32>,
        now: Instant,
        side: Side,
        out: &mut Vec<Piece>,
    ) -> u64 {
        self.has_begun = true;
        self.received += samples.len() as u64;
        let early = self.position.saturating_sub(place);
        if early > self.samples_in(ROUNDING_MS) {
            // Its place was given up, or it came before.
            let heard = usize::try_from(early).unwrap_or(usize::MAX);
            if heard >= samples.len() || !self.held.is_empty() {
                return self.come_late(samples.len() as u64);
            }
            samples.drain(..heard);
        }
        self.late_in_a_row = 0;
        let missing = place.saturating_sub(self.position);
        let is_whole = self.held.is_empty();
        if missing <= self.samples_in(ROUNDING_MS)
            || follows && is_whole && missing <= self.samples_in(STUMBLE_MS)
        {
            self.hand_on(samples, side, out);
        } else if follows && is_whole && missing <= self.samples_in(MOST_SILENCE_MS) {
            // Nothing was sent, since there was nothing to hear.
            let silence = vec![0.0; usize::try_from(missing).unwrap_or(0)];
            self.hand_on(silence, side, out);
            self.hand_on(samples, side, out);
        } else if let Entry::Vacant(room) = self.held.entry(place) {
            room.insert(Held { samples, since: now });
        } else {
            self.losses.late += 1;
        }
        self.hand_on_held(side, out);
        let hold = self.samples_in(HOLD_MS);
        while self
            .held
            .last_key_value()
            .is_some_and(|(place, last)| place + last.samples.len() as u64 > self.position + hold)
        {
            self.give_up(side, out);
        }
        0
    }

    /// What has waited for too long is handed on, with a gap in front.
    pub(super) fn give_up_waiting(&mut self, now: Instant, side: Side, out: &mut Vec<Piece>) {
        let hold = Duration::from_millis(HOLD_MS);
        while self.held.values().next().is_some_and(|held| now.duration_since(held.since) >= hold) {
            self.give_up(side, out);
        }
    }

    /// All that waits is handed on.
    pub(super) fn give_up_all(&mut self, side: Side, out: &mut Vec<Piece>) {
        while !self.held.is_empty() {
            self.give_up(side, out);
        }
    }

    /// What is missing before the first piece that waits is lost.
    fn give_up(&mut self, side: Side, out: &mut Vec<Piece>) {
        if let Some((place, _)) = self.held.first_key_value() {
            self.lose(place.saturating_sub(self.position), side, out);
            self.hand_on_held(side, out);
        }
    }

    /// So many samples are lost here.
    pub(super) fn lose(&mut self, n_samples: u64, side: Side, out: &mut Vec<Piece>) {
        if n_samples > 0 {
            self.losses.lost += n_samples;
            self.position += n_samples;
            out.push((side, StreamPiece::Gap(n_samples)));
        }
    }

    /// So many samples are lost by our clock alone: they may come after all.
    pub(super) fn give_up_time(&mut self, n_samples: u64, side: Side, out: &mut Vec<Piece>) {
        self.given_up += n_samples;
        self.lose(n_samples, side, out);
    }

    /// For so long nobody was allowed to listen.
    pub(super) fn mute(&mut self, n_samples: u64, side: Side, out: &mut Vec<Piece>) {
        if n_samples > 0 {
            self.position += n_samples;
            out.push((side, StreamPiece::Muted(n_samples)));
        }
    }

    /// Where this side is more than `most` samples behind what has passed, for so long: that was lost.
    pub(super) fn lose_if_behind(
        &mut self,
        passed: u64,
        most: u64,
        long: Duration,
        now: Instant,
        side: Side,
        out: &mut Vec<Piece>,
    ) {
        let behind = passed.saturating_sub(self.position);
        if behind <= most {
            self.behind_since = None;
            return;
        }
        let since = *self.behind_since.get_or_insert(now);
        if now.duration_since(since) >= long {
            self.behind_since = None;
            self.give_up_time(behind, side, out);
        }
    }

    fn hand_on_held(&mut self, side: Side, out: &mut Vec<Piece>) {
        let rounding = self.samples_in(ROUNDING_MS);
        while let Some(first) = self.held.first_entry()
            && *first.key() <= self.position + rounding
        {
            let samples = first.remove().samples;
            self.hand_on(samples, side, out);
        }
    }

    fn hand_on(&mut self, samples: Vec<f32>, side: Side, out: &mut Vec<Piece>) {
        if samples.is_empty() {
            return;
        }
        self.position += samples.len() as u64;
        out.push((side, StreamPiece::Audio(samples)));
    }

    fn samples_in(&self, ms: u64) -> u64 {
        ms * u64::from(self.rate_hz) / 1_000
    }
}
