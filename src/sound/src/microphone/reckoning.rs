//! What the clock says should have come and did not: losses that no sound system reports.
//!
//! In: how long each block is, and when it came. Out: how many samples are missing before it. It keeps
//! where the stream began, how late blocks come at best, and the present window.
//!
//! A block that is late says nothing: it may have waited for a busy machine, and those after it catch up. But
//! when in a whole second no block came as early as one used to come, then audio was lost, and as much as
//! that. A sound card's clock runs faster or slower than the computer's; the best lateness follows
//! it, up to [`DRIFT`], and drift is not told as a loss.
//!
//! ```text
//!  late by      ·     ·   ·                        · ·     ·
//!      │     ·    ·    ·      ·                ··       ·     <- the least of a window
//!      │   ·   ·     ·    ··     ·  (lost)                       less the least before:
//!      └──·──────·───────·─────·──────────────────────────────── lost for good
//! ```

use std::time::Duration;

/// How long blocks are looked at before it is said that something is missing. The longest time that blocks
/// of a loaded machine were seen to stay away is 0.4 s.
const WINDOW: Duration = Duration::from_secs(1);

/// Blocks that a window needs.
const LEAST_BLOCKS: u32 = 4;

/// After such a pause (and a block's own length) blocks may come in a heap, so a window begins anew.
const PAUSE: Duration = Duration::from_millis(300);

/// Less than this is not told yet, as it may be a machine that was busy for the whole window. It is
/// a block of a sound server.
const LEAST: Duration = Duration::from_millis(100);

/// How far a sound card's clock may be off: five times what cheap ones are.
const DRIFT: f64 = 500e-6;

/// For so long after an input is back a sound server may deliver what it had kept: up to 2.3 s were seen.
const RETURNING: Duration = Duration::from_secs(3);

/// What came sooner than the clock allows by more than this was kept: a block and a half of a sound server.
const KEPT: Duration = Duration::from_millis(150);

/// The reckoning of one stream.
#[derive(Clone, Debug)]
pub(super) struct Reckoning {
    rate_hz: f64,
    /// When an earlier stream of the same input was heard last.
    before: Option<Duration>,
    /// When the first sample was due.
    origin: Option<Duration>,
    /// Samples since then, come or missing.
    n: u64,
    /// How late blocks come at best, in samples; below 0 after a first block that was late.
    best: f64,
    last: Duration,
    window: Window,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    begun: Duration,
    n_blocks: u32,
    least: f64,
}

impl Window {
    fn beginning(at: Duration) -> Self {
        Window { begun: at, n_blocks: 0, least: f64::INFINITY }
    }
}

impl Reckoning {
    /// A stream of that rate; if it goes on with an input that was heard until `before`, what lies between
    /// is missing.
    pub(super) fn new(rate_hz: u32, before: Option<Duration>) -> Self {
        Reckoning {
            rate_hz: f64::from(rate_hz),
            before,
            origin: None,
            n: 0,
            best: 0.0,
            last: Duration::ZERO,
            window: Window::beginning(Duration::ZERO),
        }
    }

    /// Whether a block is of the time that was told as missing when the input came back: a server that was held up
    /// delivers it faster than time goes by. It stays missing, or the stream would run ahead of the clock.
    #[expect(clippy::cast_precision_loss, reason = "a block is far shorter than 2^53 samples")]
    pub(super) fn is_of_before(&self, len: usize, now: Duration) -> bool {
        let Some(origin) = self.origin.filter(|_| self.before.is_some()) else { return false };
        let ahead = len as f64 - self.late(origin, now);
        now.saturating_sub(origin) < RETURNING && ahead > KEPT.as_secs_f64() * self.rate_hz
    }

    /// A block of `len` samples came at `now`: so many are missing before it.
    ///
    /// What was lost on the way is known a second later than it was lost, so it is told too late in the
    /// stream by that, but in its full length.
    pub(super) fn arrived(&mut self, len: usize, now: Duration) -> u64 {
        let length = self.length(len as u64);
        let Some(origin) = self.origin else {
            let origin = now.saturating_sub(length);
            self.origin = Some(origin);
            self.n = len as u64;
            self.last = now;
            self.window = Window::beginning(now);
            return self.before.map_or(0, |before| self.samples(origin.saturating_sub(before)));
        };
        self.n += len as u64;
        if now.saturating_sub(self.last) > PAUSE + length {
            self.window = Window::beginning(now);
        }
        self.last = now;
        let late = self.late(origin, now);
        self.best = self.best.min(late);
        self.window.least = self.window.least.min(late);
        self.window.n_blocks += 1;
        let looked = now.saturating_sub(self.window.begun);
        if looked < WINDOW || self.window.n_blocks < LEAST_BLOCKS {
            return 0;
        }
        self.close_window(looked, now)
    }

    /// When the last sample that came was due: here the input was heard last.
    pub(super) fn heard_until(&self) -> Duration {
        let Some(origin) = self.origin else { return self.before.unwrap_or_default() };
        let best = Duration::try_from_secs_f64(self.best.abs() / self.rate_hz).unwrap_or_default();
        let due = origin + self.length(self.n);
        if self.best < 0.0 { due.saturating_sub(best) } else { due + best }
    }

    /// How much is missing at the end of the window.
    fn close_window(&mut self, looked: Duration, now: Duration) -> u64 {
        let least = self.window.least;
        let missing = least - self.best;
        self.window = Window::beginning(now);
        if missing < LEAST.as_secs_f64() * self.rate_hz {
            let drift = looked.as_secs_f64() * self.rate_hz * DRIFT;
            self.best = least.min(self.best + drift);
            return 0;
        }
        let missing = whole(missing);
        self.n += missing;
        missing
    }

    /// How many samples should have come since the origin and did not.
    #[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
    fn late(&self, origin: Duration, now: Duration) -> f64 {
        now.saturating_sub(origin).as_secs_f64() * self.rate_hz - self.n as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
    fn length(&self, n: u64) -> Duration {
        Duration::try_from_secs_f64(n as f64 / self.rate_hz).unwrap_or_default()
    }

    /// How many samples a length has.
    pub(super) fn samples(&self, length: Duration) -> u64 {
        whole(length.as_secs_f64() * self.rate_hz)
    }
}

/// A number of samples, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and a float that is too large becomes the largest number"
)]
fn whole(samples: f64) -> u64 {
    samples.round().max(0.0) as u64
}

#[cfg(test)]
mod tests;
