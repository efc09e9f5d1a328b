//! Filters of first and second order at 8 kHz.
//!
//! In: a frequency and a quality factor. Out: a filter that changes a clip in place, from rest.
//! Source: R. Bristow-Johnson, "Audio EQ Cookbook".

use hearing::stream_time::STREAM_RATE_HZ;

/// Quality factors of the two sections of a fourth-order Butterworth filter.
pub(super) const BUTTERWORTH_4: [f64; 2] = [0.541_196_1, 1.306_563];

/// A filter, its coefficients divided by a0.
pub(super) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    /// Lets through what is below `frequency_hz`.
    pub(super) fn low_pass(frequency_hz: f64, quality: f64) -> Self {
        let (cos, alpha) = Self::angle(frequency_hz, quality);
        let half = (1.0 - cos) / 2.0;
        Self::over_a0([half, 2.0 * half, half], cos, alpha)
    }

    /// Lets through what is above `frequency_hz`.
    pub(super) fn high_pass(frequency_hz: f64, quality: f64) -> Self {
        let (cos, alpha) = Self::angle(frequency_hz, quality);
        let half = f64::midpoint(1.0, cos);
        Self::over_a0([half, -2.0 * half, half], cos, alpha)
    }

    /// Lets through what is below `frequency_hz`, falling 6 dB an octave (bilinear transform).
    pub(super) fn first_order_low_pass(frequency_hz: f32) -> Self {
        let k = Self::warped(frequency_hz);
        Self::over_a0_first_order([k, k], k)
    }

    /// Lets through what is above `frequency_hz`, falling 6 dB an octave (bilinear transform).
    pub(super) fn first_order_high_pass(frequency_hz: f32) -> Self {
        Self::over_a0_first_order([1.0, -1.0], Self::warped(frequency_hz))
    }

    fn warped(frequency_hz: f32) -> f64 {
        (std::f64::consts::PI * f64::from(frequency_hz) / f64::from(STREAM_RATE_HZ)).tan()
    }

    fn over_a0_first_order(b: [f64; 2], k: f64) -> Self {
        Biquad { b: [b[0] / (1.0 + k), b[1] / (1.0 + k), 0.0], a: [(k - 1.0) / (1.0 + k), 0.0] }
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
    pub(super) fn filter(&self, samples: &mut [f32]) {
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

    fn gain_db(filter: &Biquad, frequency_hz: f32) -> f64 {
        let mut samples = sine(frequency_hz, 0.5);
        let before = power(&samples[4_000..]);
        filter.filter(&mut samples);
        10.0 * (power(&samples[4_000..]) / before).log10()
    }

    #[test]
    fn first_order_filters_halve_the_power_at_their_frequency_and_fall_gently() {
        let low = Biquad::first_order_low_pass(500.0);
        let high = Biquad::first_order_high_pass(500.0);
        assert!((gain_db(&low, 500.0) + 3.01).abs() < 0.05, "{}", gain_db(&low, 500.0));
        assert!((gain_db(&high, 500.0) + 3.01).abs() < 0.05, "{}", gain_db(&high, 500.0));
        // An octave away a fifth of the power is left.
        assert!((gain_db(&high, 250.0) + 6.99).abs() < 0.2, "{}", gain_db(&high, 250.0));
        assert!((gain_db(&low, 1_000.0) + 6.99).abs() < 0.5, "{}", gain_db(&low, 1_000.0));
    }

    #[test]
    fn half_the_power_passes_at_the_frequency_and_a_sixteenth_an_octave_away() {
        // A second-order Butterworth section falls 12.3 dB in its first octave.
        let low = Biquad::low_pass(500.0, std::f64::consts::FRAC_1_SQRT_2);
        let high = Biquad::high_pass(500.0, std::f64::consts::FRAC_1_SQRT_2);
        assert!((gain_db(&low, 500.0) + 3.01).abs() < 0.05, "{}", gain_db(&low, 500.0));
        assert!((gain_db(&high, 500.0) + 3.01).abs() < 0.05, "{}", gain_db(&high, 500.0));
        assert!((gain_db(&high, 250.0) + 12.3).abs() < 0.5, "{}", gain_db(&high, 250.0));
        assert!(gain_db(&low, 1_000.0) < -12.0, "{}", gain_db(&low, 1_000.0));
        assert!(gain_db(&low, 100.0).abs() < 0.1 && gain_db(&high, 3_000.0).abs() < 0.1);
    }
}
