//! A compressor, which makes loud sounds less loud, as cheap telephones do.
//!
//! In: a clip at 8 kHz. Out: the clip with its loud parts turned down.

use super::level::amplitude;
use hearing::stream_time::STREAM_RATE_HZ;

/// What a compressor does above which level.
pub(super) struct Compressor {
    /// Levels above this, in dB of full scale, are turned down.
    pub(super) threshold_db: f32,
    /// How much is left of every dB above the threshold, in [0, 1].
    pub(super) ratio: f32,
    /// Time in which it follows a level that rises, in seconds.
    pub(super) attack_s: f32,
    /// Time in which it follows a level that falls, in seconds.
    pub(super) release_s: f32,
}

impl Compressor {
    /// Compresses in place, following the peaks (D. Giannoulis et al., "Digital dynamic range compressor
    /// design", 2012: feed-forward, hard knee, branching smoothing).
    pub(super) fn compress(&self, samples: &mut [f32]) {
        let (attack, release) = (per_sample(self.attack_s), per_sample(self.release_s));
        let mut reduction_db = 0.0_f32;
        for sample in samples {
            let level_db = 20.0 * sample.abs().max(1e-6).log10();
            let wanted_db = (level_db - self.threshold_db).max(0.0) * (1.0 - self.ratio);
            let pace = if wanted_db > reduction_db { attack } else { release };
            reduction_db = pace * reduction_db + (1.0 - pace) * wanted_db;
            *sample *= amplitude(-reduction_db);
        }
    }
}

/// The share that is left after a sample of something that falls to 1/e in so many seconds.
#[expect(clippy::cast_precision_loss, reason = "8,000")]
fn per_sample(time_s: f32) -> f32 {
    (-1.0 / (time_s * STREAM_RATE_HZ as f32)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPRESSOR: Compressor =
        Compressor { threshold_db: -20.0, ratio: 0.8, attack_s: 0.01, release_s: 0.02 };

    #[test]
    fn a_steady_level_settles_where_the_ratio_puts_it_and_a_low_one_stays() {
        // -6.02 dB is 13.98 dB above the threshold, of which 0.8 stay: -8.82 dB.
        for (level, expected) in [(0.5, 0.3623), (0.05, 0.05), (0.0, 0.0)] {
            let mut samples = [level; 1_600];
            COMPRESSOR.compress(&mut samples);
            assert!((samples[1_599] - expected).abs() < 1e-3, "{level}: {}", samples[1_599]);
        }
    }

    #[test]
    fn it_takes_the_attack_time_to_follow() {
        let mut samples = [0.5; 1_600];
        COMPRESSOR.compress(&mut samples);
        assert!(samples[0] > 0.49);
        // After 10 ms 1/e of the 2.8 dB is missing.
        let missing_db = 20.0 * (samples[79] / samples[1_599]).log10();
        assert!((missing_db - 2.796 / std::f32::consts::E).abs() < 0.05, "{missing_db}");
    }
}
