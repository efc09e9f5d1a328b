//! Loudness of a caller's audio, told at even intervals.

use crate::fact::{LEVEL_INTERVAL, Level};
use crate::stream_time::StreamTime;

/// Sums up samples until an interval is full.
#[derive(Default)]
pub(super) struct Meter {
    n: u64,
    power: f64,
    peak: f32,
}

/// The level of silence.
const FLOOR_DB: f32 = -100.0;

impl Meter {
    /// Takes samples that begin at `start`; tells the end and the level of each interval that fills.
    pub(super) fn push(
        &mut self,
        samples: &[f32],
        start: StreamTime,
        mut tell: impl FnMut(StreamTime, Level),
    ) {
        for (offset, &sample) in (1_u64..).zip(samples) {
            self.n += 1;
            self.power += f64::from(sample) * f64::from(sample);
            self.peak = self.peak.max(sample.abs());
            if self.n == LEVEL_INTERVAL.0 {
                tell(start + StreamTime(offset), self.level());
                *self = Meter::default();
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a mean")]
    fn level(&self) -> Level {
        let mean = (self.power / self.n as f64) as f32;
        let db = |ratio: f32| (10.0 * ratio.max(1e-10).log10()).max(FLOOR_DB);
        Level { rms_db: db(mean), peak_db: db(self.peak * self.peak) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_square_wave_is_0_db_and_silence_the_floor() {
        let mut meter = Meter::default();
        let mut levels = Vec::new();
        let square: Vec<f32> = (0..800).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        meter.push(&square, StreamTime::ZERO, |at, level| levels.push((at, level)));
        meter.push(&[0.0; 800], StreamTime(800), |at, level| levels.push((at, level)));
        assert_eq!(levels.len(), 2);
        assert_eq!(levels[0].0, StreamTime(800));
        assert!(levels[0].1.rms_db.abs() < 1e-3 && levels[0].1.peak_db.abs() < 1e-3);
        assert!((levels[1].1.rms_db - FLOOR_DB).abs() < 1e-3);
    }
}
