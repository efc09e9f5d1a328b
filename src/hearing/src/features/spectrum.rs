//! The power spectrum of one frame.
//!
//! In: the samples of a frame. Out: the power at every bin from 0 Hz to half the rate. Kept between calls:
//! buffers only.
//!
//! The transform is in f64, which takes a tenth longer: the rounding of one in f32 is as large as a band 80 dB below the
//! loudest one, and this way powers that are rounded to f32 in the end come out alike on processors with different
//! vector instructions.

use pulp::{Arch, Simd, WithSimd};
use realfft::num_complex::Complex64;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Tapers, transforms and squares frames of one length.
pub struct PowerSpectrum {
    arch: Arch,
    taper: Vec<f64>,
    fft: Arc<dyn RealToComplex<f64>>,
    input: Vec<f64>,
    bins: Vec<Complex64>,
    scratch: Vec<Complex64>,
    power: Vec<f32>,
}

impl PowerSpectrum {
    /// Plans for frames of `taper_len` samples under a periodic Hann taper, followed by zeros up to
    /// `fft_len`, which is at least `taper_len` and at least 2. Everything is allocated here.
    #[must_use]
    pub fn new(taper_len: usize, fft_len: usize) -> Self {
        debug_assert!(taper_len <= fft_len && fft_len >= 2);
        let fft = RealFftPlanner::new().plan_fft_forward(fft_len);
        PowerSpectrum {
            arch: Arch::new(),
            taper: hann_taper(taper_len),
            input: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; fft_len / 2 + 1],
            fft,
        }
    }

    /// The power (squared magnitude, unscaled) of `frame`, which has `taper_len` samples, at the bins
    /// `0..=fft_len / 2`.
    ///
    /// # Panics
    /// When `frame` has another length than the taper.
    pub fn power(&mut self, frame: &[f32]) -> &[f32] {
        self.transform(frame);
        self.arch.dispatch(Square { bins: &self.bins, power: &mut self.power });
        &self.power
    }

    fn transform(&mut self, frame: &[f32]) {
        assert_eq!(frame.len(), self.taper.len(), "a frame must be as long as its taper");
        // The transform leaves rubbish in its input, so the zeros are written every time.
        let (tapered, zeros) = self.input.split_at_mut(frame.len());
        zeros.fill(0.0);
        self.arch.dispatch(Taper { frame, weights: &self.taper, tapered });
        self.fft
            .process_with_scratch(&mut self.input, &mut self.bins, &mut self.scratch)
            .expect("the buffers are the plan's own");
    }
}

struct Taper<'a> {
    frame: &'a [f32],
    weights: &'a [f64],
    tapered: &'a mut [f64],
}

impl WithSimd for Taper<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((tapered, &sample), weight) in
            self.tapered.iter_mut().zip(self.frame).zip(self.weights)
        {
            *tapered = f64::from(sample) * weight;
        }
    }
}

struct Square<'a> {
    bins: &'a [Complex64],
    power: &'a mut [f32],
}

impl WithSimd for Square<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "powers are rounded to f32")]
    fn with_simd<S: Simd>(self, _: S) {
        for (power, bin) in self.power.iter_mut().zip(self.bins) {
            *power = bin.norm_sqr() as f32;
        }
    }
}

/// The periodic Hann taper: one period of a raised cosine, whose last sample would be the next period's
/// first zero (Harris, 1978; `fftbins=True` in librosa).
#[expect(clippy::cast_precision_loss, reason = "a taper is far shorter than 2^52 samples")]
fn hann_taper(taper_len: usize) -> Vec<f64> {
    (0..taper_len).map(|n| 0.5 - 0.5 * (TAU * n as f64 / taper_len as f64).cos()).collect()
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "test signals")]
mod tests {
    use super::*;

    /// The definition of the discrete Fourier transform, squared.
    fn naive_power(tapered: &[f64], fft_len: usize, bin: usize) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (n, &sample) in tapered.iter().enumerate() {
            let angle = TAU * (bin * n % fft_len) as f64 / fft_len as f64;
            real += sample * angle.cos();
            imaginary -= sample * angle.sin();
        }
        real * real + imaginary * imaginary
    }

    #[test]
    fn fast_and_naive_transform_agree() {
        /// Relative to the largest bin.
        const TOLERANCE: f64 = 1e-13;
        let frame: Vec<f32> = (0..200).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
        let mut spectrum = PowerSpectrum::new(200, 256);
        let tapered: Vec<f64> =
            hann_taper(200).iter().zip(&frame).map(|(t, &x)| t * f64::from(x)).collect();
        // Twice, because the first call leaves the buffers used.
        spectrum.power(&frame);
        spectrum.transform(&frame);
        let power: Vec<f64> = spectrum.bins.iter().map(Complex64::norm_sqr).collect();
        assert_eq!(power.len(), 129);
        let largest = power.iter().copied().fold(0.0, f64::max);
        for (bin, &fast) in power.iter().enumerate() {
            let naive = naive_power(&tapered, 256, bin);
            assert!((fast - naive).abs() < TOLERANCE * largest, "bin {bin}: {fast} and {naive}");
        }
    }

    #[test]
    fn a_sine_has_half_the_tapers_sum_at_its_bin() {
        let frame: Vec<f32> =
            (0..256).map(|n| (TAU * 32.0 * f64::from(n) / 256.0).sin() as f32).collect();
        let power = PowerSpectrum::new(256, 256).power(&frame).to_vec();
        let loudest = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b]));
        assert_eq!(loudest, Some(32));
        assert!((power[32] - 64.0 * 64.0).abs() < 1e-3, "{}", power[32]);
    }

    #[test]
    fn an_impulse_is_flat() {
        let mut frame = [0.0; 200];
        frame[100] = 1.0;
        for &power in PowerSpectrum::new(200, 256).power(&frame) {
            assert!((power - 1.0).abs() < 1e-12);
        }
    }
}
