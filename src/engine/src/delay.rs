//! How late readings are: from the moment a segment's last sample was captured to its reading in the log.
//!
//! Samples come in blocks, so when one was captured is not told; it is reckoned: sample `n` was captured
//! `n / rate` seconds after the stream began, and the stream cannot have begun later than the promptest
//! block says. What a reading waits for its block, for the engine and for the classifier all counts.

use hearing::stream_time::StreamTime;
use record::session::record::Delay;
use std::time::{Duration, Instant};

/// Whether delays are measured: they mean something only where audio comes by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Audio comes as it is spoken.
    RealTime,
    /// Audio comes faster or slower than that.
    AsRead,
}

impl Clock {
    /// The clock of a replay at that speed.
    #[must_use]
    pub fn of_speed(speed: f64) -> Self {
        if (speed - 1.0).abs() < f64::EPSILON { Clock::RealTime } else { Clock::AsRead }
    }
}

/// Delays of this many milliseconds and more are counted together.
const LONGEST_MS: usize = 10_000;

/// The stream's beginning is reckoned anew from the blocks of this time: drift of 100 ppm, which cheap sound
/// cards have, comes to 3 ms in it.
const WINDOW: Duration = Duration::from_secs(30);

/// A histogram of delays in steps of 1 ms, up to the longest there was; its size does not grow with the call.
#[derive(Clone, Default)]
pub struct Delays {
    counts: Vec<u32>,
    n: u64,
}

impl Delays {
    fn add(&mut self, delay: Duration) {
        let bin = usize::try_from(delay.as_millis()).unwrap_or(LONGEST_MS).min(LONGEST_MS - 1);
        self.make_room(bin + 1);
        self.counts[bin] += 1;
        self.n += 1;
    }

    fn make_room(&mut self, n_bins: usize) {
        if self.counts.len() < n_bins {
            self.counts.resize(n_bins, 0);
        }
    }

    /// Counts those of another line too.
    pub fn join(&mut self, other: &Delays) {
        self.make_room(other.counts.len());
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
        self.n += other.n;
    }

    /// The upper end of the bin in which the percentile lies, in milliseconds; none without delays.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (self.n * percent).div_ceil(100);
        let mut seen = 0;
        self.counts.iter().zip(1_u32..).find_map(|(&count, end)| {
            seen += u64::from(count);
            (count > 0 && seen >= rank).then_some(f64::from(end))
        })
    }
}

/// Of several lines' delays, that of the line that waits longest.
#[must_use]
pub fn longest(delays: impl Iterator<Item = Delay>) -> Option<Delay> {
    delays.reduce(|one, other| if other.p95_ms > one.p95_ms { other } else { one })
}

/// Measures the delays of a line's readings.
pub struct DelayMeter {
    rate_hz: u32,
    /// When sample 0 was captured, as far as is known.
    start: Option<Instant>,
    /// The same from the blocks of this window alone, and when the window began.
    recent: Option<(Instant, Instant)>,
    delays: Delays,
}

impl DelayMeter {
    /// A meter for a source of that rate.
    #[must_use]
    pub fn new(rate_hz: u32) -> Self {
        DelayMeter { rate_hz, start: None, recent: None, delays: Delays::default() }
    }

    /// The source has delivered its first `n_samples` samples by `now`.
    pub fn arrived(&mut self, n_samples: u64, now: Instant) {
        #[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
        let length = Duration::from_secs_f64(n_samples as f64 / f64::from(self.rate_hz));
        let Some(start) = now.checked_sub(length) else { return };
        self.start = Some(self.start.map_or(start, |before| before.min(start)));
        let (recent, since) = self.recent.unwrap_or((start, now));
        self.recent = Some((recent.min(start), since));
        if now.duration_since(since) >= WINDOW {
            // A device's clock drifts against the system's: what was true an hour ago no longer is.
            self.start = Some(recent.min(start));
            self.recent = Some((start, now));
        }
    }

    /// The reading of the segment that ends at `at` is in the log.
    pub fn logged(&mut self, at: StreamTime, now: Instant) {
        let Some(start) = self.start else { return };
        let captured = start + Duration::from_secs_f64(at.seconds());
        self.delays.add(now.saturating_duration_since(captured));
    }

    /// The stream's beginning is not known any more: after a seek, a pause or another speed.
    pub fn restart(&mut self) {
        self.start = None;
        self.recent = None;
    }

    /// When sample 0 was captured, as far as is known.
    #[must_use]
    pub fn began(&self) -> Option<Instant> {
        self.start
    }

    /// Counts delays from here on.
    pub fn forget_counts(&mut self) {
        self.delays.counts.fill(0);
        self.delays.n = 0;
    }

    /// The delays so far.
    #[must_use]
    pub fn delays(&self) -> &Delays {
        &self.delays
    }

    /// Median and 95th percentile so far, or `None` before the first reading.
    #[must_use]
    pub fn summary(&self) -> Option<Delay> {
        let (p50_ms, p95_ms) = (self.delays.percentile(50)?, self.delays.percentile(95)?);
        Some(Delay { p50_ms, p95_ms, n: self.delays.n })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_count_from_the_capture_of_the_last_sample() {
        let begin = Instant::now();
        let after = |ms| begin + Duration::from_millis(ms);
        let mut meter = DelayMeter::new(16_000);
        assert_eq!(meter.summary(), None);
        meter.arrived(800, after(50));
        for late in 1..=100 {
            meter.logged(StreamTime::from_ms(50), after(50 + late));
        }
        let delay = meter.summary().expect("there were readings");
        assert_eq!((delay.n, delay.p50_ms, delay.p95_ms), (100, 51.0, 96.0));
    }

    #[test]
    fn a_block_that_comes_late_does_not_move_the_beginning() {
        let begin = Instant::now();
        let mut meter = DelayMeter::new(8_000);
        meter.arrived(800, begin + Duration::from_millis(100));
        meter.arrived(1600, begin + Duration::from_millis(900));
        meter.logged(StreamTime::from_ms(200), begin + Duration::from_millis(905));
        let delay = meter.summary().expect("there was a reading");
        assert!((delay.p50_ms - 706.0).abs() < 1e-9, "{}", delay.p50_ms);
    }
}
