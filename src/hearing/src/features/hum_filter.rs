//! Takes hum and a constant offset off a stream before anything else looks at it.
//!
//! In: samples at 8 kHz, in blocks of any length. Out: as many, later by less than a millisecond. Kept between calls:
//! the filter's state.
//!
//! A high-pass, which a telephone has too (it passes 300 to 3400 Hz), and notches at the harmonics of the mains that
//! it lets through in part. Steeper ones were measured: an edge that leaves one strong harmonic of a voice alone
//! makes the pitch tracker take that for the pitch. The sections are those of R. Bristow-Johnson, "Audio EQ Cookbook".

use std::f64::consts::{FRAC_PI_2, TAU};

/// The rate that the filter is made for.
const RATE_HZ: f64 = 8_000.0;
/// Half the power passes here; an octave below 36 dB less.
const EDGE_HZ: f64 = 200.0;
/// Sections of the Butterworth high-pass: sixth order.
const N_EDGE: usize = 3;
/// Harmonics of mains of 50 and 60 Hz that the high-pass leaves in part, and how many times its own width (3 dB down)
/// a notch's frequency is: mains keep their frequency within 0.2 Hz (ENTSO-E), its fourth harmonic within 0.8 Hz.
const NOTCHES_HZ: [f64; 6] = [100.0, 120.0, 150.0, 180.0, 200.0, 240.0];
const NOTCH_QUALITY: f64 = 20.0;
const N_SECTIONS: usize = N_EDGE + NOTCHES_HZ.len();

/// Below this a state is nothing: far below what a frame can tell from silence, far above what a processor is slow at.
const NOTHING: f64 = 1e-60;
/// Samples between two looks for such states.
const LOOK_EVERY: u32 = 256;

/// Filters one stream.
#[derive(Clone, Debug)]
pub struct HumFilter {
    sections: [Section; N_SECTIONS],
    /// Samples since the last look at the states.
    n_since: u32,
    is_fresh: bool,
}

impl Default for HumFilter {
    fn default() -> Self {
        HumFilter::new()
    }
}

impl HumFilter {
    /// A filter at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        let edge: [Section; N_EDGE] = std::array::from_fn(|index| {
            // Poles at equal angles on the left half of a circle (Butterworth, 1930).
            #[expect(clippy::cast_precision_loss, reason = "a small index")]
            let angle = FRAC_PI_2 * (2 * index + 1) as f64 / (2 * N_EDGE) as f64;
            Section::high_pass(EDGE_HZ, 1.0 / (2.0 * angle.cos()))
        });
        let sections = std::array::from_fn(|index| match index.checked_sub(N_EDGE) {
            None => edge[index],
            Some(notch) => Section::notch(NOTCHES_HZ[notch], NOTCH_QUALITY),
        });
        HumFilter { sections, n_since: 0, is_fresh: true }
    }

    /// Writes the filtered `samples` to `filtered`, which is as long. The first sample after the start or a reset
    /// stands for all that were before it, so that an offset makes no click. A sample that is no number counts as 0.
    pub fn apply(&mut self, samples: &[f32], filtered: &mut [f32]) {
        debug_assert_eq!(samples.len(), filtered.len());
        for (to, &sample) in filtered.iter_mut().zip(samples) {
            *to = self.next(if sample.is_finite() { f64::from(sample) } else { 0.0 });
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    fn next(&mut self, sample: f64) -> f32 {
        if self.is_fresh {
            self.is_fresh = false;
            self.sections[0].settle_at(sample);
        }
        let mut value = sample;
        for section in &mut self.sections {
            value = section.next(value);
        }
        self.n_since += 1;
        if self.n_since == LOOK_EVERY {
            self.n_since = 0;
            self.sections.iter_mut().for_each(Section::forget_nothing);
        }
        value as f32
    }

    /// Back to the start of a stream.
    pub fn reset(&mut self) {
        for section in &mut self.sections {
            section.state = [0.0; 2];
        }
        self.n_since = 0;
        self.is_fresh = true;
    }
}

/// A section of second order, its coefficients divided by a0, with its state (transposed direct form II).
#[derive(Clone, Copy, Debug)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Section {
    fn high_pass(frequency_hz: f64, quality: f64) -> Self {
        let (sin, cos) = (TAU * frequency_hz / RATE_HZ).sin_cos();
        let half = f64::midpoint(1.0, cos);
        Self::over_a0([half, -2.0 * half, half], cos, sin / (2.0 * quality))
    }

    fn notch(frequency_hz: f64, quality: f64) -> Self {
        let (sin, cos) = (TAU * frequency_hz / RATE_HZ).sin_cos();
        Self::over_a0([1.0, -2.0 * cos, 1.0], cos, sin / (2.0 * quality))
    }

    fn over_a0(b: [f64; 3], cos: f64, alpha: f64) -> Self {
        let a0 = 1.0 + alpha;
        Section { b: b.map(|b| b / a0), a: [-2.0 * cos / a0, (1.0 - alpha) / a0], state: [0.0; 2] }
    }

    fn next(&mut self, input: f64) -> f64 {
        let output = self.b[0] * input + self.state[0];
        self.state[0] = self.b[1] * input - self.a[0] * output + self.state[1];
        self.state[1] = self.b[2] * input - self.a[1] * output;
        output
    }

    /// As if a high-pass had heard this always: nothing comes out, and what follows gets nothing either.
    fn settle_at(&mut self, input: f64) {
        self.state = [-self.b[0] * input, self.b[2] * input];
    }

    fn forget_nothing(&mut self) {
        for state in &mut self.state {
            if state.abs() < NOTHING {
                *state = 0.0;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    fn filtered(samples: &[f32]) -> Vec<f32> {
        let mut to = vec![0.0; samples.len()];
        HumFilter::new().apply(samples, &mut to);
        to
    }

    fn sine(hz: f64, amplitude: f64) -> Vec<f32> {
        (0..24_000_u32)
            .map(|n| (amplitude * (TAU * hz * f64::from(n) / RATE_HZ).sin()) as f32)
            .collect()
    }

    /// Of the last second of three.
    fn gain_db(hz: f64) -> f64 {
        let power = |samples: &[f32]| -> f64 {
            samples[16_000..].iter().map(|&sample| f64::from(sample).powi(2)).sum()
        };
        let sine = sine(hz, 0.5);
        10.0 * (power(&filtered(&sine)) / power(&sine)).log10()
    }

    #[test]
    fn hum_is_gone_and_what_a_telephone_passes_stays() {
        for hz in [50.0, 60.0] {
            assert!(gain_db(hz) < -60.0, "{hz} Hz: {}", gain_db(hz));
            for harmonic in [2.0, 3.0, 4.0] {
                assert!(gain_db(harmonic * hz) < -60.0, "{hz} Hz: {}", gain_db(harmonic * hz));
                let off = gain_db(harmonic * (hz + 0.1));
                assert!(off < -15.0, "{hz} Hz and a tenth, {harmonic}: {off}");
            }
        }
        for hz in [300.0, 400.0, 1_000.0, 3_400.0, 3_900.0] {
            assert!(gain_db(hz).abs() < 0.15, "{hz} Hz: {}", gain_db(hz));
        }
    }

    #[test]
    fn an_offset_is_gone_from_the_first_sample_on() {
        for offset in [0.2, -0.01] {
            let voice = sine(500.0, 0.1);
            let shifted: Vec<f32> = voice.iter().map(|sample| sample + offset).collect();
            for (with, without) in filtered(&shifted).iter().zip(filtered(&voice)) {
                assert!((with - without).abs() < 1e-6, "{with} {without}");
            }
        }
    }

    #[test]
    fn no_number_is_silence_and_silence_ends_in_zeros() {
        let mut samples = sine(500.0, 0.1);
        samples[3_000..3_010].fill(f32::NAN);
        samples[3_010] = f32::INFINITY;
        samples.resize(samples.len() + 80_000, 0.0);
        let filtered = filtered(&samples);
        assert!(filtered.iter().all(|sample| sample.is_finite()));
        let mut filter = HumFilter::new();
        filter.apply(&samples, &mut vec![0.0; samples.len()]);
        let states = filter.sections.iter().flat_map(|section| section.state);
        assert_eq!(states.filter(|state| *state != 0.0).count(), 0);
    }

    #[test]
    fn a_reset_forgets() {
        let samples = sine(170.0, 0.3);
        let mut filter = HumFilter::new();
        let mut again = vec![0.0; samples.len()];
        filter.apply(&samples[..7_777], &mut again[..7_777]);
        filter.reset();
        filter.apply(&samples, &mut again);
        assert_eq!(again, filtered(&samples));
    }
}
