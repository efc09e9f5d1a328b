//! A telephone line: a narrow band and the mu-law.
//!
//! In: a clip at 8 kHz and the band's edges. Out: the clip as the far end hears it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{mu_law_decode, mu_law_encode};
use crate::stream_time::STREAM_RATE_HZ;

/// Quality factors of the two second-order sections of a fourth-order Butterworth filter.
const BUTTERWORTH_4: [f64; 2] = [0.541_196_1, 1.306_563];

/// What a line lets through, between the frequencies at which it lets half the power through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Lower edge in Hz, above 0.
    pub low_hz: f32,
    /// Upper edge in Hz, below 4,000.
    pub high_hz: f32,
}

impl Band {
    /// A line somewhat wider or narrower than the classic 300 to 3,400 Hz.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        Band {
            low_hz: rng.random_range(150.0..=350.0),
            high_hz: rng.random_range(3_100.0..=3_600.0),
        }
    }
}

/// Sends a clip at 8 kHz over a line: fourth-order edges, then mu-law and back (ITU-T G.711).
pub fn telephone(samples: &mut [f32], band: Band) {
    for quality in BUTTERWORTH_4 {
        Biquad::high_pass(f64::from(band.low_hz), quality).filter(samples);
        Biquad::low_pass(f64::from(band.high_hz), quality).filter(samples);
    }
    for sample in samples {
        *sample = mu_law_decode(mu_law_encode(*sample));
    }
}

/// A second-order filter at 8 kHz (R. Bristow-Johnson, "Audio EQ Cookbook"), divided by its a0.
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    fn low_pass(frequency_hz: f64, quality: f64) -> Self {
        let (cos, alpha) = Self::angle(frequency_hz, quality);
        let half = (1.0 - cos) / 2.0;
        Self::over_a0([half, 2.0 * half, half], cos, alpha)
    }

    fn high_pass(frequency_hz: f64, quality: f64) -> Self {
        let (cos, alpha) = Self::angle(frequency_hz, quality);
        let half = f64::midpoint(1.0, cos);
        Self::over_a0([half, -2.0 * half, half], cos, alpha)
    }

    fn angle(frequency_hz: f64, quality: f64) -> (f64, f64) {
        let angle = std::f64::consts::TAU * frequency_hz / f64::from(STREAM_RATE_HZ);
        (angle.cos(), angle.sin() / (2.0 * quality))
    }

    fn over_a0(b: [f64; 3], cos: f64, alpha: f64) -> Self {
        let a0 = 1.0 + alpha;
        Biquad { b: b.map(|b| b / a0), a: [-2.0 * cos / a0, (1.0 - alpha) / a0] }
    }

    /// Filters in place from rest (transposed direct form II).
    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    fn filter(&self, samples: &mut [f32]) {
        let mut state = [0.0_f64; 2];
        for sample in samples {
            let input = f64::from(*sample);
            let output = self.b[0] * input + state[0];
            state[0] = self.b[1] * input - self.a[0] * output + state[1];
            state[1] = self.b[2] * input - self.a[1] * output;
            *sample = output as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::power;
    use super::super::tests::sine;
    use super::*;
    use rand::SeedableRng;

    const BAND: Band = Band { low_hz: 300.0, high_hz: 3_400.0 };

    /// Gain in dB of a sine, after the filters have settled.
    fn gain_db(frequency_hz: f32) -> f64 {
        let mut samples = sine(frequency_hz, 0.5);
        let before = power(&samples[2_000..]);
        telephone(&mut samples, BAND);
        10.0 * (power(&samples[2_000..]) / before).log10()
    }

    #[test]
    fn the_band_passes_and_what_is_outside_does_not() {
        // The mu-law's own error is 37 dB below the signal, so 0.2 dB at most.
        const TOLERANCE_DB: f64 = 0.2;
        for (frequency_hz, expected_db) in
            [(300.0, -3.01), (700.0, 0.0), (1_000.0, 0.0), (2_000.0, 0.0), (3_400.0, -3.01)]
        {
            let gain = gain_db(frequency_hz);
            assert!((gain - expected_db).abs() < TOLERANCE_DB, "{frequency_hz} Hz: {gain} dB");
        }
        assert!(gain_db(100.0) < -35.0, "{}", gain_db(100.0));
        assert!(gain_db(3_900.0) < -35.0, "{}", gain_db(3_900.0));
    }

    #[test]
    fn every_sample_that_leaves_the_line_is_one_of_the_256_of_the_standard() {
        let mut samples = sine(440.0, 0.7);
        telephone(&mut samples, BAND);
        let codes: std::collections::BTreeSet<u8> =
            samples.iter().map(|sample| mu_law_encode(*sample)).collect();
        assert!(codes.len() > 50, "{}", codes.len());
        assert!(samples.iter().all(|sample| {
            (mu_law_decode(mu_law_encode(*sample)) - sample).abs() < f32::EPSILON
        }));
    }

    #[test]
    fn the_mu_law_is_35_db_below_a_voice_in_the_band() {
        let filtered = {
            let mut samples = sine(1_000.0, 0.5);
            for quality in BUTTERWORTH_4 {
                Biquad::high_pass(f64::from(BAND.low_hz), quality).filter(&mut samples);
                Biquad::low_pass(f64::from(BAND.high_hz), quality).filter(&mut samples);
            }
            samples
        };
        let mut sent = sine(1_000.0, 0.5);
        telephone(&mut sent, BAND);
        let error: Vec<f32> = sent.iter().zip(&filtered).map(|(s, f)| s - f).collect();
        let snr_db = 10.0 * (power(&filtered) / power(&error)).log10();
        assert!((35.0..42.0).contains(&snr_db), "{snr_db}");
    }

    #[test]
    fn a_random_band_repeats_with_its_seed() {
        let band = |seed| Band::random(&mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(band(1), band(1));
        assert_ne!(band(1), band(2));
    }
}
